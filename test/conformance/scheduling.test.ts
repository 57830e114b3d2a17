import { describe, expect } from 'vitest';
import { Node } from '../../src/kinds/node/types.ts';
import { podCondition } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { PriorityClass } from '../../src/kinds/priorityclass/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { parseQuantity } from '../../src/machinery/quantity.ts';
import type { Model } from '../support/model.ts';
import { apply, cluster, deleteObject, found, label, MINUTE_MS, update } from './cluster.ts';
import { conformance } from './conformance.ts';
import { expectApiOperations } from './crud.ts';

function pod(name: string, spec = '', container = '', namespace = 'default'): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {name: ${name}}}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: pause${container}}]
${spec}`;
}

const requests = (list: string) => `, resources: {requests: {${list}}, limits: {${list}}}`;
const nodeOf = (model: Model, name: string) => found(model, Pod, name).spec.nodeName;

/** Names of the nodes, each with its share of a resource that only the test gives it. */
function withResource(model: Model, resource: string, amount: string): string[] {
  const nodes = model.view.list(Node).map(({ metadata }) => metadata.name);
  model.do((api) => {
    for (const name of nodes) {
      const node = found(model, Node, name);
      const { capacity, allocatable, ...status } = node.status;
      api.updateStatus<Node>({
        ...node,
        status: {
          ...status,
          capacity: { ...capacity, [resource]: amount },
          allocatable: { ...allocatable, [resource]: amount },
        },
      });
    }
  });
  return nodes;
}

describe('Scheduler predicates', () => {
  conformance('SchedulerPredicates: resource limits of pods that are allowed to run', () => {
    const model = cluster(3);
    model.run(MINUTE_MS);
    for (const [index, node] of model.view.list(Node).entries()) {
      const name = node.metadata.name;
      label(model, Node, name, { node: name });
      const milli = Math.floor((parseQuantity(node.status.allocatable?.['cpu']) ?? 0) * 700);
      apply(model, pod(`filler-${index}`, `  nodeSelector: {node: ${name}}`, requests(`cpu: ${milli}m`)));
    }
    model.run(MINUTE_MS);
    expect(model.view.list(Pod).every(({ status }) => status.phase === 'Running')).toBe(true);
    const half = Math.floor((parseQuantity(model.view.list(Node)[0]?.status.allocatable?.['cpu']) ?? 0) * 500);
    apply(model, pod('additional', '', requests(`cpu: ${half}m`)));
    model.run(MINUTE_MS);
    expect(nodeOf(model, 'additional')).toBeUndefined();
    expect(podCondition(found(model, Pod, 'additional'), 'PodScheduled')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message: expect.stringContaining('0/3 nodes are available: 3 Insufficient cpu.'),
    });
  });

  conformance('SchedulerPredicates: NodeSelector respected if not matching', () => {
    const model = cluster(3);
    apply(model, pod('restricted', '  nodeSelector: {label: nonempty}'));
    model.run(MINUTE_MS);
    expect(nodeOf(model, 'restricted')).toBeUndefined();
    expect(podCondition(found(model, Pod, 'restricted'), 'PodScheduled')?.message).toContain(
      "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
    );
  });

  conformance('SchedulerPredicates: NodeSelector respected if matching', () => {
    const model = cluster(3);
    label(model, Node, 'node-2', { 'kubernetes.io/e2e': '42' });
    apply(model, pod('with-labels', '  nodeSelector: {kubernetes.io/e2e: "42"}'));
    model.run(MINUTE_MS);
    expect(nodeOf(model, 'with-labels')).toBe('node-2');
    expect(found(model, Pod, 'with-labels').status.phase).toBe('Running');
  });

  const port = (hostIP: string, protocol = 'TCP') =>
    `, ports: [{containerPort: 8080, hostPort: 54322, protocol: ${protocol}, hostIP: ${hostIP}}]`;
  const onNode = '  nodeSelector: {kubernetes.io/hostname: node-1}';

  conformance('SchedulerPredicates: conflict for same hostPort/protocol with one 0.0.0.0', () => {
    const model = cluster(3);
    apply(model, pod('pod4', onNode, port('0.0.0.0')));
    model.run(MINUTE_MS);
    expect(nodeOf(model, 'pod4')).toBe('node-1');
    apply(model, pod('pod5', onNode, port('172.18.0.2')));
    model.run(MINUTE_MS);
    expect(nodeOf(model, 'pod5')).toBeUndefined();
    expect(podCondition(found(model, Pod, 'pod5'), 'PodScheduled')?.message).toContain(
      "1 node(s) didn't have free ports for the requested pod ports",
    );
  });

  conformance('HostPort: no conflict for same hostPort with different hostIP/protocol', () => {
    const model = cluster(3);
    apply(model, pod('pod1', onNode, port('127.0.0.1')));
    apply(model, pod('pod2', onNode, port('172.18.0.2')));
    apply(model, pod('pod3', onNode, port('172.18.0.2', 'UDP')));
    model.run(MINUTE_MS);
    expect(['pod1', 'pod2', 'pod3'].map((name) => nodeOf(model, name))).toEqual(['node-1', 'node-1', 'node-1']);
    expect(model.view.list(Pod).every(({ status }) => status.phase === 'Running')).toBe(true);
  });
});

const CLASSES = [1, 2, 3, 4]
  .map(
    (value) => `apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: p${value}}\nvalue: ${value}\n`,
  )
  .join('---\n');
const RESOURCE = 'scheduling.k8s.io/foo';

/** Each node has five of a resource, and two pods on each that take two of it; the first one has priority 1. */
function crowded(): { model: Model; victims: string[] } {
  const model = cluster(2);
  model.run(MINUTE_MS);
  apply(model, CLASSES);
  const nodes = withResource(model, RESOURCE, '5');
  const victims: string[] = [];
  for (const [index, node] of nodes.entries()) {
    for (const number of [0, 1]) {
      const name = `pod${index}-${number}`;
      const priority = index === 0 && number === 0 ? 'p1' : 'p2';
      const spec = `  priorityClassName: ${priority}\n  nodeSelector: {kubernetes.io/hostname: ${node}}`;
      apply(model, pod(name, spec, requests(`${RESOURCE}: 2`)));
      victims.push(name);
    }
  }
  model.run(MINUTE_MS);
  expect(model.view.list(Pod).filter(({ status }) => status.phase === 'Running')).toHaveLength(4);
  return { model, victims };
}

describe('Scheduler preemption', () => {
  conformance('SchedulerPreemption: basic preemption works', () => {
    const { model, victims } = crowded();
    apply(model, pod('preemptor', '  priorityClassName: p4', requests(`${RESOURCE}: 2`)));
    model.run(MINUTE_MS);
    expect(found(model, Pod, 'preemptor').status.phase).toBe('Running');
    const left = victims.filter((name) => model.view.get(Pod, 'default', name));
    expect(left).toEqual(victims.slice(1));
  });

  conformance('SchedulerPreemption: lower priority pod preempted by critical pod', () => {
    const { model, victims } = crowded();
    const spec = '  priorityClassName: system-cluster-critical';
    apply(model, pod('critical', spec, requests(`${RESOURCE}: 2`), 'kube-system'));
    model.run(MINUTE_MS);
    expect(found(model, Pod, 'critical', 'kube-system').status.phase).toBe('Running');
    const left = victims.filter((name) => model.view.get(Pod, 'default', name));
    expect(left).toEqual(victims.slice(1));
  });

  conformance('SchedulerPreemption: pod disruption condition added to the preempted pod', () => {
    const model = cluster(1);
    model.run(MINUTE_MS);
    apply(model, CLASSES);
    withResource(model, RESOURCE, '1');
    apply(model, pod('victim', '  priorityClassName: p1', requests(`${RESOURCE}: 1`)));
    update(model, Pod, 'victim', (stored) => ({
      ...stored,
      metadata: { ...stored.metadata, finalizers: ['example.com/test-finalizer'] },
    }));
    model.run(MINUTE_MS);
    apply(model, pod('preemptor', '  priorityClassName: p4', requests(`${RESOURCE}: 1`)));
    model.run(MINUTE_MS);
    const victim = found(model, Pod, 'victim');
    expect(victim.metadata.deletionTimestamp).toBeDefined();
    expect(podCondition(victim, 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'PreemptionByScheduler' });
    update(model, Pod, 'victim', (stored) => ({ ...stored, metadata: { ...stored.metadata, finalizers: [] } }));
    model.run(MINUTE_MS);
    expect(model.view.get(Pod, 'default', 'victim')).toBeUndefined();
    expect(found(model, Pod, 'preemptor').status.phase).toBe('Running');
  });

  conformance('SchedulerPreemption: ReplicaSets preemption path', () => {
    const model = cluster(1);
    model.run(MINUTE_MS);
    apply(model, CLASSES);
    withResource(model, RESOURCE, '1000');
    const set = (number: number, replicas: number, amount: number) => `
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: rs-pod${number}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {name: pod${number}}}
  template:
    metadata: {labels: {name: pod${number}}}
    spec:
      terminationGracePeriodSeconds: 0
      priorityClassName: p${number}
      containers: [{name: c, image: pause${requests(`${RESOURCE}: ${amount}`)}}]
