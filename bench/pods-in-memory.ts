import { isPodReady } from '../src/kinds/pod/queries.ts';
import { Pod } from '../src/kinds/pod/types.ts';
import { deployment, EngineCluster } from './engine-cluster.ts';
import { report, seconds, tiny } from './report.ts';

/** Pods from creation to Ready through admission, scheduler and kubelet model, without a store. */
const SIZES = tiny
  ? [[3, 20]]
  : [
      [100, 5000],
      [1000, 20_000],
      [5000, 20_000],
    ];
const DEPLOYMENT_SIZE = 100;

let first: number | undefined;
for (const [nodes = 0, pods = 0] of SIZES) {
  const cluster = new EngineCluster(nodes);
  const objects: Record<string, unknown>[] = [];
  for (let made = 0; made < pods; made += DEPLOYMENT_SIZE) {
    objects.push(deployment(`app-${made / DEPLOYMENT_SIZE}`, Math.min(DEPLOYMENT_SIZE, pods - made)));
  }
  const time = seconds(() => {
    cluster.apply(...objects);
    cluster.run(120_000);
  });
  const ready = cluster.engine.view.list(Pod).filter(isPodReady).length;
  if (ready !== pods) throw new Error(`${ready} of ${pods} pods are ready`);
  const rate = pods / time;
  first ??= rate;
  report({
    what: `pods created → Ready in memory, ${nodes} nodes, ${pods} pods`,
    value: Math.round(rate),
    unit: 'pods/s',
    ratio: { to: `${SIZES[0]?.[0]} nodes`, value: rate / first },
  });
}
