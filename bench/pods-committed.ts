import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { standardRegistry } from '../src/engine/standard-registry.ts';
import { isPodReady } from '../src/kinds/pod/queries.ts';
import { Pod } from '../src/kinds/pod/types.ts';
import { Reconciler } from '../src/reconciler/reconciler.ts';
import { openDatabase } from '../src/store/database.ts';
import { EmbeddedPostgres } from '../src/store/embedded/embedded-postgres.ts';
import { ReplicatedClusters } from '../src/views/clusters.ts';
import { Replicas } from '../src/views/replicas.ts';
import { deployment, EngineCluster } from './engine-cluster.ts';
import { report, seconds, secondsOf, tiny } from './report.ts';

/**
 * Pods from creation to Ready through the whole service: every version and Event committed to the bundled Postgres, with
 * its durable settings; the ratio to the same pods in memory tells what committing costs. Then the same again after a
 * restart: how long until everything is there and runs.
 */
const SIZES = tiny
  ? [[3, 20]]
  : process.env['ORRERY_BENCH_PODS']
    ? [[5000, Number(process.env['ORRERY_BENCH_PODS'])]]
    : [
        [100, 5000],
        [1000, 20_000],
      ];
const DEPLOYMENT_SIZE = 100;
/** After so much simulated time every pod is Ready. */
const STEP_MS = 120_000;
const CLUSTER = 'bench';
const logger = pino({ level: 'warn' }, pino.destination(2));

async function startService(directory: string) {
  const postgres = await EmbeddedPostgres.start({ directory, logger });
  const database = await openDatabase(postgres.url);
  const replicas = new Replicas({ database, logger, indexes: standardRegistry.indexes });
  await replicas.start();
  const reconciler = new Reconciler({ database, replicas, logger, registry: standardRegistry, name: 'bench' });
  await reconciler.start();
  const clusters = new ReplicatedClusters(database, replicas, reconciler);
  const stop = async () => {
    await reconciler.stop();
    await replicas.stop();
    await database.close();
    await postgres.stop();
  };
  return { clusters, stop };
}

type Running = Awaited<ReturnType<typeof startService>>;

async function command({ clusters }: Running, name: string, input: unknown): Promise<void> {
  const { outcome } = await clusters.submit({ cluster: CLUSTER, actor: 'bench', name, input });
  if (outcome.errors?.length) throw new Error(outcome.errors[0]?.message);
}

/** The longest time the event loop was held up while `work` ran, in milliseconds. */
async function longestHold(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  await work();
  clearInterval(timer);
  return longest;
}

function deployments(pods: number): Record<string, unknown>[] {
  return Array.from({ length: Math.ceil(pods / DEPLOYMENT_SIZE) }, (_, index) =>
    deployment(`app-${index}`, Math.min(DEPLOYMENT_SIZE, pods - index * DEPLOYMENT_SIZE)),
  );
}

/** Seconds that the same pods take in an engine without a store. */
function inMemory(nodes: number, objects: Record<string, unknown>[]): number {
  const cluster = new EngineCluster(nodes);
  return seconds(() => {
    cluster.apply(...objects);
    cluster.run(STEP_MS);
  });
}

async function measure(nodes: number, pods: number, directory: string): Promise<void> {
  let service = await startService(directory);
  const template = { cpu: '32', memory: '128Gi', pods: 250 };
  const created = await service.clusters.create({
    name: CLUSTER,
    paused: true,
    initialCommands: [{ name: 'addNodes', input: { count: nodes, template } }],
  });
  if (!created.ok) throw new Error(created.error.message);
  const objects = deployments(pods);
  const memoryTime = inMemory(nodes, objects);
  const documents = objects.map((object, index) => ({ index, line: 1, object }));
  let time = 0;
  const held = await longestHold(async () => {
    time = await secondsOf(async () => {
      await command(service, 'applyManifest', { documents, namespace: 'default', fieldManager: 'bench' });
      await command(service, 'stepClock', { durationMs: STEP_MS });
    });
  });
  const view = service.clusters.get(CLUSTER)?.view;
  const ready = view?.list(Pod).filter(isPodReady).length;
  if (ready !== pods) throw new Error(`${ready} of ${pods} pods are ready`);
  const size = `${nodes} nodes, ${pods} pods`;
  report({
    what: `pods created → Ready, committed, ${size}`,
    value: Math.round(pods / time),
    unit: 'pods/s',
    ratio: { to: 'in memory', value: memoryTime / time },
  });
  report({
    what: `revisions committed meanwhile, ${size}`,
    value: Math.round((view?.revision ?? 0) / time),
    unit: '/s',
  });
  report({ what: `event loop held up at the longest, ${size}`, value: Math.round(held), unit: 'ms' });
  await service.stop();
  const restart = await secondsOf(async () => {
    service = await startService(directory);
    await command(service, 'stepClock', { durationMs: 1 });
  });
  report({ what: `restart to serving, ${size}`, value: Math.round(restart * 1000), unit: 'ms' });
  await service.stop();
}

for (const [nodes = 0, pods = 0] of SIZES) {
  const directory = await mkdtemp(path.join(tmpdir(), 'orrery-bench-'));
  try {
    await measure(nodes, pods, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
