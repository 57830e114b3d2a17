import { describe, expect, it } from 'vitest';
import { persistentVolumeController } from '../../src/controllers/persistent-volume/controller.ts';
import { scheduler } from '../../src/controllers/scheduler/scheduler.ts';
import { PersistentVolume } from '../../src/kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim, SELECTED_NODE } from '../../src/kinds/persistentvolumeclaim/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import { eventsOf, node, nodeOf, pod, podOf, scheduledCondition, schedulerModel } from './support.ts';

const volumesModel = (): Model => schedulerModel({}, [persistentVolumeController, scheduler]);

function storageClass(name: string, rest: object = {}): NewObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    ...rest,
  } as NewObject;
}

function claim(name: string, className: string, spec: object = {}): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: className,
      resources: { requests: { storage: '5Gi' } },
      ...spec,
    },
  };
}

interface VolumeOptions {
  className?: string;
  storage?: string;
  /** The nodes from which it can be reached. */
  nodes?: string[];
  labels?: Record<string, string>;
  driver?: string;
}

function volume(name: string, options: VolumeOptions = {}): NewObject {
  const { className = 'local', storage = '10Gi', nodes, labels, driver } = options;
  const source = driver ? { csi: { driver, volumeHandle: name } } : { hostPath: { path: `/mnt/${name}` } };
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: nodes }];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, ...(labels ? { labels } : {}) },
    spec: {
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      storageClassName: className,
      ...source,
      ...(nodes ? { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } } : {}),
    },
  };
}

function mounting(name: string, claimName: string, spec: object = {}): NewObject {
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName } }];
  return pod(name, { cpu: '100m' }, { volumes, ...spec });
}

function csiNode(name: string, driver: string, count: number): NewObject {
  const drivers = [{ name: driver, nodeID: name, topologyKeys: [], allocatable: { count } }];
  return { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec: { drivers } };
}

