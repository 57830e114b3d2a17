import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { standardRegistry } from '../../src/engine/standard-registry.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { replay } from '../../src/reconciler/replay.ts';
import { readCluster } from '../../src/store/cluster-rows.ts';
import { readLog } from '../../src/store/inbox.ts';
import { stateHash } from '../../src/views/state-hash.ts';
import { emptyDatabaseUrl } from '../support/database.ts';
import { startService, type Service } from '../support/service.ts';

const url = await emptyDatabaseUrl();
const services: Service[] = [];
afterAll(() => Promise.all(services.map((service) => service.stop())));

async function start(): Promise<Service> {
  const service = await startService(url, { registry: standardRegistry });
  services.push(service);
  return service;
}

async function restart(service: Service): Promise<Service> {
  services.splice(services.indexOf(service), 1);
  await service.stop();
  return start();
}

const SHOP = parseManifest(readFileSync(join(import.meta.dirname, '../../examples/shop.yaml'), 'utf8'));
const web = { kindKey: 'Deployment', namespace: 'shop', name: 'web' };

async function newShop({ clusters }: Service, name: string, seed: string): Promise<void> {
  const created = await clusters.create({
    name,
    seed,
    paused: true,
    initialCommands: [
      { name: 'addNodes', input: { count: 3 } },
      { name: 'applyManifest', input: { documents: SHOP, fieldManager: 'test', namespace: 'default' } },
    ],
  });
  if (!created.ok) throw new Error(created.error.message);
}

/** A morning in the life of a shop; between its commands the service may be another one. */
async function live(name: string, next: () => Promise<Service>): Promise<Service> {
  const work: [command: string, input: unknown][] = [
    ['stepClock', { durationMs: 20_000 }],
    ['scaleDeployment', { target: web, replicas: 5 }],
    ['stepClock', { durationMs: 3_500 }],
    ['setImage', { target: web, container: 'web', image: 'shop/web:2.0' }],
    ['stepClock', { durationMs: 7_300 }],
    ['injectFault', { fault: { nodeDown: { node: 'node-2' } }, duration: '400s' }],
    ['stepClock', { durationMs: 600_000 }],
    ['deleteObject', { target: { kindKey: 'Deployment', namespace: 'shop', name: 'cart' } }],
    ['stepClock', { durationMs: 60_000 }],
  ];
  let service = await next();
  for (const [command, input] of work) {
    const { outcome } = await service.clusters.submit({ cluster: name, name: command, input, actor: 'test' });
    expect(outcome.errors ?? []).toEqual([]);
    service = await next();
  }
  return service;
}

async function hashOf({ clusters }: Service, name: string): Promise<string> {
  const replica = clusters.get(name);
  if (!replica) throw new Error(`there is no cluster ${name}`);
  return stateHash(replica.view);
}

it('the shop comes out the same in two runs, across restarts, and replayed from its commands', async () => {
  let service = await start();
  for (const name of ['one', 'two']) await newShop(service, name, 'same');
  await newShop(service, 'other', 'another');
  const stay = () => Promise.resolve(service);
  await live('one', stay);
  await live('other', stay);
  let commands = 0;
  service = await live('two', async () => (++commands % 4 === 0 ? (service = await restart(service)) : service));
  const hash = await hashOf(service, 'one');
  expect(await hashOf(service, 'two')).toBe(hash);
  expect(await hashOf(service, 'other')).not.toBe(hash);
  for (const name of ['one', 'two']) {
    const id = service.clusters.get(name)?.record.id ?? 0;
    const row = await readCluster(service.database, id);
    if (!row) throw new Error('gone');
    const engine = replay(standardRegistry, row, await readLog(service.database, id));
    expect(await stateHash(engine.view)).toBe(hash);
  }
});
