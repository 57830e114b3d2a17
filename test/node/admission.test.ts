import { describe, expect, it } from 'vitest';
import { admissionFailures } from '../../src/controllers/kubelet/admission-check.ts';
import { Event } from '../../src/kinds/event/types.ts';
import type { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';

/** Pods that are put on a node by hand, past the scheduler. */

const SIZE = { cpu: '1', memory: '1Gi', pods: '4', 'ephemeral-storage': '10Gi', 'hugepages-2Mi': '4Mi' };

function nodeObject(rest: { labels?: Record<string, string>; spec?: object; allocatable?: object } = {}): NewObject {
  const allocatable = { ...SIZE, ...rest.allocatable };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'a', labels: { 'kubernetes.io/hostname': 'a', 'kubernetes.io/os': 'linux', ...rest.labels } },
    spec: rest.spec ?? {},
    status: { allocatable, capacity: allocatable },
  };
}

interface PodOptions {
  requests?: Record<string, string>;
  hostPort?: number;
  spec?: object;
  metadata?: object;
}

function podOn(name: string, { requests = {}, hostPort, spec, metadata }: PodOptions = {}): NewObject {
  const ports = hostPort ? { ports: [{ containerPort: 80, hostPort }] } : {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...metadata },
    spec: {
      nodeName: 'a',
      containers: [{ name: 'main', image: 'web', resources: { requests, limits: requests }, ...ports }],
      ...spec,
    },
  };
}

function modelWith(...objects: NewObject[]): Model {
  const model = new Model();
  for (const object of objects) {
    model.create(object);
    model.run(10);
  }
  model.run(60_000);
  return model;
}

function statusOf(model: Model, name: string): Pod['status'] {
  const found = model.view.get(Pod, 'default', name);
  if (!found) throw new Error(`no pod ${name}`);
  return found.status;
}

function eventsOf(model: Model, name: string): string[] {
  return model.view
    .list(Event)
    .filter(({ involvedObject }) => involvedObject.kind === 'Pod' && involvedObject.name === name)
    .map(({ type, reason, message, source }) => `${type} ${reason} (${source?.component}): ${message}`);
}

const critical = { priorityClassName: 'system-node-critical' };
const zone = (value: string) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [value] }] }],
      },
    },
  },
});

