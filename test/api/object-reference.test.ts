import { describe, expect, test } from 'vitest';
import { startTestServer } from './support.ts';

const { clusters, ask } = await startTestServer();
for (const name of ['default', 'side']) {
  await clusters.create({ name, initialCommands: [{ name: 'addNodes', input: { count: 1 } }] });
}

describe('a mutation names its object as kubectl does', () => {
  test.each([
    ['node/node-1', 'default'],
    ['nodes/node-1', 'default'],
    ['no/node-1', 'default'],
    ['side/node/node-1', 'side'],
  ])('%s is the node of cluster %s', async (id, cluster) => {
    const { data } = await ask(
      `mutation ($id: ID!) { cordonNode(input: { id: $id }) { node { name cluster { name } } userErrors { message } } }`,
      { id },
    );
    expect(data.cordonNode).toEqual({ node: { name: 'node-1', cluster: { name: cluster } }, userErrors: [] });
  });

  test.each([
    ['configmap/kube-public/kube-root-ca.crt', []],
    ['cm/kube-root-ca.crt', []],
    ['cm/nowhere/kube-root-ca.crt', [{ code: 'NOT_FOUND', message: 'there is no cm/nowhere/kube-root-ca.crt' }]],
    ['gone/node/node-1', [{ code: 'NOT_FOUND', message: 'there is no gone/node/node-1' }]],
  ])('deleteObject of %s', async (id, userErrors) => {
    const { data } = await ask(
      `mutation ($id: ID!) { deleteObject(input: { id: $id }) { userErrors { code message } } }`,
      { id },
    );
    expect(data.deleteObject.userErrors).toEqual(userErrors);
  });

  test('a reference to another kind is refused', async () => {
    const { data } = await ask(
      `mutation { scaleDeployment(input: { id: "node/node-1", replicas: 1 }) { userErrors { code message } } }`,
    );
    expect(data.scaleDeployment.userErrors).toEqual([
      { code: 'INVALID', message: 'the id names a Node, not a Deployment' },
    ]);
  });
});
