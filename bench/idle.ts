import { Engine } from '../src/engine/engine.ts';
import { standardRegistry } from '../src/engine/standard-registry.ts';
import { isPodReady } from '../src/kinds/pod/queries.ts';
import { Pod } from '../src/kinds/pod/types.ts';
import { DAY_MS, MINUTE_MS } from '../src/machinery/time.ts';
import { deployment, EngineCluster } from './engine-cluster.ts';
import { report, tiny } from './report.ts';

/** A cluster in which nothing happens: what its simulated time costs, its memory, and how soon it is there again. */
const SIZES = tiny
  ? [[3, 20]]
  : [
      [300, 3000],
      [1000, 15_000],
    ];
const DEPLOYMENT_SIZE = 100;
/** After so long every pod is Ready, and the events of its start have expired. */
const SETTLED_MS = 2 * 60 * MINUTE_MS;

function cpuSeconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Bytes in use; exact only where the process may collect its garbage (node --expose-gc). */
function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function build(nodes: number, pods: number): EngineCluster {
  const cluster = new EngineCluster(nodes);
  for (let made = 0; made < pods; made += DEPLOYMENT_SIZE) {
    cluster.apply(deployment(`app-${made / DEPLOYMENT_SIZE}`, Math.min(DEPLOYMENT_SIZE, pods - made)));
  }
  cluster.run(SETTLED_MS);
  const ready = cluster.engine.view.list(Pod).filter(isPodReady).length;
  if (ready !== pods) throw new Error(`${ready} of ${pods} pods are ready`);
  return cluster;
}

/** The same cluster from its stored objects, as after a restart; it must find nothing to write. */
function restart({ engine }: EngineCluster): void {
  const { view, settings } = engine;
  const objects = view
    .kindKeys()
    .flatMap((kind) =>
      view.listKey(kind).map((object) => ({ object, created: view.createdRevision(object.metadata.uid) ?? 0 })),
    );
  const { cluster, seed, now, revision } = view;
  const again = new Engine({ registry: standardRegistry, cluster, seed, now, revision, settings, objects });
  again.work();
  const written = again.take().length;
  if (written > 0) throw new Error(`a restart wrote ${written} versions`);
}

let firstDay: number | undefined;
for (const [nodes = 0, pods = 0] of SIZES) {
  const before = heapBytes();
  const cluster = build(nodes, pods);
  const bytes = heapBytes() - before;
  const size = `${nodes} nodes, ${pods} idle pods`;
  for (const [words, days] of [
    ['day', 1],
    ['week', 7],
  ] as const) {
    const versions = cluster.versions;
    const milliseconds = cpuSeconds(() => cluster.run(days * DAY_MS)) * 1000;
    if (days === 1) firstDay ??= milliseconds;
    report({
      what: `CPU of a simulated ${words}, ${size} (${cluster.versions - versions} versions)`,
      value: Math.round(milliseconds * 10) / 10,
      unit: 'ms',
      ...(days === 1 ? { ratio: { to: `${SIZES[0]?.[0]} nodes`, value: milliseconds / (firstDay ?? 1) } } : {}),
    });
  }
  report({ what: `memory per pod, its share of all objects, ${size}`, value: Math.round(bytes / pods), unit: 'bytes' });
  const restartMs = cpuSeconds(() => restart(cluster)) * 1000;
  report({ what: `restart from stored objects, ${size}`, value: Math.round(restartMs), unit: 'ms' });
}