const claimOf = (model: Model, name: string) => model.view.get(PersistentVolumeClaim, 'default', name);
const NO_HELP = 'no new claims to deallocate, preemption:';
const notHelpful = (count: number) =>
  `${NO_HELP} 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;

describe('why volumes keep a pod from being placed', () => {
  const zone = (name: string) => ({ labels: { 'topology.kubernetes.io/zone': name } });
  const immediate = storageClass('fast', { volumeBindingMode: 'Immediate' });
  const exclusive = { accessModes: ['ReadWriteOncePod'] };
  const rows: { sentence: string; objects: NewObject[]; message: string }[] = [
    {
      sentence: 'a claim that is not there',
      objects: [node('a'), mounting('web', 'data')],
      message: '0/1 nodes are available: persistentvolumeclaim "data" not found. not found',
    },
    {
      sentence: 'an immediate claim without a volume',
      objects: [node('a'), immediate, claim('data', 'fast'), mounting('web', 'data')],
      message: '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
    },
    {
      sentence: 'an ephemeral volume whose claim has not been made',
      objects: [
        node('a'),
        pod(
          'web',
          {},
          { volumes: [{ name: 'tmp', ephemeral: { volumeClaimTemplate: { spec: claim('x', 'fast')['spec'] } } }] },
        ),
      ],
      message:
        '0/1 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim "web-tmp". not found',
    },
    {
      sentence: 'a bound volume that lies on a full node and cannot be reached from the other',
      objects: [
        node('a', { allocatable: { pods: '0' } }),
        node('b'),
        immediate,
        volume('disk', { className: 'fast', nodes: ['a'] }),
        claim('data', 'fast'),
        mounting('web', 'data'),
      ],
      message: `0/2 nodes are available: 1 Too many pods, 1 node(s) didn't match PersistentVolume's node affinity. ${NO_HELP} 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.`,
    },
    {
      sentence: 'a bound volume of another zone',
      objects: [
        node('a', zone('west')),
        immediate,
        volume('disk', { className: 'fast', ...zone('east') }),
        claim('data', 'fast'),
        mounting('web', 'data'),
      ],
      message: `0/1 nodes are available: 1 node(s) had no available volume zone. ${notHelpful(1)}`,
    },
    {
      sentence: 'a waiting claim for which there is no volume on any node',
      objects: [node('a'), storageClass('local'), claim('data', 'local'), mounting('web', 'data')],
      message: `0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind. ${notHelpful(1)}`,
    },
    {
      sentence: 'a waiting claim whose class makes volumes elsewhere only',
      objects: [
        node('a', zone('west')),
        storageClass('cloud', {
          provisioner: 'ebs.csi.aws.com',
          allowedTopologies: [{ matchLabelExpressions: [{ key: 'topology.kubernetes.io/zone', values: ['east'] }] }],
        }),
        claim('data', 'cloud'),
        mounting('web', 'data'),
      ],
      message: `0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind. ${notHelpful(1)}`,
    },
    {
      sentence: 'a claim for one pod that another pod has',
      objects: [
        node('a'),
        immediate,
        {
          ...volume('disk', { className: 'fast' }),
          spec: { ...(volume('disk', { className: 'fast' })['spec'] as object), ...exclusive },
        },
        claim('data', 'fast', exclusive),
        mounting('first', 'data', { nodeName: 'a' }),
        mounting('web', 'data'),
      ],
      message: `0/1 nodes are available: 1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod. ${NO_HELP} 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
    },
    {
      sentence: 'as many volumes as the node can attach',
      objects: [
        node('a'),
        csiNode('a', 'disk.example.com', 1),
        immediate,
        volume('one', { className: 'fast', driver: 'disk.example.com' }),
        volume('two', { className: 'fast', driver: 'disk.example.com' }),
        claim('first', 'fast'),
        claim('data', 'fast'),
        mounting('first', 'first', { nodeName: 'a' }),
        mounting('web', 'data'),
      ],
      message: `0/1 nodes are available: 1 node(s) exceed max volume count. ${NO_HELP} 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
    },
  ];

  it.each(rows)('$sentence', ({ objects, message }) => {
    const model = volumesModel();
    for (const object of objects) model.create(object);
    expect(scheduledCondition(model, 'web')).toBe(`Unschedulable: ${message}`);
  });
});

describe('a claim that waits for its first consumer', () => {
  it('gets the smallest volume that suits on the node of the pod', () => {
    const model = volumesModel();
    model.create(node('a'), storageClass('local'), claim('data', 'local'));
    model.create(volume('large', { nodes: ['a'] }), volume('small', { nodes: ['a'], storage: '6Gi' }));
    model.create(volume('tiny', { nodes: ['a'], storage: '1Gi' }), volume('away', { nodes: ['b'], storage: '5Gi' }));
    expect(claimOf(model, 'data')?.status.phase).toBe('Pending');
    model.create(mounting('web', 'data'));
    expect(nodeOf(model, 'web')).toBe('a');
    expect(claimOf(model, 'data')?.spec.volumeName).toBe('small');
    expect(claimOf(model, 'data')?.status.phase).toBe('Bound');
  });

  it('decides the node of the pod by where there are volumes', () => {
    const model = volumesModel();
    for (const name of ['a', 'b', 'c', 'd']) model.create(node(name));
    model.create(storageClass('local'), volume('disk', { nodes: ['c'] }), claim('data', 'local'));
    model.create(mounting('web', 'data'));
    expect(nodeOf(model, 'web')).toBe('c');
  });

  it('leaves a volume to one of two pods', () => {
    const model = volumesModel();
    model.create(node('a'), storageClass('local'), volume('disk', { nodes: ['a'] }));
    model.create(claim('one', 'local'), claim('two', 'local'), mounting('first', 'one'), mounting('second', 'two'));
    expect(nodeOf(model, 'first')).toBe('a');
    expect(nodeOf(model, 'second')).toBeUndefined();
    model.create(volume('spare', { nodes: ['a'] }));
    expect(nodeOf(model, 'second')).toBe('a');
  });

  it('names the node to the provisioner, and the pod waits for the volume with its place kept', () => {
    const model = volumesModel();
    model.create(node('a'), storageClass('cloud', { provisioner: 'ebs.csi.aws.com' }), claim('data', 'cloud'));
    model.create(mounting('web', 'data'));
    expect(claimOf(model, 'data')?.metadata.annotations?.[SELECTED_NODE]).toBe('a');
    expect(podOf(model, 'web').spec.nodeName).toBeUndefined();
    expect(podOf(model, 'web').status.nominatedNodeName).toBe('a');
    expect(eventsOf(model, 'web')).toEqual([]);
    model.runUntil(() => nodeOf(model, 'web') !== undefined, 60_000);
    expect(nodeOf(model, 'web')).toBe('a');
    expect(podOf(model, 'web').status.nominatedNodeName).toBeUndefined();
    expect(eventsOf(model, 'web')).toEqual(['Scheduled x1: Successfully assigned default/web to a']);
    expect(model.view.list(PersistentVolume)).toHaveLength(1);
  });

  it('is given up after ten minutes when nobody makes the volume', () => {
    const model = volumesModel();
    model.create(node('a'), storageClass('own', { provisioner: 'example.com/nobody' }), claim('data', 'own'));
    model.create(mounting('web', 'data'));
    model.run(599_000);
    expect(eventsOf(model, 'web')).toEqual([]);
    model.run(2000);
    expect(eventsOf(model, 'web')).toEqual([
      'FailedScheduling x1: running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
    ]);
    expect(scheduledCondition(model, 'web')).toMatch(/^SchedulerError: /);
  });

  it('goes on where it stood after a restart', () => {
    const model = volumesModel();
    model.create(node('a'), storageClass('cloud', { provisioner: 'ebs.csi.aws.com' }), claim('data', 'cloud'));
    model.create(mounting('web', 'data'));
    model.run(1000);
    const restarted = model.restarted();
    expect(restarted.versions).toEqual([]);
    restarted.runUntil(() => nodeOf(restarted, 'web') !== undefined, 60_000);
    model.runUntil(() => nodeOf(model, 'web') !== undefined, 60_000);
    expect(restarted.elapsed).toBe(model.elapsed);
  });
});

describe('pods that wait for volumes are tried again', () => {
  it('when the claim comes that they name', () => {
    const model = volumesModel();
    model.create(node('a'), storageClass('local'), volume('disk', { nodes: ['a'] }), mounting('web', 'data'));
    expect(nodeOf(model, 'web')).toBeUndefined();
    model.create(claim('data', 'local'));
    expect(nodeOf(model, 'web')).toBe('a');
  });

  it('when the pod goes that had a claim for one pod', () => {
    const model = volumesModel();
    const exclusive = { accessModes: ['ReadWriteOncePod'] };
    const disk = volume('disk', { className: 'fast' });
    model.create(node('a'), storageClass('fast', { volumeBindingMode: 'Immediate' }));
    model.create({ ...disk, spec: { ...(disk['spec'] as object), ...exclusive } }, claim('data', 'fast', exclusive));
    model.create(
      mounting('first', 'data', { nodeName: 'a', terminationGracePeriodSeconds: 0 }),
      mounting('web', 'data'),
    );
    expect(nodeOf(model, 'web')).toBeUndefined();
    model.do((api) => api.delete(podOf(model, 'first'), { gracePeriodSeconds: 0 }));
    expect(nodeOf(model, 'web')).toBe('a');
  });
});