`;
    for (const [number, replicas, amount] of [
      [1, 1, 200],
      [2, 1, 300],
      [3, 1, 450],
    ] as const) {
      apply(model, set(number, replicas, amount));
    }
    model.run(MINUTE_MS);
    const created = () => model.versions.filter(({ kindKey, type }) => kindKey === Pod.key && type === 'ADDED');
    const seen = (number: number) =>
      created().filter(({ object }) => object.metadata.labels?.['name'] === `pod${number}`).length;
    expect([seen(1), seen(2), seen(3)]).toEqual([1, 1, 1]);
    apply(model, set(4, 1, 500));
    model.run(MINUTE_MS);
    expect(found(model, ReplicaSet, 'rs-pod4').status.readyReplicas).toBe(1);
    // Pods 1 and 2 had to go and were made again; pod 3, of more priority, never was.
    expect([seen(1) > 1, seen(2) > 1, seen(3)]).toEqual([true, true, 1]);
    expect(found(model, ReplicaSet, 'rs-pod3').status.readyReplicas).toBe(1);
  });

  conformance('SchedulerPreemption: PriorityClass endpoints', () => {
    const model = cluster(1);
    apply(model, CLASSES);
    for (const name of ['p1', 'p2']) {
      const before = found(model, PriorityClass, name);
      model.do((api) => {
        const answer = api.update<PriorityClass>({ ...before, value: before.value * 10 });
        expect(answer).toMatchObject({ ok: false, error: { message: expect.stringContaining('value: Forbidden') } });
      });
      expect(found(model, PriorityClass, name).value).toBe(before.value);
    }
    deleteObject(model, PriorityClass, 'p1');
    const text = 'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: fresh}\nvalue: 7\n';
    expectApiOperations(model, PriorityClass, text);
  });
});

describe('Architecture', () => {
  conformance('At least two untainted nodes', () => {
    const model = cluster();
    model.run(MINUTE_MS);
    const usable = model.view.list(Node).filter(({ spec, status }) => {
      const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
      return ready && !spec?.unschedulable && (spec?.taints ?? []).length === 0;
    });
    expect(usable.length).toBeGreaterThanOrEqual(2);
  });
});