describe('a kubelet turns away a pod that nobody scheduled', () => {
  const rows: { sentence: string; objects: NewObject[]; reason: string; message: string }[] = [
    {
      sentence: 'when it asks for more cpu than is left',
      objects: [
        nodeObject(),
        podOn('first', { requests: { cpu: '700m' } }),
        podOn('web', { requests: { cpu: '400m' } }),
      ],
      reason: 'OutOfcpu',
      message: "Node didn't have enough resource: cpu, requested: 400, used: 700, capacity: 1000",
    },
    {
      sentence: 'when it asks for more memory than there is, said in bytes',
      objects: [nodeObject(), podOn('web', { requests: { memory: '2Gi' } })],
      reason: 'OutOfmemory',
      message: "Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824",
    },
    {
      sentence: 'when the disk is too small',
      objects: [nodeObject(), podOn('web', { requests: { 'ephemeral-storage': '20Gi' } })],
      reason: 'OutOfephemeral-storage',
      message:
        "Node didn't have enough resource: ephemeral-storage, requested: 21474836480, used: 0, capacity: 10737418240",
    },
    {
      sentence: 'when there are too few devices',
      objects: [
        nodeObject({ allocatable: { 'example.com/gpu': '1' } }),
        podOn('web', { requests: { 'example.com/gpu': '2' } }),
      ],
      reason: 'OutOfexample.com/gpu',
      message: "Node didn't have enough resource: example.com/gpu, requested: 2, used: 0, capacity: 1",
    },
    {
      sentence: 'when the node holds all the pods it may, which is said before anything else',
      objects: [nodeObject({ allocatable: { pods: '1' } }), podOn('first'), podOn('web', { requests: { cpu: '9' } })],
      reason: 'OutOfpods',
      message: "Node didn't have enough resource: pods, requested: 1, used: 1, capacity: 1",
    },
    {
      sentence: 'when the node lacks a label that its selector asks for',
      objects: [nodeObject(), podOn('web', { spec: { nodeSelector: { disk: 'ssd' } } })],
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    },
    {
      sentence: 'when the node is not one of its affinity',
      objects: [nodeObject({ labels: { zone: 'z1' } }), podOn('web', { spec: zone('z2') })],
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    },
    {
      sentence: 'when its host port is taken',
      objects: [nodeObject(), podOn('first', { hostPort: 8080 }), podOn('web', { hostPort: 8080 })],
      reason: 'NodePorts',
      message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    },
    {
      sentence: 'when its operating system is another',
      objects: [nodeObject(), podOn('web', { spec: { os: { name: 'windows' } } })],
      reason: 'PodOSNotSupported',
      message: "Failed to admit pod as the OS field doesn't match node OS",
    },
    {
      sentence: 'when it is labelled for another operating system',
      objects: [nodeObject(), podOn('web', { metadata: { labels: { 'kubernetes.io/os': 'windows' } } })],
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    },
    {
      sentence: 'when it is critical and nobody can be ended for it',
      objects: [
        nodeObject(),
        podOn('first', { requests: { cpu: '800m' }, spec: critical }),
        podOn('web', { requests: { cpu: '400m' }, spec: critical }),
      ],
      reason: 'UnexpectedAdmissionError',
      message:
        'Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 200), ]',
    },
  ];
  it.each(rows)('$sentence', ({ objects, reason, message }) => {
    const model = modelWith(...objects);
    const { phase, reason: why, message: words, containerStatuses, startTime } = statusOf(model, 'web');
    expect({ phase, why, words }).toEqual({ phase: 'Failed', why: reason, words: `Pod was rejected: ${message}` });
    expect(containerStatuses).toBeUndefined();
    expect(startTime).toBeDefined();
    expect(eventsOf(model, 'web')).toEqual([`Warning ${reason} (kubelet): ${message}`]);
    expect(model.restarted().versions).toEqual([]);
  });
});

describe('a kubelet takes on', () => {
  const rows: { sentence: string; objects: NewObject[] }[] = [
    {
      sentence: 'a pod that just fits',
      objects: [nodeObject(), podOn('web', { requests: { cpu: '1', memory: '1Gi' } })],
    },
    {
      sentence: 'a pod on a cordoned node with a NoSchedule taint',
      objects: [
        nodeObject({ spec: { unschedulable: true, taints: [{ key: 'x', effect: 'NoSchedule' }] } }),
        podOn('web'),
      ],
    },
    {
      sentence: 'a pod that asks for devices the node does not know',
      objects: [nodeObject(), podOn('web', { requests: { 'example.com/gpu': '2' } })],
    },
    {
      sentence: 'a static pod whatever the taints',
      objects: [
        nodeObject({ spec: { taints: [{ key: 'gone', effect: 'NoSchedule' }] } }),
        podOn('web', { metadata: { annotations: { 'kubernetes.io/config.source': 'file' } } }),
      ],
    },
  ];
  it.each(rows)('$sentence', ({ objects }) => {
    const model = modelWith(...objects);
    const name = objects.at(-1)?.metadata.name ?? '';
    expect(statusOf(model, name).phase).toBe('Running');
  });
});

it('a pod that does not tolerate a NoExecute taint is deleted by who minds the taint, before it is turned away', () => {
  const model = modelWith(nodeObject({ spec: { taints: [{ key: 'gone', effect: 'NoExecute' }] } }), podOn('web'));
  expect(model.view.get(Pod, 'default', 'web')).toBeUndefined();
  expect(eventsOf(model, 'web').map((text) => text.split(' ')[1])).toEqual(['TaintManagerEviction']);
});

