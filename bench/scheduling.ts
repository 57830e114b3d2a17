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

/**
 * How many pods a second the scheduler places in memory: attempt, binding and event, nothing else of the cluster running.
 * The workloads are those of upstream's scheduler_perf at 5,000 nodes; its own thresholds are printed beside. The plain
 * evaluation (every plugin on every node) is timed on a few of the same pods, without writing anything.
 *
 *   node bench/scheduling.ts [nodes] [pods]
 */

const NODES = Number(process.argv[2] ?? 5000);
const PODS = Number(process.argv[3] ?? 5000);
const ONLY = process.argv[4];
const ZONES = 10;
const PLAIN_SAMPLE = 10;

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

/** Processor time of this process: the machine may have other things to do. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

interface Workload {
  name: string;
  /** Upstream's threshold in pods a second, where it has one. */
  upstream?: number;
  spec: object;
  /** Pods that are there before, of the same sort, beside those that are timed. */
  before?: number;
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
  { name: 'resources only', upstream: 680, spec: { containers } },
  {
    name: 'topology spread',
    upstream: 460,
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
    upstream: 90,
    spec: { containers, affinity: { podAffinity: soft({ topologyKey: host, ...selector }) } },
  },
  {
    name: 'preferred pod anti-affinity',
    upstream: 90,
    spec: { containers, affinity: { podAntiAffinity: soft({ topologyKey: host, ...selector }) } },
  },
  {
    name: 'required pod affinity',
    upstream: 35,
    spec: { containers, affinity: { podAffinity: hard({ topologyKey: zone, ...selector }) } },
  },
  {
    name: 'required pod anti-affinity',
    upstream: 60,
    spec: { containers, affinity: { podAntiAffinity: hard({ topologyKey: host, ...selector }) } },
  },
  {
    name: 'node affinity',
    upstream: 220,
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

function run({ name, upstream, spec }: Workload): void {
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
  create(1000, podOf('before'));
  engine.work();
  engine.take();

  create(PODS, podOf('timed'));
  const plain = timePlain(engine);
  const start = cpuMs();
  engine.work();
  const seconds = (cpuMs() - start) / 1000;
  const versions = engine.take();
  const placed = versions.filter(({ object }) => object.kind === 'Pod' && (object as Pod).spec.nodeName).length;
  const rate = PODS / seconds;
  const columns = [
    name.padEnd(28),
    `${Math.round(rate).toLocaleString('en')} pods/s`.padStart(16),
    `${placed}/${PODS} placed`.padStart(18),
    `plain ${Math.round(plain).toLocaleString('en')}/s`.padStart(14),
    `x${Math.round(rate / plain)}`.padStart(7),
    upstream ? `upstream threshold ${upstream}` : '',
  ];
  console.log(columns.join('  '));
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

console.log(`${NODES} nodes, ${PODS} pods of each sort`);
for (const workload of WORKLOADS) if (!ONLY || workload.name === ONLY) run(workload);
