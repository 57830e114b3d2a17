import { hash32 } from '../../src/machinery/random.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { isPodReady } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { budgetsOf } from '../../src/kinds/poddisruptionbudget/queries.ts';
import { kindKey } from '../../src/machinery/kind.ts';
import type { Model } from '../support/model.ts';

/** A stream of choices that a seed decides. */
export class Choices {
  private readonly seed: string;
  private count = 0;

  constructor(seed: string) {
    this.seed = seed;
  }

  below(limit: number): number {
    return hash32(this.seed, this.count++) % limit;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

const NAMES = ['alpha', 'beta', 'gamma'];

/** One random thing a user might do; returns it as a sentence. */
export function randomStep(model: Model, choices: Choices): string {
  const action = choices.of(STEPS);
  return action(model, choices) ?? 'nothing to do';
}

type Step = (model: Model, choices: Choices) => string | undefined;

const STEPS: readonly Step[] = [
  applyDeployment,
  applyDeployment,
  applyStatefulSet,
  applyDaemonSet,
  applyJob,
  applyService,
  deletePod,
  deletePod,
  deleteWorkload,
  cordon,
  applyBudget,
  evictPod,
  evictPod,
  drain,
  breakSomething,
  breakSomething,
];

function spread(app: string): object {
  const labelSelector = { matchLabels: { app } };
  return { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector };
}

function apart(app: string): object {
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } };
  return { requiredDuringSchedulingIgnoredDuringExecution: [term] };
}

function podTemplate(choices: Choices, app: string): Record<string, unknown> {
  const probe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 + choices.below(10) };
  return {
    metadata: { labels: { app } },
    spec: {
      terminationGracePeriodSeconds: choices.of([0, 5, 30]),
      ...(choices.chance(15) ? { priorityClassName: 'system-cluster-critical' } : {}),
      ...(choices.chance(20) ? { topologySpreadConstraints: [spread(app)] } : {}),
      ...(choices.chance(20) ? { affinity: { podAntiAffinity: apart(app) } } : {}),
      containers: [
        {
          name: 'main',
          image: `${app}:${choices.below(3)}`,
          ports: [{ containerPort: 8080, ...(choices.chance(10) ? { hostPort: 8080 } : {}) }],
          resources: { requests: { cpu: `${choices.of([50, 200, 900])}m`, memory: '64Mi' } },
          ...(choices.chance(60) ? { readinessProbe: probe } : {}),
          ...(choices.chance(30) ? { livenessProbe: probe } : {}),
        },
      ],
    },
  };
}

function apply(model: Model, object: NewObject): string {
  const documents = [{ index: 0, line: 1, object }];
  const outcome = model.command('applyManifest', {
    documents,
    namespace: 'default',
    fieldManager: 'test',
    force: true,
  });
  const answer = (outcome.data as { documents: { ref: string; action: string }[] }).documents[0];
  return `apply ${answer?.ref} ${answer?.action}`;
}

function applyDeployment(model: Model, choices: Choices): string {
  const app = choices.of(NAMES);
  const strategy = choices.chance(25)
    ? { type: 'Recreate' }
    : {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: choices.of([0, 1, '50%']), maxUnavailable: choices.of([1, 2, '25%', '50%']) },
      };
  return apply(model, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app },
    spec: {
      replicas: choices.below(7),
      minReadySeconds: choices.of([0, 0, 5]),
      selector: { matchLabels: { app } },
      strategy,
      template: podTemplate(choices, app),
    },
  });
}

function applyStatefulSet(model: Model, choices: Choices): string {
  const app = `set-${choices.of(NAMES)}`;
  return apply(model, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: app },
    spec: {
      serviceName: app,
      replicas: choices.below(4),
      podManagementPolicy: app === 'set-alpha' ? 'Parallel' : 'OrderedReady',
      selector: { matchLabels: { app } },
      template: podTemplate(choices, app),
    },
  });
}

function applyDaemonSet(model: Model, choices: Choices): string {
  const app = 'agent';
  return apply(model, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: app },
    spec: { selector: { matchLabels: { app } }, template: podTemplate(choices, app) },
  });
}