it('a kubelet minds the NoExecute taints of its node, but not for static pods', () => {
  const metadata = { name: 'a', uid: 'a', resourceVersion: '', creationTimestamp: '' };
  const taints = [{ key: 'gone', effect: 'NoExecute' as const }];
  const status = { allocatable: SIZE };
  const tainted = { apiVersion: 'v1', kind: 'Node', metadata, spec: { taints }, status } as Node;
  const failed = (annotations?: Record<string, string>) => {
    const pod = podOn('web', { metadata: annotations ? { annotations } : {} }) as Pod;
    return admissionFailures(pod, tainted, []);
  };
  const description = "node(s) had taints that the pod didn't tolerate";
  expect(failed()).toEqual([{ predicate: 'TaintToleration', description }]);
  expect(failed({ 'kubernetes.io/config.source': 'file' })).toEqual([]);
});

it('a pod has the room of one that has finished', () => {
  const model = modelWith(nodeObject(), podOn('first', { requests: { cpu: '1' }, spec: { restartPolicy: 'Never' } }));
  expect(statusOf(model, 'first').phase).toBe('Succeeded');
  model.create(podOn('web', { requests: { cpu: '1' } }));
  model.run(60_000);
  expect(statusOf(model, 'web').phase).toBe('Running');
});

describe('a critical pod that does not fit', () => {
  const small = { requests: { cpu: '300m', memory: '100Mi' }, spec: { terminationGracePeriodSeconds: 5 } };
  const big = { requests: { cpu: '500m', memory: '100Mi' }, spec: { terminationGracePeriodSeconds: 5 } };

  it('has the pod ended that comes nearest to what is missing, and starts when that is gone', () => {
    const model = modelWith(nodeObject(), podOn('small', small), podOn('big', big));
    model.create(podOn('web', { requests: { cpu: '500m' }, spec: critical }));
    expect(statusOf(model, 'web').phase).toBe('Pending');
    expect(eventsOf(model, 'small').at(-2)).toBe(
      'Warning Preempting (kubelet): Preempted in order to admit critical pod',
    );
    model.run(60_000);
    expect(statusOf(model, 'small')).toMatchObject({
      phase: 'Failed',
      reason: 'Preempting',
      message: 'Preempted in order to admit critical pod',
    });
    expect(statusOf(model, 'big').phase).toBe('Running');
    expect(statusOf(model, 'web').phase).toBe('Running');
    expect(model.restarted().versions).toEqual([]);
  });

  it('waits through a restart of the model', () => {
    const model = modelWith(nodeObject(), podOn('small', small), podOn('big', big));
    model.create(podOn('web', { requests: { cpu: '500m' }, spec: critical }));
    const restarted = model.restarted();
    expect(restarted.versions).toEqual([]);
    restarted.run(60_000);
    expect(statusOf(restarted, 'web').phase).toBe('Running');
    expect(statusOf(restarted, 'big').phase).toBe('Running');
  });
});

describe('an overcommitted node from a dump', () => {
  it('runs the pods that fit, oldest first, and fails the others, for which their controllers make new ones', () => {
    const model = new Model();
    const owned = (name: string) => podOn(name, { requests: { cpu: '400m' }, metadata: { labels: { app: 'web' } } });
    model.create(nodeObject(), owned('web-1'), owned('web-2'), owned('web-3'));
    model.create(`
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web, namespace: default}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: web, resources: {requests: {cpu: 400m}}}]}
`);
    model.run(120_000);
    const phases = Object.fromEntries(
      model.view.list(Pod).map(({ metadata, status }) => [metadata.name, status.phase]),
    );
    expect(phases).toMatchObject({ 'web-1': 'Running', 'web-2': 'Running', 'web-3': 'Failed' });
    expect(Object.values(phases).filter((phase) => phase === 'Pending')).toHaveLength(1);
    expect(statusOf(model, 'web-3').reason).toBe('OutOfcpu');
  });
});

it('a set whose template names a full node makes a pod a second, and no more', () => {
  const model = modelWith(nodeObject());
  model.create(`
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {nodeName: a, containers: [{name: main, image: web, resources: {requests: {cpu: 600m}}}]}
`);
  model.run(60_000);
  const pods = model.view.list(Pod);
  expect(pods.filter(({ status }) => status.reason === 'OutOfcpu')).toHaveLength(60);
  expect(pods.filter(({ status }) => status.phase === 'Running')).toHaveLength(1);
  expect(model.restarted().versions).toEqual([]);
});
