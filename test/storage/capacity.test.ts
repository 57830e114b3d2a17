import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';
import { claim, claimOf, mounting, node, podOf, storageClass } from './support.ts';

const WAITS = { volumeBindingMode: 'WaitForFirstConsumer' };
const ZONE = 'topology.kubernetes.io/zone';

const of = (className: string) => ({ storageClassName: className });

describe('storage that a driver says it has', () => {
  const driver = (storageCapacity: boolean) =>
    ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: 'ebs.csi.aws.com' },
      spec: { storageCapacity },
    }) as NewObject;
  const capacity = (name: string, fields: object) =>
    ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIStorageCapacity',
      metadata: { name, namespace: 'default' },
      storageClassName: 'late',
      nodeTopology: {},
      ...fields,
    }) as NewObject;
  const why = (model: Model) => podOf(model, 'web').status.conditions?.[0]?.message ?? '';
  const rows: { sentence: string; objects: NewObject[]; fits: boolean }[] = [
    { sentence: 'is not asked of one that publishes none', objects: [driver(false)], fits: true },
    { sentence: 'is none where nothing is published', objects: [driver(true)], fits: false },
    { sentence: 'is enough', objects: [driver(true), capacity('x', { capacity: '5Gi' })], fits: true },
    { sentence: 'is too little', objects: [driver(true), capacity('x', { capacity: '4Gi' })], fits: false },
    {
      sentence: 'counts up to the size of one volume',
      objects: [driver(true), capacity('x', { capacity: '90Gi', maximumVolumeSize: '4Gi' })],
      fits: false,
    },
    {
      sentence: 'is elsewhere',
      objects: [driver(true), capacity('x', { capacity: '9Gi', nodeTopology: { matchLabels: { [ZONE]: 'b' } } })],
      fits: false,
    },
    {
      sentence: 'is unknown where',
      objects: [driver(true), capacity('x', { capacity: '9Gi', nodeTopology: null })],
      fits: false,
    },
    {
      sentence: 'is that of another class',
      objects: [driver(true), capacity('x', { capacity: '9Gi', storageClassName: 'other' })],
      fits: false,
    },
  ];

  it.each(rows)('$sentence', ({ objects, fits }) => {
    const model = new Model();
    model.create(node('a'), storageClass('late', WAITS), ...objects);
    model.create(claim('c', '5Gi', of('late')), mounting('web', 'c'));
    expect(why(model).includes('1 node(s) did not have enough free storage')).toBe(!fits);
    model.run(3000);
    expect(claimOf(model, 'c').status.phase).toBe(fits ? 'Bound' : 'Pending');
  });

  it('lets a pod go on when it appears', () => {
    const model = new Model();
    model.create(node('a'), storageClass('late', WAITS), driver(true));
    model.create(claim('c', '5Gi', of('late')), mounting('web', 'c'));
    model.create(capacity('x', { capacity: '5Gi' }));
    model.run(20_000);
    expect(podOf(model, 'web').spec.nodeName).toBe('a');
  });
});
