import { expect, test } from 'vitest';
import { startTestServer } from './support.ts';

const { clusters, ask } = await startTestServer();

async function deleteCluster(id: string): Promise<any> {
  const query =
    'mutation ($id: ID!) { deleteCluster(input: { id: $id }) { cluster { name } userErrors { code path } } }';
  const { data, errors } = await ask(query, { id });
  expect(errors).toBeUndefined();
  return data.deleteCluster;
}

test('a cluster is deleted by its id', async () => {
  await clusters.create({ name: 'first' });
  const { data } = await ask('{ cluster(name: "first") { id } }');
  expect(await deleteCluster(data.cluster.id)).toEqual({ cluster: { name: 'first' }, userErrors: [] });
  expect(clusters.get('first')).toBeUndefined();
});

test('a cluster is deleted by its name', async () => {
  await clusters.create({ name: 'second' });
  expect(await deleteCluster('second')).toEqual({ cluster: { name: 'second' }, userErrors: [] });
  expect(clusters.get('second')).toBeUndefined();
});

test('what is no cluster is refused', async () => {
  await clusters.create({ name: 'third', initialCommands: [{ name: 'addNodes', input: { count: 1 } }] });
  const { data } = await ask('{ cluster(name: "third") { nodes { nodes { id } } } }');
  for (const id of ['nothing', '', data.cluster.nodes.nodes[0].id]) {
    expect(await deleteCluster(id)).toEqual({
      cluster: null,
      userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'] }],
    });
  }
  expect(clusters.get('third')).toBeDefined();
});
