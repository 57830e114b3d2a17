import { expect, test } from 'vitest';
import { startTestServer } from './support.ts';

const { clusters, ask } = await startTestServer();
const cluster = clusters.add();

function create(name: string): void {
  cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });
}

const names = Array.from({ length: 7 }, (_, index) => `map-${index}`);
for (const name of names.toReversed()) create(name);

const PAGE = `query ($first: Int, $after: String) { cluster { configMaps(filter: { search: "map-" }, first: $first, after: $after) {
  totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`;

async function page(first: number, after?: string) {
  const { data, errors } = await ask(PAGE, { first, after });
  if (errors) throw new Error(errors[0]?.message);
  const { nodes, pageInfo, totalCount } = data.cluster.configMaps;
  return { names: nodes.map(({ name }: { name: string }) => name) as string[], totalCount, ...pageInfo };
}

test('pages follow the order of names and meet without gap or overlap', async () => {
  const one = await page(3);
  const two = await page(3, one.endCursor);
  const three = await page(3, two.endCursor);
  expect([...one.names, ...two.names, ...three.names]).toEqual(names);
  expect(
    [one, two, three].map(({ hasNextPage, hasPreviousPage, totalCount }) => [hasNextPage, hasPreviousPage, totalCount]),
  ).toEqual([
    [true, false, 7],
    [true, true, 7],
    [false, true, 7],
  ]);
});

test('what is created or deleted between two pages neither shifts nor joins them', async () => {
  const one = await page(3);
  create('map-0-new');
  create('map-5-new');
  cluster.do((api) => {
    const victim = cluster.view.listKey('ConfigMap').find(({ metadata }) => metadata.name === 'map-1');
    if (victim) api.delete(victim);
  });
  const two = await page(10, one.endCursor);
  expect(two.names).toEqual(['map-3', 'map-4', 'map-5', 'map-6']);
});

test('a cursor of another order is told of', async () => {
  const { data } = await ask(
    '{ cluster { pods(orderBy: NAME) { totalCount } objects(first: 1) { pageInfo { endCursor } } } }',
  );
  const { errors } = await ask(PAGE, { first: 1, after: data.cluster.objects.pageInfo.endCursor });
  expect(errors?.[0]?.message).toBe('after is a cursor of another order (kind, not name)');
});

test('a cursor from before the oldest revision has expired', async () => {
  const one = await page(2);
  create('map-9');
  cluster.compact(cluster.view.revision);
  const { errors } = await ask(PAGE, { first: 2, after: one.endCursor });
  expect(errors?.[0]?.extensions.code).toBe('EXPIRED');
});
