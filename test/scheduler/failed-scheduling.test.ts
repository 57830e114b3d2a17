import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import { eventsOf, node, pod, scheduledCondition, schedulerModel } from './support.ts';

const NO_HELP = 'no new claims to deallocate, preemption:';

interface Row {
  sentence: string;
  nodes: NewObject[];
  before?: NewObject[];
  pod: NewObject;
  message: string;
}

const twoSmall = [node('a', { allocatable: { cpu: '1' } }), node('b', { allocatable: { cpu: '1' } })];

const rows: Row[] = [
  {
    sentence: 'a cluster without nodes',
    nodes: [],
    pod: pod('web'),
    message: 'no nodes available to schedule pods',
  },
  {
    sentence: 'a pod larger than any node',
    nodes: twoSmall,
    pod: pod('web', { cpu: '2' }),
    message: `0/2 nodes are available: 2 Insufficient cpu. ${NO_HELP} 0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
  },
  {
    sentence: 'nodes that are full',
    nodes: twoSmall,
    before: [pod('one', { cpu: '600m' }), pod('two', { cpu: '600m' })],
    pod: pod('web', { cpu: '500m' }),
    message: `0/2 nodes are available: 2 Insufficient cpu. ${NO_HELP} 0/2 nodes are available: 2 No preemption victims found for incoming pod.`,
  },
  {
    sentence: 'several reasons at once, sorted as text',
    nodes: [
      ...twoSmall,
      node('c', { unschedulable: true }),
      node('d', { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] }),
      node('e', { allocatable: { cpu: '1', memory: '1Gi' } }),
    ],
    pod: pod('web', { cpu: '2', memory: '2Gi' }),
    message: `0/5 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 3 Insufficient cpu. ${NO_HELP} 0/5 nodes are available: 5 Preemption is not helpful for scheduling.`,
  },
  {
    sentence: 'no room for one more pod',
    nodes: [node('a', { allocatable: { pods: '1' } })],
    before: [pod('one')],
    pod: pod('web'),
    message: `0/1 nodes are available: 1 Too many pods. ${NO_HELP} 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
  },
  {
    sentence: 'an extended resource that no node has',
    nodes: [node('a')],
    pod: pod('web', { 'nvidia.com/gpu': '1' }),
    message: `0/1 nodes are available: 1 Insufficient nvidia.com/gpu. ${NO_HELP} 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`,
  },
  {
    sentence: 'a node selector that nothing matches',
    nodes: twoSmall,
    pod: pod('web', {}, { nodeSelector: { disk: 'ssd' } }),
    message: `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${NO_HELP} 0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
  },
  {
    sentence: 'affinity to a node by name that is full, as pods of a DaemonSet have',
    nodes: twoSmall,
    before: [pod('one', { cpu: '600m' }), pod('two', { cpu: '600m' })],
    pod: pod('web', { cpu: '500m' }, { affinity: onNode('a') }),
    message: `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. ${NO_HELP} 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.`,
  },
  {
    sentence: 'affinity to two nodes by name at once',
    nodes: twoSmall,
    pod: pod('web', {}, { affinity: onNode('a', 'b') }),
    message: '0/2 nodes are available: pod affinity terms conflict. not found',
  },
  {
    sentence: 'a host port that is taken',
    nodes: [node('a')],
    before: [withPort('one', { hostPort: 80, containerPort: 80 })],
    pod: withPort('web', { hostPort: 80, containerPort: 80 }),
    message: `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${NO_HELP} 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
  },
  {
    sentence: 'required affinity to a pod that is nowhere',
    nodes: twoSmall,
    pod: pod('web', {}, { affinity: { podAffinity: required('app', 'db') } }),
    message: `0/2 nodes are available: 2 node(s) didn't match pod affinity rules. ${NO_HELP} 0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
  },
  {
    sentence: 'required anti-affinity to its own kind on every node',
    nodes: [node('a')],
    before: [pod('one', {}, { affinity: { podAntiAffinity: required('app', 'web') } }, { labels: { app: 'web' } })],
    pod: pod('web', {}, { affinity: { podAntiAffinity: required('app', 'web') } }, { labels: { app: 'web' } }),
    message: `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. ${NO_HELP} 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
  },
  {
    sentence: 'the required anti-affinity of a pod that is there',
    nodes: [node('a')],
    before: [pod('one', {}, { affinity: { podAntiAffinity: required('app', 'web') } }, { labels: { app: 'db' } })],
    pod: pod('web', {}, {}, { labels: { app: 'web' } }),
    message: `0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. ${NO_HELP} 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
  },
  {
    sentence: 'a spread over zones that one node has no zone for and that would be too uneven in the other',
    nodes: [node('a', { labels: { zone: 'x' } }), node('b', { labels: { zone: 'y' }, unschedulable: true }), node('c')],
    before: [pod('one', {}, {}, { labels: { app: 'web' } })].map(onlyOn('a')),
    pod: pod('web', {}, { topologySpreadConstraints: [spread('zone')] }, { labels: { app: 'web' } }),
    message: `0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable. ${NO_HELP} 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.`,
  },
  {
    sentence: 'a pod that may not preempt',
    nodes: [node('a', { allocatable: { cpu: '1' } })],
    before: [
      pod('one', { cpu: '1' }),
      {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name: 'patient' },
        value: 100,
        preemptionPolicy: 'Never',
      } as NewObject,
    ],
    pod: pod('web', { cpu: '1' }, { priorityClassName: 'patient' }),
    message: `0/1 nodes are available: 1 Insufficient cpu. ${NO_HELP} not eligible due to preemptionPolicy=Never.`,
  },
];

function onNode(...names: string[]): object {
  const matchFields = names.map((name) => ({ key: 'metadata.name', operator: 'In', values: [name] }));
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } } };
}

function onlyOn(name: string): (object: NewObject) => NewObject {
  return (object) => ({ ...object, spec: { ...(object.spec as object), affinity: onNode(name) } });
}

function required(key: string, value: string): object {
  const term = { labelSelector: { matchLabels: { [key]: value } }, topologyKey: 'kubernetes.io/hostname' };
  return { requiredDuringSchedulingIgnoredDuringExecution: [term] };
}

function spread(topologyKey: string): object {
  const labelSelector = { matchLabels: { app: 'web' } };
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector };
}

function withPort(name: string, port: object): NewObject {
  return pod(name, {}, { containers: [{ name: 'main', image: 'nginx', ports: [port] }] });
}

describe('a pod that fits nowhere says why, in the words of Kubernetes', () => {
  it.each(rows)('$sentence', ({ nodes, before = [], pod: wanted, message }) => {
    const model = schedulerModel();
    if (nodes.length > 0) model.create(...nodes);
    if (before.length > 0) model.create(...before);
    model.create(wanted);
    expect(scheduledCondition(model, 'web')).toBe(`Unschedulable: ${message}`);
    expect(eventsOf(model, 'web')).toEqual([`FailedScheduling x1: ${message}`]);
  });
});
