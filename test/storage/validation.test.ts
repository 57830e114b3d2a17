import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import { StorageClass } from '../../src/kinds/storageclass/types.ts';
import { Model } from '../support/model.ts';
import { claim, claimOf, storageClass, update, volume, volumeOf } from './support.ts';

function refusal(object: NewObject): string {
  let message = '';
  new Model().do((api) => {
    const created = api.create(object);
    message = created.ok ? '' : created.error.message;
  });
  return message;
}

const source = (spec: object) => volume('v', '1Gi', { hostPath: undefined, ...spec });
const names = ['"ReadOnlyMany"', '"ReadWriteMany"', '"ReadWriteOnce"', '"ReadWriteOncePod"'].join(', ');

describe('what is refused', () => {
  const rows: { sentence: string; object: NewObject; says: string }[] = [
    {
      sentence: 'a volume without access modes',
      object: volume('v', '1Gi', { accessModes: [] }),
      says: 'spec.accessModes: Required value',
    },
    {
      sentence: 'a claim without access modes',
      object: claim('c', '1Gi', { accessModes: [] }),
      says: 'spec.accessModes: Required value: at least 1 access mode is required',
    },
    {
      sentence: 'an access mode that there is not',
      object: claim('c', '1Gi', { accessModes: ['ReadMany'] }),
      says: `spec.accessModes: Unsupported value: "ReadMany": supported values: ${names}`,
    },
    {
      sentence: 'ReadWriteOncePod with another mode',
      object: claim('c', '1Gi', { accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] }),
      says: 'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
    },
    {
      sentence: 'a volume without capacity',
      object: volume('v', '1Gi', { capacity: {} }),
      says: 'spec.capacity: Required value',
    },
    {
      sentence: 'a volume of no size',
      object: volume('v', '0'),
      says: 'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
    },
    {
      sentence: 'a claim that asks for no size',
      object: claim('c', '1Gi', { resources: {} }),
      says: 'spec.resources[storage]: Required value',
    },
    {
      sentence: 'a volume that lies nowhere',
      object: source({}),
      says: 'spec: Required value: must specify a volume type',
    },
    {
      sentence: 'a volume that lies in two places',
      object: volume('v', '1Gi', { csi: { driver: 'd', volumeHandle: 'h' } }),
      says: 'Forbidden: may not specify more than 1 volume type',
    },
    {
      sentence: 'a CSI volume without a handle',
      object: source({ csi: { driver: 'd', volumeHandle: '' } }),
      says: 'spec.csi.volumeHandle: Required value',
    },
    {
      sentence: 'an NFS volume with a relative path',
      object: source({ nfs: { server: 's', path: 'data' } }),
      says: 'spec.nfs.path: Invalid value: "data": must be an absolute path',
    },
    {
      sentence: 'a local volume that says not on which node',
      object: source({ local: { path: '/mnt' } }),
      says: 'spec.nodeAffinity: Required value: Local volume requires node affinity',
    },
    {
      sentence: 'a path that goes up',
      object: volume('v', '1Gi', { hostPath: { path: '/a/../b' } }),
      says: `spec.hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
    },
    {
      sentence: 'a volume that recycles the whole host',
      object: volume('v', '1Gi', { hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' }),
      says: "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    },
    {
      sentence: 'a reclaim policy that there is not',
      object: volume('v', '1Gi', { persistentVolumeReclaimPolicy: 'Burn' }),
      says: 'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
    },
    {
      sentence: 'a volume mode that there is not',
      object: volume('v', '1Gi', { volumeMode: 'Tape' }),
      says: 'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
    },
    {
      sentence: 'a class with a name that is none',
      object: claim('c', '1Gi', { storageClassName: 'Fast!' }),
      says: 'spec.storageClassName: Invalid value: "Fast!": a lowercase RFC 1123 subdomain must consist of',
    },
    {
      sentence: 'a copy of something that is no claim',
      object: claim('c', '1Gi', { dataSource: { kind: 'Pod', name: 'p' } }),
      says: `spec.dataSource: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
    },
    {
      sentence: 'a class without provisioner',
      object: storageClass('s', { provisioner: '' }),
      says: 'provisioner: Required value',
    },
    {
      sentence: 'a class that recycles',
      object: storageClass('s', { reclaimPolicy: 'Recycle' }),
      says: 'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
    },
    {
      sentence: 'a topology without values',
      object: storageClass('s', { allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: [] }] }] }),
      says: 'allowedTopologies[0].matchLabelExpressions[0].values: Required value',
    },
    {
      sentence: 'an attachment of nothing',
      object: {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'VolumeAttachment',
        metadata: { name: 'a' },
        spec: { attacher: 'd', nodeName: 'n', source: {} },
      },
      says: 'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
    },
    {
      sentence: 'a node with one driver twice',
      object: {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'CSINode',
        metadata: { name: 'n' },
        spec: {
          drivers: [
            { name: 'd', nodeID: '1' },
            { name: 'd', nodeID: '2' },
          ],
        },
      },
      says: 'spec.drivers[1].name: Duplicate value: "d"',
    },
  ];

  it.each(rows)('$sentence', ({ object, says }) => {
    expect(refusal(object)).toContain(says);
  });
});

describe('what may not change', () => {
  it('of a volume: where it lies, how, and from where it can be reached', () => {
    const model = new Model();
    const affinity = (zone: string) => ({
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] },
    });
    model.create(volume('v', '1Gi', { nodeAffinity: affinity('a') }));
    const change = (spec: object) =>
      update(model, { ...volumeOf(model, 'v'), spec: { ...volumeOf(model, 'v').spec, ...spec } });
    expect(change({ hostPath: { path: '/other' } })).toContain(
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    );
    expect(change({ volumeMode: 'Block' })).toContain('volumeMode: Invalid value: "Block": field is immutable');
    expect(change({ nodeAffinity: affinity('b') })).toContain('field is immutable');
    expect(change({ persistentVolumeReclaimPolicy: 'Delete', capacity: { storage: '2Gi' } })).toBe('');
  });

  it('of a claim: all but its size, when it is bound, and a class that it has not', () => {
    const model = new Model();
    model.create(claim('c', '1Gi'));
    const change = (spec: object) =>
      update(model, { ...claimOf(model, 'c'), spec: { ...claimOf(model, 'c').spec, ...spec } });
    const immutable =
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    expect(change({ resources: { requests: { storage: '2Gi' } } })).toContain(immutable);
    expect(change({ accessModes: ['ReadWriteMany'] })).toContain(immutable);
    expect(change({ storageClassName: 'fast' })).toBe('');
    expect(change({ storageClassName: 'slow' })).toContain(immutable);
  });

  it('of a class: who makes its volumes, and how', () => {
    const model = new Model();
    model.create(storageClass('s', { parameters: { type: 'a' } }));
    const change = (fields: object) => {
      const current = model.view.get(StorageClass, undefined, 's')!;
      return update(model, { ...current, ...fields });
    };
    expect(change({ parameters: { type: 'b' } })).toContain(
      'parameters: Forbidden: updates to parameters are forbidden.',
    );
    expect(change({ provisioner: 'other' })).toContain('provisioner: Forbidden: updates to provisioner are forbidden.');
    expect(change({ reclaimPolicy: 'Retain' })).toContain(
      'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
    );
    expect(change({ volumeBindingMode: 'WaitForFirstConsumer' })).toContain(
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    );
    expect(change({ allowVolumeExpansion: true })).toBe('');
  });
});
