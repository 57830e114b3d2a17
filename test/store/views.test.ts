import { afterAll, beforeAll, expect, it } from 'vitest';
import { standardRegistry } from '../../src/engine/standard-registry.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { testDatabase } from '../support/database.ts';
import { startService, type Service } from '../support/service.ts';
import type { Database } from '../../src/store/database.ts';

let database: Database & { url: string };
let service: Service;

beforeAll(async () => {
  database = await testDatabase();
  service = await startService(database.url, { registry: standardRegistry });
});
afterAll(async () => {
  await service.stop();
  await database.close();
});

async function ask(query: string): Promise<Record<string, unknown>[]> {
  return [...(await database.sql.run(query))];
}

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'web:1' }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;

it('shows in SQL what the replica shows', async () => {
  const documents = parseManifest(MANIFEST);
  const created = await service.clusters.create({
    name: 'one',
    paused: true,
    initialCommands: [
      { name: 'addNodes', input: { count: 2 } },
      { name: 'applyManifest', input: { documents, fieldManager: 'test', namespace: 'default' } },
    ],
  });
  if (!created.ok) throw new Error(created.error.message);
  await service.clusters.submit({ cluster: 'one', name: 'stepClock', input: { durationMs: 60_000 }, actor: 'test' });
  const pods = await ask('select name, phase, ready, restarts::int, node, pod_ip from pods order by name');
  const shown = created.value.view.list(Pod).map(({ metadata, spec, status }) => ({
    name: metadata.name,
    phase: status.phase,
    ready: true,
    restarts: 0,
    node: spec.nodeName,
    pod_ip: status.podIP,
  }));
  expect(pods).toEqual(shown.sort((left, right) => (left.name < right.name ? -1 : 1)));
  expect(await ask('select ready, updated, available from deployments')).toEqual([
    { ready: 2, updated: 2, available: 2 },
  ]);
  expect(await ask('select distinct ready from nodes')).toEqual([{ ready: true }]);
  const endpoints = `
    select endpoints.ready, pods.pod_ip = address as same
    from endpoints join pods on pods.name = endpoints.pod where service = 'web'`;
  expect(await ask(endpoints)).toEqual([
    { ready: true, same: true },
    { ready: true, same: true },
  ]);
  expect(await ask(`select type from services where name = 'web'`)).toEqual([{ type: 'ClusterIP' }]);
  expect(await ask(`select count from current_events where reason = 'Scheduled'`)).toHaveLength(2);
});
