import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { CsiDriver } from '../csidriver/types.ts';
import { csiSourceOf } from '../csidriver/queries.ts';
import { claimsByVolume, PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { Pod, podsByClaim } from '../pod/types.ts';
import { StorageClass } from '../storageclass/types.ts';
import { attachmentsByVolume, VolumeAttachment } from '../volumeattachment/types.ts';
import { classOfVolume, PersistentVolume } from './types.ts';

/** The fields of a volume's spec that say where its data lies: the one that is set. */
const SOURCES = [
  'awsElasticBlockStore',
  'azureDisk',
  'azureFile',
  'cephfs',
  'cinder',
  'csi',
  'fc',
  'flexVolume',
  'flocker',
  'gcePersistentDisk',
  'glusterfs',
  'hostPath',
  'iscsi',
  'local',
  'nfs',
  'photonPersistentDisk',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
] as const;

defineKubeType(PersistentVolume, {
  description: 'A piece of storage of the cluster.',
  fields: (t) => ({
    phase: t.string({
      description: '"Pending", "Available", "Bound", "Released" or "Failed".',
      resolve: ({ object }) => object.status.phase,
    }),
    message: t.string({
      nullable: true,
      description: 'Why the volume failed.',
      resolve: ({ object }) => object.status.message,
    }),
    capacity: t.field({
      type: 'Quantity',
      description: 'How large it is.',
      resolve: ({ object }) => object.spec.capacity['storage'] ?? '0',
    }),
    accessModes: t.stringList({
      description: 'How it can be mounted: "ReadWriteOnce" and the like.',
      resolve: ({ object }) => object.spec.accessModes ?? [],
    }),
    volumeMode: t.string({
      description: '"Filesystem" or "Block".',
      resolve: ({ object }) => object.spec.volumeMode ?? 'Filesystem',
    }),
    reclaimPolicy: t.string({
      description: '"Retain", "Delete" or "Recycle".',
      resolve: ({ object }) => object.spec.persistentVolumeReclaimPolicy ?? 'Retain',
    }),
    source: t.string({
      description: 'The field that says where its data lies: "csi", "hostPath".',
      resolve: ({ object }) => SOURCES.find((name) => object.spec[name] !== undefined) ?? '',
    }),
    claim: t.field({
      type: kubeRef(PersistentVolumeClaim),
      nullable: true,
      description: 'The claim it is bound to or kept for.',
      resolve: (handle) => {
        const { claimRef } = handle.object.spec;
        const claim = handle.find(PersistentVolumeClaim, claimRef?.namespace, claimRef?.name);
        return !claimRef?.uid || claim?.object.metadata.uid === claimRef.uid ? claim : null;
      },
    }),
    requestedBy: t.field({
      type: connectionOf(PersistentVolumeClaim),
      description: 'The claims that name it, of which one at most is bound.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, view.by(claimsByVolume, object.metadata.name), args),
    }),
    storageClass: t.field({
      type: kubeRef(StorageClass),
      nullable: true,
      description: 'The class it belongs to.',
      resolve: (handle) => handle.find(StorageClass, undefined, classOfVolume(handle.object)),
    }),
    driver: t.field({
      type: kubeRef(CsiDriver),
      nullable: true,
      description: 'The driver that provides it, if the cluster has an object for it.',
      resolve: (handle) => handle.find(CsiDriver, undefined, csiSourceOf(handle.object)?.driver),
    }),
    attachments: t.field({
      type: connectionOf(VolumeAttachment),
      description: 'The nodes it is attached to, or is to be.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) =>
        paginate(scope, view.by(attachmentsByVolume, object.metadata.name), args),
    }),
    usedBy: t.field({
      type: connectionOf(Pod),
      description: 'The pods that mount its claim.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => {
        const { claimRef } = object.spec;
        const pods = claimRef ? view.by(podsByClaim, `${claimRef.namespace}/${claimRef.name}`) : [];
        return paginate(scope, pods, args);
      },
    }),
  }),
});