function applyJob(model: Model, choices: Choices): string {
  const template = podTemplate(choices, 'work') as { spec: Record<string, unknown> };
  template.spec['restartPolicy'] = choices.of(['Never', 'OnFailure']);
  return apply(model, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `work-${choices.below(1000)}` },
    spec: {
      completions: 1 + choices.below(5),
      parallelism: 1 + choices.below(3),
      ...(choices.chance(40) ? { completionMode: 'Indexed' } : {}),
      template,
    },
  });
}

function applyService(model: Model, choices: Choices): string {
  const app = choices.of(NAMES);
  const type = choices.of(['ClusterIP', 'NodePort']);
  return apply(model, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: app },
    spec: { type, selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
  });
}

function deletePod(model: Model, choices: Choices): string | undefined {
  const pods = model.view.list(Pod);
  if (pods.length === 0) return undefined;
  const { namespace, name, uid } = choices.of(pods).metadata;
  model.command('deletePod', { target: { kindKey: 'Pod', namespace, name, uid } });
  return `delete pod ${name}`;
}

function deleteWorkload(model: Model, choices: Choices): string | undefined {
  const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicaSet'];
  const objects = kinds.flatMap((key) => model.view.listKey(key));
  if (objects.length === 0 || choices.chance(60)) return undefined;
  const object = choices.of(objects);
  const { namespace, name, uid } = object.metadata;
  const propagation = choices.of(['Background', 'Foreground', 'Orphan']);
  const key = kindKey(object.apiVersion, object.kind);
  model.command('deleteObject', { target: { kindKey: key, namespace, name, uid }, propagation });
  return `delete ${object.kind} ${name} ${propagation}`;
}

function applyBudget(model: Model, choices: Choices): string {
  const app = choices.of([...NAMES, 'set-alpha']);
  const limit = choices.of([
    { minAvailable: 1 },
    { minAvailable: '50%' },
    { maxUnavailable: 1 },
    { maxUnavailable: 0 },
  ]);
  const unhealthyPodEvictionPolicy = choices.of(['IfHealthyBudget', 'AlwaysAllow']);
  return apply(model, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: app },
    spec: { ...limit, unhealthyPodEvictionPolicy, selector: { matchLabels: { app } } },
  });
}

/** Asks for an eviction, and makes sure that a budget which allows none refuses it. */
function evictPod(model: Model, choices: Choices): string | undefined {
  const pods = model.view.list(Pod).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (pods.length === 0) return undefined;
  const pod = choices.of(pods);
  const { namespace, name, uid } = pod.metadata;
  const spent = budgetsOf(model.view, pod).some(({ status }) => status.disruptionsAllowed === 0);
  const outcome = model.command('evictPod', { target: { kindKey: 'Pod', namespace, name, uid } });
  if (spent && isPodReady(pod) && pod.status.phase === 'Running' && !outcome.errors) {
    throw new Error(`${name} was evicted although its budget allows nothing`);
  }
  return `evict ${name}`;
}

function drain(model: Model, choices: Choices): string {
  const { name, uid } = choices.of(model.view.list(Node)).metadata;
  const target = { kindKey: 'Node', name, uid };
  if (choices.chance(40)) {
    model.command('uncordonNode', { target });
    return `uncordon ${name}`;
  }
  const timeoutMs = choices.of([undefined, 20_000]);
  model.command('drainNode', { target, force: true, ...(timeoutMs ? { timeoutMs } : {}) });
  return `drain ${name}`;
}

function cordon(model: Model, choices: Choices): string {
  const { name, uid } = choices.of(model.view.list(Node)).metadata;
  const command = choices.of(['cordonNode', 'uncordonNode', 'uncordonNode']);
  model.command(command, { target: { kindKey: 'Node', name, uid } });
  return `${command} ${name}`;
}

function breakSomething(model: Model, choices: Choices): string {
  const app = choices.of(NAMES);
  const node = choices.of(model.view.list(Node)).metadata.name;
  const fault = choices.of<Record<string, unknown>>([
    { probe: { pods: `app=${app}`, type: choices.of(['READINESS', 'LIVENESS']), succeed: false } },
    { containerExit: { pods: `app=${app}`, exitCode: 1 + choices.below(3) } },
    { imagePull: { image: `${app}:1` } },
    { nodeDown: { node } },
  ]);
  model.command('injectFault', { fault, duration: choices.of([5, 60, 400]) * 1000 });
  return `break ${JSON.stringify(fault)}`;
}
