import { cycleFor } from '../src/controllers/scheduler/attempt.ts';
import { findFeasibleNodes, scoreNodes, selectNode } from '../src/controllers/scheduler/evaluation.ts';
import { scheduler } from '../src/controllers/scheduler/scheduler.ts';
import { SchedulerMemory } from '../src/controllers/scheduler/scheduler-memory.ts';
import { Engine } from '../src/engine/engine.ts';
import { Registry } from '../src/engine/registry.ts';
import { Pod } from '../src/kinds/pod/types.ts';
import { systemNamespaces } from '../src/kinds/namespace/bootstrap.ts';
import { definitions } from '../src/kinds/registry.ts';
import type { CommandHandler, ControllerApi, ObjectApi } from '../src/machinery/controller.ts';
import type { NewObject } from '../src/machinery/object.ts';
import { report, tiny } from './report.ts';

/**
 * How many pods a second the scheduler places in memory: attempt, binding and event, with nothing else of the cluster at
 * work. The workloads are those of upstream's scheduler_perf. The ratio is to the plain evaluation (every plugin on every
 * node), timed on a few of the same pods without writing anything. With an argument: the workload of that name only.
 */

const NODES = tiny ? 50 : 5000;
const PODS = tiny ? 50 : 20_000;
const BEFORE = tiny ? 10 : 1000;
const PLAIN_SAMPLE = 10;
const ONLY = process.argv[2];
const ZONES = 10;

const doIt: CommandHandler<(api: ObjectApi) => void> = {
  name: 'bench.do',
  handle(work, api) {
    work(api);
    return {};
  },
};

/** No kind's controllers run, but namespaces are made. */
const kinds = definitions.map((definition) => ({
  ...definition,
  controllers: definition.controllers?.includes(systemNamespaces) ? [systemNamespaces] : [],
}));

/** Processor time of this thread: the machine may have other things to do. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

interface Workload {
  name: string;
  spec: object;
  /** How many of these fit, if not all. */
  pods?: number;
}

const LABELS = { app: 'bench' };
const selector = { labelSelector: { matchLabels: LABELS } };
const requests = { cpu: '100m', memory: '500Mi' };
const containers = [{ name: 'main', image: 'registry.k8s.io/pause:3.10', resources: { requests } }];
const zone = 'topology.kubernetes.io/zone';
const host = 'kubernetes.io/hostname';
const hard = (term: object) => ({ requiredDuringSchedulingIgnoredDuringExecution: [term] });
const soft = (term: object) => ({
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }],
});
const inZones = { key: zone, operator: 'In', values: ['zone-1', 'zone-2'] };

const WORKLOADS: readonly Workload[] = [
  { name: 'resources only', spec: { containers } },
  {
    name: 'topology spread',
    spec: {
      containers,
      topologySpreadConstraints: [{ maxSkew: 5, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', ...selector }],
    },
  },
  {
    name: 'preferred topology spread',
    spec: {
      containers,
      topologySpreadConstraints: [{ maxSkew: 5, topologyKey: zone, whenUnsatisfiable: 'ScheduleAnyway', ...selector }],
    },
  },
  {
    name: 'preferred pod affinity',
    spec: { containers, affinity: { podAffinity: soft({ topologyKey: host, ...selector }) } },
  },
  {
    name: 'preferred pod anti-affinity',
    spec: { containers, affinity: { podAntiAffinity: soft({ topologyKey: host, ...selector }) } },
  },
  {
    name: 'required pod affinity',
    pods: tiny ? PODS : 15_000,
    spec: { containers, affinity: { podAffinity: hard({ topologyKey: zone, ...selector }) } },
  },
  {
    name: 'required pod anti-affinity',
    pods: NODES - BEFORE,
    spec: { containers, affinity: { podAntiAffinity: hard({ topologyKey: host, ...selector }) } },
  },
  {
    name: 'node affinity',
    spec: {
      containers,
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [inZones] }] },
        },
      },
    },
  },
];

function node(index: number): NewObject {
  const name = `node-${index}`;
  const amounts = { cpu: '4', memory: '32Gi', pods: '110', 'ephemeral-storage': '100Gi' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { [host]: name, [zone]: `zone-${index % ZONES}` } },
    spec: {},
    status: { allocatable: amounts, capacity: amounts },
  };
}

function run({ name, spec, pods = PODS }: Workload): void {
  const engine = new Engine({
    registry: new Registry(kinds, [scheduler], [doIt]),
    cluster: 'bench',
    seed: 'bench',
    now: Date.UTC(2026, 0, 1),
  });
  engine.work();
  const create = (count: number, make: (index: number) => NewObject) => {
    const input = (api: ObjectApi) => {
      for (let index = 0; index < count; index++) {
        const result = api.create(make(index));
        if (!result.ok) throw new Error(result.error.message);
      }
    };
    engine.execute({ name: 'bench.do', input, cause: 'bench' });
  };
  create(NODES, node);
  engine.work();
  engine.take();
  const podOf =
    (prefix: string) =>
    (index: number): NewObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${prefix}-${index}`, namespace: 'default', labels: LABELS },
      spec,
    });
  create(BEFORE, podOf('before'));
  engine.work();
  engine.take();

  create(pods, podOf('timed'));
  const plain = timePlain(engine);
  const start = cpuMs();
  engine.work();
  const elapsed = (cpuMs() - start) / 1000;
  const placed = engine
    .take()
    .filter(({ object }) => object.kind === 'Pod' && (object as Pod).spec.nodeName !== undefined).length;
  if (placed < pods) throw new Error(`only ${placed} of ${pods} pods were placed`);
  report({
    what: `pods scheduled in memory, ${NODES} nodes, ${name}`,
    value: Math.round(placed / elapsed),
    unit: 'pods/s',
    ratio: { to: 'plain evaluation', value: placed / elapsed / plain },
  });
}

/** Pods a second by the plain evaluation, over a few of those that wait. */
function timePlain(engine: Engine): number {
  const memory = new SchedulerMemory(engine.view, engine.settings);
  const api = Object.assign(Object.create(engine.view), { settings: engine.settings }) as ControllerApi;
  const waiting = engine.view.list(Pod).filter(({ spec }) => !spec.nodeName);
  const sample = waiting.slice(0, PLAIN_SAMPLE);
  const start = cpuMs();
  for (const pod of sample) {
    const cycle = cycleFor(api, memory, pod);
    const { feasible } = findFeasibleNodes(cycle);
    if (feasible.length > 1) selectNode(cycle, scoreNodes(cycle, feasible));
  }
  return (sample.length * 1000) / (cpuMs() - start);
}

for (const workload of WORKLOADS) if (!ONLY || workload.name === ONLY) run(workload);
