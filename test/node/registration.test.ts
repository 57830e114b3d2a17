import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { node as definition } from '../../src/kinds/node/definition.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Model } from '../support/model.ts';

function nodeNamed(model: Model, name: string): Node {
  const node = model.view.get(Node, undefined, name);
  if (!node) throw new Error(`no node ${name}`);
  return node;
}

function row(model: Model, name: string): string[] {
  const node = nodeNamed(model, name);
  return (definition.columns ?? []).map(({ cell }) => cell(node, model.view));
}

const target = (name: string) => ({ target: { kindKey: 'Node', name } });

describe('adding nodes', () => {
  it('names them on, deals them out over the zones, and gives each its own addresses', () => {
    const model = new Model();
    model.command('addNodes', { count: 2, template: { cpu: '8', zones: ['eu-west-1a', 'eu-west-1b'] } });
    model.command('addNodes', { count: 2, namePrefix: 'big-', template: { pods: 250, labels: { disk: 'ssd' } } });
    expect(model.view.list(Node).map(({ metadata }) => metadata.name)).toEqual(['node-1', 'node-2', 'big-3', 'big-4']);
    expect(nodeNamed(model, 'node-2').metadata.labels).toEqual({
      'beta.kubernetes.io/arch': 'amd64',
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': 'node-2',
      'kubernetes.io/os': 'linux',
      'topology.kubernetes.io/region': 'eu-west-1',
      'topology.kubernetes.io/zone': 'eu-west-1b',
    });
    expect(nodeNamed(model, 'node-1').status.allocatable).toMatchObject({ cpu: '8', memory: '16Gi', pods: '110' });
    expect(nodeNamed(model, 'big-4').status.capacity).toMatchObject({ cpu: '4', pods: '250' });
    const addresses = model.view.list(Node).map((node) => node.status.addresses?.[0]?.address);
    expect(new Set(addresses).size).toBe(4);
    expect(model.view.list(Node).map((node) => node.spec.podCIDR)).toEqual([
      '10.128.0.0/24',
      '10.128.1.0/24',
      '10.128.2.0/24',
      '10.128.3.0/24',
    ]);
  });

  it('gives a range that a removed node has left only where it is free', () => {
    const model = new Model();
    model.command('addNodes', { count: 3 });
    model.do((api) => void api.delete(nodeNamed(model, 'node-1')));
    model.command('addNodes', { count: 1 });
    const ranges = model.view.list(Node).map((node) => node.spec.podCIDR);
    expect(new Set(ranges).size).toBe(3);
  });

  it('says once that no range is left, and gives one when a node goes', () => {
    const model = new Model({ settings: { clusterCidr: '10.0.0.0/23' } });
    model.command('addNodes', { count: 3 });
    const said = () => model.view.list(Event).filter((event) => event.reason === 'CIDRNotAvailable');
    expect(said().map((event) => [event.message, event.source.component, event.count])).toEqual([
      ['Node node-3 status is now: CIDRNotAvailable', 'cidrAllocator', 1],
    ]);
    expect(model.restarted().versions).toEqual([]);
    model.do((api) => void api.delete(nodeNamed(model, 'node-1')));
    expect(nodeNamed(model, 'node-3').spec.podCIDR).toBe('10.0.0.0/24');
    expect(said()).toHaveLength(1);
  });

  it.each([
    [{ count: 0 }, 'count: Invalid value: 0: must be between 1 and 10000, inclusive'],
    [
      { count: 1, template: { cpu: 'four' } },
      `template.cpu: Invalid value: "four": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    ],
    [{ count: 1, template: { pods: -1 } }, 'template.pods: Invalid value: -1: must be greater than or equal to 0'],
  ])('refuses %j', (input, sentence) => {
    const model = new Model();
    const outcome = model.command('addNodes', input);
    expect(outcome.errors?.[0]?.message).toContain(sentence);
    expect(model.view.count(Node)).toBe(0);
  });
});

describe('a node applied as a manifest', () => {
  it('is registered by its kubelet when it has only a name', () => {
    const model = new Model();
    model.create('apiVersion: v1\nkind: Node\nmetadata: {name: lone}');
    const node = nodeNamed(model, 'lone');
    expect(node.status.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message])).toEqual(
      [
        ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
        ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
        ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
        ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
      ],
    );
    expect(node.status.capacity).toMatchObject({ cpu: '4', memory: '16Gi', pods: '110' });
    expect(node.status.addresses?.map(({ type }) => type)).toEqual(['InternalIP', 'Hostname']);
    expect(model.versions.filter(({ kindKey }) => kindKey === 'Node').map(({ type }) => type)).toEqual(['ADDED']);
  });

  it('keeps the status of a dump', () => {
    const model = new Model();
    model.create(`
apiVersion: v1
kind: Node
metadata: {name: dumped, labels: {node-role.kubernetes.io/control-plane: ''}}
spec: {podCIDR: 10.9.9.0/24}
status:
  addresses: [{type: InternalIP, address: 10.1.1.1}]
  capacity: {cpu: 2, memory: 4Gi, pods: 20}
  allocatable: {cpu: 1500m, memory: 3Gi, pods: 20}
  nodeInfo: {kubeletVersion: v1.30.1, osImage: Debian, kernelVersion: 6.1.0, containerRuntimeVersion: containerd://1.7.1}
`);
    const node = nodeNamed(model, 'dumped');
    expect(node.status.allocatable).toMatchObject({ cpu: '1500m', memory: '3Gi' });
    expect(node.spec).toEqual({ podCIDR: '10.9.9.0/24', podCIDRs: ['10.9.9.0/24'] });
    expect(row(model, 'dumped')).toEqual([
      'Ready',
      'control-plane',
      '0s',
      'v1.30.1',
      '10.1.1.1',
      '<none>',
      'Debian',
      '6.1.0',
      'containerd://1.7.1',
    ]);
  });

  it.each([
    ['{key: a b, effect: NoSchedule}', 'spec.taints[0].key: Invalid value: "a b": name part must consist of'],
    ['{key: a, effect: Never}', 'spec.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule"'],
    ['{key: a}', 'spec.taints[0].effect: Required value'],
    [
      '{key: a, effect: NoSchedule}, {key: a, value: x, effect: NoSchedule}',
      'taints must be unique by key and effect pair',
    ],
  ])('is refused with the taints %s', (taints, sentence) => {
    const model = new Model();
    expect(() => model.create(`apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {taints: [${taints}]}`)).toThrow(
      sentence,
    );
  });

  it('keeps the range that it was given', () => {
    const model = new Model();
    model.command('addNodes', { count: 1 });
    model.do((api) => {
      const node = nodeNamed(model, 'node-1');
      const result = api.update({ ...node, spec: { ...node.spec, podCIDRs: ['10.1.0.0/24'] } });
      expect(result).toMatchObject({ ok: false, error: { reason: 'Invalid' } });
    });
  });
});

describe('cordoning', () => {
  it('stops scheduling, shows it, and is no error when repeated', () => {
    const model = new Model();
    model.command('addNodes', { count: 1 });
    expect(model.command('cordonNode', target('node-1')).errors).toBeUndefined();
    expect(row(model, 'node-1')[0]).toBe('Ready,SchedulingDisabled');
    const revision = model.view.revision;
    expect(model.command('cordonNode', target('node-1')).errors).toBeUndefined();
    expect(model.view.revision).toBe(revision);
    model.command('uncordonNode', target('node-1'));
    expect(row(model, 'node-1')[0]).toBe('Ready');
    expect(nodeNamed(model, 'node-1').spec.unschedulable).toBeUndefined();
  });

  it('refuses an unknown node and a stale version', () => {
    const model = new Model();
    model.command('addNodes', { count: 1 });
    expect(model.command('cordonNode', target('nope')).errors?.[0]?.message).toBe('nodes "nope" not found');
    const stale = model.command('cordonNode', { ...target('node-1'), resourceVersion: '1' });
    expect(stale.errors?.[0]?.reason).toBe('Conflict');
  });
});

describe('5,000 nodes', () => {
  it('register once, set no timer, and are left alone by a restart', () => {
    const model = new Model();
    model.command('addNodes', { count: 5000, template: { zones: ['a', 'b', 'c'] } });
    expect(model.view.count(Node)).toBe(5000);
    expect(new Set(model.view.list(Node).map((node) => node.spec.podCIDR)).size).toBe(5000);
    const revision = model.view.revision;
    expect(model.engine.pendingTimers).toBe(0);
    model.run(24 * 3_600_000);
    expect(model.view.list(Node).every((node) => Number(node.metadata.resourceVersion) <= revision)).toBe(true);
    expect(model.restarted().versions).toEqual([]);
  });
});
