import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { ObjectApi } from '../../src/machinery/controller.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { hash32 } from '../../src/machinery/random.ts';
import type { Model } from '../support/model.ts';
import { node } from './support.ts';

/** Random numbers that depend on a seed alone. */
export class Dice {
  private readonly seed: string;
  private rolls = 0;

  constructor(seed: string) {
    this.seed = seed;
  }

  below(limit: number): number {
    return hash32(this.seed, this.rolls++) % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

const ZONES = ['z1', 'z2', 'z3'];
const APPS = ['web', 'db', 'cache'];
const NAMESPACES = ['default', 'shop'];
const TOPOLOGIES = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone', 'rack'];
const IMAGES = ['nginx:1', 'redis:7'];
const MEBIBYTE = 1024 * 1024;

export function randomNode(dice: Dice, name: string): NewObject {
  const labels: Record<string, string> = { disk: dice.pick(['ssd', 'hdd']) };
  if (dice.chance(90)) labels['topology.kubernetes.io/zone'] = dice.pick(ZONES);
  if (dice.chance(70)) labels['rack'] = `r${dice.below(6)}`;
  if (dice.chance(80)) labels['generation'] = `${dice.below(5)}`;
  return node(name, {
    labels,
    allocatable: {
      cpu: dice.pick(['2', '4']),
      memory: dice.pick(['4Gi', '8Gi']),
      pods: dice.pick(['6', '110']),
      ...(dice.chance(30) ? { 'example.com/gpu': '2' } : {}),
    },
    ...(dice.chance(15) ? { taints: [randomTaint(dice)] } : {}),
    ...(dice.chance(5) ? { unschedulable: true } : {}),
    images: randomImages(dice),
  });
}

function randomTaint(dice: Dice): object {
  return { key: 'dedicated', value: 'db', effect: dice.pick(['NoSchedule', 'PreferNoSchedule', 'PreferNoSchedule']) };
}

function randomImages(dice: Dice): { names: string[]; sizeBytes: number }[] {
  return IMAGES.filter(() => dice.chance(30)).map((name) => ({ names: [name], sizeBytes: 400 * MEBIBYTE }));
}

function selector(dice: Dice): object {
  return { matchLabels: { app: dice.pick(APPS) } };
}

function affinityTerm(dice: Dice): object {
  return {
    topologyKey: dice.pick(TOPOLOGIES),
    labelSelector: selector(dice),
    ...(dice.chance(20) ? { namespaceSelector: dice.chance(50) ? {} : { matchLabels: { team: 'a' } } } : {}),
    ...(dice.chance(10) ? { namespaces: ['shop'] } : {}),
    ...(dice.chance(20) ? { [dice.pick(['matchLabelKeys', 'mismatchLabelKeys'])]: ['release'] } : {}),
  };
}

function weighted(dice: Dice): object {
  return { weight: 1 + dice.below(100), podAffinityTerm: affinityTerm(dice) };
}

function podAffinity(dice: Dice): object {
  return {
    ...(dice.chance(50) ? { requiredDuringSchedulingIgnoredDuringExecution: [affinityTerm(dice)] } : {}),
    ...(dice.chance(50) ? { preferredDuringSchedulingIgnoredDuringExecution: [weighted(dice)] } : {}),
  };
}

function nodeAffinity(dice: Dice): object {
  const expression = () =>
    dice.pick<object>([
      { key: 'disk', operator: dice.pick(['In', 'NotIn']), values: [dice.pick(['ssd', 'hdd'])] },
      { key: 'rack', operator: dice.pick(['Exists', 'DoesNotExist']) },
      { key: 'generation', operator: dice.pick(['Gt', 'Lt']), values: [`${dice.below(4)}`] },
    ]);
  return {
    ...(dice.chance(40)
      ? {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [expression()] }],
          },
        }
      : {}),
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 1 + dice.below(100), preference: { matchExpressions: [expression()] } },
    ],
  };
}

function spreadConstraint(dice: Dice, topologyKey: string): object {
  const whenUnsatisfiable = dice.pick(['DoNotSchedule', 'ScheduleAnyway']);
  return {
    maxSkew: 1 + dice.below(2),
    topologyKey,
    whenUnsatisfiable,
    ...(whenUnsatisfiable === 'DoNotSchedule' && dice.chance(30) ? { minDomains: 1 + dice.below(4) } : {}),
    labelSelector: selector(dice),
    ...(dice.chance(20) ? { nodeTaintsPolicy: 'Honor' } : {}),
    ...(dice.chance(20) ? { nodeAffinityPolicy: 'Ignore' } : {}),
    ...(dice.chance(20) ? { matchLabelKeys: ['release'] } : {}),
  };
}

