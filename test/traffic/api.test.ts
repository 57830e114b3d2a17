import { beforeAll, describe, expect, it } from 'vitest';
import { START_MS } from '../support/model.ts';
import { apiClient, type Ask } from '../support/api-client.ts';
import { MemoryClusters, type MemoryCluster } from '../support/memory-clusters.ts';
import { traffic, webService } from './support.ts';

const BUCKETS = 'from to requests failed reasons';

interface Picture {
  nodes: { id: string; kind: string; label: string }[];
  edges: { from: string; to: string; relation: string; active: boolean }[];
}

describe('counted requests through the API', () => {
  let ask: Ask;
  let cluster: MemoryCluster;

  beforeAll(async () => {
    const clusters = new MemoryClusters();
    cluster = clusters.add('default');
    ({ ask } = await apiClient(clusters));
    cluster.create(webService(), traffic(10), traffic(5, { from: '10s', until: '20s', port: 'http' }, 'burst'));
    cluster.run(30_000);
  });

  async function service(fields: string): Promise<unknown> {
    const query = `{ cluster { object(kind: "Service", namespace: "default", name: "web") { ... on Service { ${fields} } } } }`;
    const { data, errors } = await ask(query);
    return errors ? errors.map(({ message }) => message) : (data as { cluster: { object: object } }).cluster.object;
  }

  const at = (seconds: number) => new Date(START_MS + seconds * 1000).toISOString().replace('.000', '');

  it('are those of all sources together, in parts that add up', async () => {
    const none = 'connection refused: no endpoints';
    expect(await service(`traffic(buckets: 3) { ${BUCKETS} }`)).toEqual({
      traffic: [
        { from: at(0), to: at(10), requests: 100, failed: 100, reasons: { [none]: '100' } },
        { from: at(10), to: at(20), requests: 150, failed: 150, reasons: { [none]: '150' } },
        { from: at(20), to: at(30), requests: 100, failed: 100, reasons: { [none]: '100' } },
      ],
    });
  });

  it('are of the time that was asked for, and of nothing that is still to come', async () => {
    expect(await service(`traffic(from: "${at(25)}", to: "${at(90)}", buckets: 1) { from to requests }`)).toEqual({
      traffic: [{ from: at(25), to: at(30), requests: 50 }],
    });
    expect(await service(`traffic(from: "${at(40)}", buckets: 1) { requests }`)).toEqual({ traffic: [] });
  });

  it.each([
    ['no part at all', 'traffic(buckets: 0) { requests }', 'buckets must be between 1 and 1000'],
    ['too many parts', 'traffic(buckets: 1001) { requests }', 'buckets must be between 1 and 1000'],
    [
      'an end before the beginning',
      `traffic(from: "${at(20)}", to: "${at(10)}") { requests }`,
      'to must not be before from',
    ],
  ])('are refused for %s', async (_what, field, message) => {
    expect(await service(field)).toEqual([message]);
  });

  it('lead from the Service to its sources and back', async () => {
    const fields =
      'nodes { name requestsPerSecond port startsAt endsAt active clients external total { requests } service { name } }';
    const common = { clients: 1, external: false, service: { name: 'web' } };
    expect(await service(`trafficSources { ${fields} }`)).toEqual({
      trafficSources: {
        nodes: [
          {
            ...common,
            name: 'burst',
            requestsPerSecond: 5,
            port: 'http',
            startsAt: at(10),
            endsAt: at(20),
            active: false,
            total: { requests: 50 },
          },
          {
            ...common,
            name: 'load',
            requestsPerSecond: 10,
            port: null,
            startsAt: at(0),
            endsAt: null,
            active: true,
            total: { requests: 300 },
          },
        ],
      },
    });
  });

  it('are in the picture of what hangs together, while they are sent', async () => {
    const { data } = await ask(
      '{ cluster { topology { nodes { id kind label } edges { from to relation active } } } }',
    );
    const { nodes, edges } = (data as { cluster: { topology: Picture } }).cluster.topology;
    const label = (id: string) => nodes.find((node) => node.id === id)?.label;
    expect(edges.map(({ from, to, relation, active }) => [label(from), relation, label(to), active])).toEqual([
      ['load', 'ROUTES_TO', 'web', true],
      ['burst', 'ROUTES_TO', 'web', false],
    ]);
  });

  it('are in a table', async () => {
    const { data } = await ask('{ cluster { table(kind: "trafficsources") { columns rows { cells } } } }');
    expect(data).toMatchObject({
      cluster: {
        table: {
          columns: ['NAME', 'SERVICE', 'RATE', 'ACTIVE', 'FAILING', 'REQUESTS', 'FAILED', 'AGE'],
          rows: [
            { cells: ['burst', 'web', '5/s', 'False', '0/s', '50', '50', '30s'] },
            { cells: ['load', 'web', '10/s', 'True', '10/s', '300', '300', '30s'] },
          ],
        },
      },
    });
  });
});
