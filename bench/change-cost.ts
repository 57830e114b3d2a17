import { Pod } from '../src/kinds/pod/types.ts';
import { deployment, EngineCluster, service } from './engine-cluster.ts';
import { median, report, seconds, tiny } from './report.ts';

/** What one change costs in clusters of growing size: it must follow the change, not the size. */
const SIZES = tiny
  ? [[3, 30]]
  : [
      [100, 3000],
      [300, 9000],
      [1000, 30_000],
    ];
const DEPLOYMENT_SIZE = 10;
const REPEATS = tiny ? 2 : 30;

const KINDS = 3;

/** Deployments, StatefulSets and Jobs in turn, of one size. */
function workload(name: string, index: number): Record<string, unknown> {
  const made = deployment(name, DEPLOYMENT_SIZE);
  const { selector, template } = made['spec'] as { selector: unknown; template: { spec: Record<string, unknown> } };
  if (index % KINDS === 1) {
    const spec = { serviceName: name, podManagementPolicy: 'Parallel', replicas: DEPLOYMENT_SIZE, selector, template };
    return { ...made, kind: 'StatefulSet', spec };
  }
  if (index % KINDS === 2) {
    const [main] = template.spec['containers'] as Record<string, unknown>[];
    const containers = [{ ...main, command: ['sleep', '1000000'] }];
    const job = { ...template, spec: { ...template.spec, restartPolicy: 'Never', containers } };
    const spec = { parallelism: DEPLOYMENT_SIZE, completions: DEPLOYMENT_SIZE, template: job };
    return { ...made, apiVersion: 'batch/v1', kind: 'Job', spec };
  }
  return made;
}

interface Costs {
  podDies: number;
  scaleByOne: number;
}

function measure(nodes: number, pods: number): Costs {
  const cluster = new EngineCluster(nodes);
  const names = Array.from({ length: Math.ceil(pods / DEPLOYMENT_SIZE) }, (_, index) => `app-${index}`);
  cluster.apply(...names.flatMap((name, index) => [workload(name, index), service(name)]));
  cluster.run(120_000);
  const podDies: number[] = [];
  const scaleByOne: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const victims = cluster.engine.view.list(Pod);
    const { namespace, name, uid } = victims[(repeat * 977) % victims.length]?.metadata ?? { name: '' };
    podDies.push(
      seconds(() => {
        cluster.command('deletePod', { target: { kindKey: 'Pod', namespace, name, uid } });
        cluster.run(60_000);
      }),
    );
    const scaled = names.filter((_, index) => index % KINDS === 0);
    const target = { kindKey: 'Deployment', namespace: 'default', name: scaled[repeat % scaled.length] ?? '' };
    scaleByOne.push(
      seconds(() => {
        cluster.command('scaleDeployment', { target, replicas: DEPLOYMENT_SIZE + 1 });
        cluster.run(60_000);
      }),
    );
  }
  return { podDies: median(podDies), scaleByOne: median(scaleByOne) };
}

let first: Costs | undefined;
for (const [nodes = 0, pods = 0] of SIZES) {
  const costs = measure(nodes, pods);
  first ??= costs;
  for (const what of ['podDies', 'scaleByOne'] as const) {
    const words = what === 'podDies' ? 'one pod dies and is replaced' : 'one Deployment scales by one';
    report({
      what: `${words}, ${nodes} nodes, ${pods} pods`,
      value: Math.round(costs[what] * 1e6) / 1000,
      unit: 'ms',
      ratio: { to: `${SIZES[0]?.[0]} nodes`, value: costs[what] / first[what] },
    });
  }
}