/** A template of pods: labels and spec. Pods made of one template are alike to the scheduler. */
export function randomTemplate(dice: Dice): { labels: Record<string, string>; spec: Record<string, unknown> } {
  const affinity = {
    ...(dice.chance(25) ? { nodeAffinity: nodeAffinity(dice) } : {}),
    ...(dice.chance(30) ? { podAffinity: podAffinity(dice) } : {}),
    ...(dice.chance(30) ? { podAntiAffinity: podAffinity(dice) } : {}),
  };
  const constraints = TOPOLOGIES.filter(() => dice.chance(20)).map((key) => spreadConstraint(dice, key));
  const requests = {
    cpu: dice.pick(['0', '100m', '300m', '700m']),
    memory: dice.pick(['0', '100Mi', '700Mi']),
    ...(dice.chance(8) ? { 'example.com/gpu': '1' } : {}),
  };
  const limits = 'example.com/gpu' in requests ? { limits: { 'example.com/gpu': '1' } } : {};
  const hostIP = dice.chance(30) ? { hostIP: dice.pick(['127.0.0.1', '10.0.0.1']) } : {};
  const ports = dice.chance(10) ? { ports: [{ containerPort: 80, hostPort: 8000 + dice.below(2), ...hostIP }] } : {};
  const claimName = dice.pick(CLAIMS);
  return {
    labels: { app: dice.pick(APPS), release: dice.pick(['a', 'b']) },
    spec: {
      containers: [{ name: 'main', image: dice.pick(IMAGES), resources: { requests, ...limits }, ...ports }],
      ...(Object.keys(affinity).length > 0 ? { affinity } : {}),
      ...(constraints.length > 0 ? { topologySpreadConstraints: constraints } : {}),
      ...(dice.chance(20) ? { tolerations: [{ key: 'dedicated', operator: 'Exists' }] } : {}),
      ...(dice.chance(10) ? { nodeSelector: { disk: 'ssd' } } : {}),
      ...(dice.chance(30) ? { priorityClassName: dice.pick(['high', 'high', 'patient']) } : {}),
      ...(dice.chance(12) ? { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] } : {}),
      ...(dice.chance(10) ? { overhead: { cpu: '50m' }, runtimeClassName: 'heavy' } : {}),
    },
  };
}

export function podOf(template: ReturnType<typeof randomTemplate>, dice: Dice, name: string): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: dice.pick(NAMESPACES), labels: template.labels },
    spec: template.spec,
  };
}

const CLAIMS = ['zonal', 'local', 'alone'];

/** Claims that are bound: to a volume of one zone, of two nodes, and for one pod alone. */
function boundClaim(namespace: string, claim: string): NewObject[] {
  const volume = `${namespace}-${claim}`;
  const shared = { accessModes: [claim === 'alone' ? 'ReadWriteOncePod' : 'ReadWriteMany'], storageClassName: '' };
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-1', 'node-2'] }];
  const place = claim === 'local' ? { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } } : {};
  const labels = claim === 'zonal' ? { labels: { 'topology.kubernetes.io/zone': 'z1' } } : {};
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume, ...labels },
      spec: {
        ...shared,
        capacity: { storage: '1Gi' },
        csi: { driver: 'disk.example.com', volumeHandle: volume },
        claimRef: { namespace, name: claim },
        ...place,
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claim, namespace, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { ...shared, resources: { requests: { storage: '1Gi' } }, volumeName: volume },
      status: { phase: 'Bound' },
    },
  ];
}

/** The objects a random cluster begins with, beside its nodes. */
export const BEGINNING: readonly NewObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } } },
  { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 1000 } as NewObject,
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'patient' },
    value: 500,
    preemptionPolicy: 'Never',
  } as NewObject,
  {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'heavy' },
    handler: 'heavy',
    overhead: { podFixed: { cpu: '50m' } },
  } as NewObject,
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  },
  ...NAMESPACES.flatMap((namespace) => CLAIMS.flatMap((claim) => boundClaim(namespace, claim))),
];

/** Changes something about a random cluster; now and then only as a trial that is taken back. */
export function disturb(model: Model, dice: Dice): void {
  const pods = model.view.list(Pod);
  const nodes = model.view.list(Node);
  const pod = pods.length > 0 ? dice.pick(pods) : undefined;
  const some = nodes.length > 0 ? dice.pick(nodes) : undefined;
  const dryRun = dice.chance(20);
  const work = (api: ObjectApi) => {
    switch (dice.below(10)) {
      case 0:
      case 1:
        if (pod) api.delete(pod, { gracePeriodSeconds: 0 });
        break;
      case 2:
        if (pod) api.delete(pod, { gracePeriodSeconds: 30 });
        break;
      case 3:
        if (pod?.spec.nodeName) api.updateStatus<Pod>({ ...pod, status: { ...pod.status, phase: 'Succeeded' } });
        break;
      case 4:
        if (pod) api.update<Pod>({ ...pod, metadata: { ...pod.metadata, labels: { app: dice.pick(APPS) } } });
        break;
      case 5:
        if (some) api.update<Node>({ ...some, spec: { ...some.spec, unschedulable: dice.chance(50) } });
        break;
      case 6:
        if (some) api.updateStatus<Node>({ ...some, status: { ...some.status, images: randomImages(dice) } });
        break;
      case 7:
        if (some && dice.chance(50)) {
          api.delete(some);
          // As the garbage collector of pods does.
          for (const lost of pods) {
            if (lost.spec.nodeName === some.metadata.name) api.delete(lost, { gracePeriodSeconds: 0 });
          }
        } else api.create(randomNode(dice, `extra-${dice.below(1000)}`));
        break;
      case 8:
        for (const ending of pods) if (ending.metadata.deletionTimestamp) api.delete(ending, { gracePeriodSeconds: 0 });
        break;
      default: {
        const shop = api.get(Namespace, undefined, 'shop');
        const labels = { team: dice.pick(['a', 'b']) };
        if (shop) api.update<Namespace>({ ...shop, metadata: { ...shop.metadata, labels } });
      }
    }
  };
  model.command('test.do', work, { dryRun });
}
