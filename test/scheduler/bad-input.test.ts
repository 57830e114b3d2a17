import { describe, expect, it } from 'vitest';
import { Node } from '../../src/kinds/node/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';
import { eventsOf, node, nodeOf, pod, scheduledCondition, schedulerModel } from './support.ts';

const HOST = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const web = { matchLabels: { app: 'web' } };
const hard = (term: object) => ({ requiredDuringSchedulingIgnoredDuringExecution: [term] });
const nodeTerm = (key: string, operator: string, values: string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
    },
  },
});
const inZone = (name: string, zone: string) => node(name, { labels: { [ZONE]: zone } });
const NO_HELP = (count: number) =>
  ` no new claims to deallocate, preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
const NO_VICTIMS = (count: number) =>
  ` no new claims to deallocate, preemption: 0/${count} nodes are available: ${count} No preemption victims found for incoming pod.`;

describe('what can never be satisfied waits with its reason', () => {
  const rows: { sentence: string; nodes: NewObject[]; spec: object; message: string }[] = [
    {
      sentence: 'affinity to a label that no node has',
      nodes: [node('a'), node('b')],
      spec: { affinity: nodeTerm('disk', 'In', ['nvme']) },
      message: `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.${NO_HELP(2)}`,
    },
    {
      sentence: 'affinity whose expressions exclude each other',
      nodes: [inZone('a', 'z1')],
      spec: {
        affinity: nodeTerm(ZONE, 'In', ['z1']),
        nodeSelector: { [ZONE]: 'z2' },
      },
      message: `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.${NO_HELP(1)}`,
    },
    {
      sentence: 'affinity to pods that are nowhere',
      nodes: [node('a')],
      spec: { affinity: { podAffinity: hard({ topologyKey: HOST, labelSelector: { matchLabels: { app: 'db' } } }) } },
      message: `0/1 nodes are available: 1 node(s) didn't match pod affinity rules.${NO_HELP(1)}`,
    },
    {
      sentence: 'affinity by a topology that no node has',
      nodes: [node('a')],
      spec: { affinity: { podAffinity: hard({ topologyKey: 'rack', labelSelector: web }) } },
      message: `0/1 nodes are available: 1 node(s) didn't match pod affinity rules.${NO_HELP(1)}`,
    },
    {
      sentence: 'spreading over zones where no node says its own',
      nodes: [node('a'), node('b')],
      spec: {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'DoNotSchedule', labelSelector: web },
        ],
      },
      message: `0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints (missing required label).${NO_HELP(2)}`,
    },
    {
      sentence: 'more than any machine has',
      nodes: [node('a')],
      spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { cpu: '64', memory: '1Ti' } } }] },
      message: `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.${NO_HELP(1)}`,
    },
    {
      sentence: 'a node of a name that is not there',
      nodes: [node('a')],
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['gone'] }] }],
            },
          },
        },
      },
      message: `0/1 nodes are available: 1 node(s) didn't satisfy plugin(s) [NodeAffinity].${NO_HELP(1)}`,
    },
  ];
  it.each(rows)('$sentence', ({ nodes, spec, message }) => {
    const model = schedulerModel();
    model.create(...nodes, pod('web', {}, spec, { labels: { app: 'web' } }));
    expect(scheduledCondition(model, 'web')).toBe(`Unschedulable: ${message}`);
    expect(eventsOf(model, 'web')).toEqual([`FailedScheduling x1: ${message}`]);
    // Nothing happens that could help: it is looked at every five minutes, and not more often.
    model.run(3_600_000);
    const [text = ''] = eventsOf(model, 'web').slice(-1);
    expect(Number(/ x(\d+):/.exec(text)?.[1])).toBeLessThanOrEqual(13);
    expect(nodeOf(model, 'web')).toBeUndefined();
    expect(model.restarted().versions).toEqual([]);
  });

  it('affinity within a topology of which the only node is full', () => {
    const model = schedulerModel();
    model.create(node('a', { allocatable: { pods: '1' } }), pod('first', {}, {}, { labels: { app: 'web' } }));
    const affinity = { podAffinity: hard({ topologyKey: HOST, labelSelector: web }) };
    model.create(pod('second', {}, { affinity }));
    expect(scheduledCondition(model, 'second')).toBe(
      `Unschedulable: 0/1 nodes are available: 1 Too many pods.${NO_VICTIMS(1)}`,
    );
  });
});

describe('a node without a zone', () => {
  const spread = (whenUnsatisfiable: string) => ({
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable, labelSelector: web }],
  });

  it('is left out where pods must be spread over zones, and gets them once it is labelled', () => {
    const model = schedulerModel();
    model.create(inZone('a', 'z1'), node('b'));
    for (const name of ['one', 'two', 'three']) {
      model.create(pod(name, {}, spread('DoNotSchedule'), { labels: { app: 'web' } }));
    }
    expect(['one', 'two', 'three'].map((name) => nodeOf(model, name))).toEqual(['a', 'a', 'a']);
    model.do((api) => {
      const [, other] = api.listKey('Node');
      if (other) api.update({ ...other, metadata: { ...other.metadata, labels: { [HOST]: 'b', [ZONE]: 'z2' } } });
    });
    model.create(pod('four', {}, spread('DoNotSchedule'), { labels: { app: 'web' } }));
    expect(nodeOf(model, 'four')).toBe('b');
  });

  it('is taken where spreading is a wish', () => {
    const model = schedulerModel();
    model.create(node('b'), pod('web', {}, spread('ScheduleAnyway'), { labels: { app: 'web' } }));
    expect(nodeOf(model, 'web')).toBe('b');
  });

  it('is of no zone when nodes are lost: the others are given up at the ordinary rate', () => {
    const model = new Model();
    model.create(inZone('a', 'z1'), node('b'), node('c'), node('d'));
    model.run(10_000);
    model.command('injectFault', { fault: { nodeDown: { node: 'b' } } });
    model.run(120_000);
    const taints = (name: string) => model.view.get(Node, undefined, name)?.spec.taints ?? [];
    expect(taints('b').map(({ key }) => key)).toContain('node.kubernetes.io/unreachable');
    expect(taints('c')).toEqual([]);
  });
});
