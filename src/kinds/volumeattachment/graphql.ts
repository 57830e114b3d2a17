import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { CsiDriver } from '../csidriver/types.ts';
import { Node } from '../node/types.ts';
import { PersistentVolume } from '../persistentvolume/types.ts';
import { attachmentsByNode, VolumeAttachment } from './types.ts';

defineKubeType(VolumeAttachment, {
  description: 'A volume that is attached to a node, or is to be.',
  fields: (t) => ({
    attacher: t.string({ description: 'The driver that attaches it.', resolve: ({ object }) => object.spec.attacher }),
    attached: t.boolean({
      description: 'Whether it is attached.',
      resolve: ({ object }) => object.status?.attached ?? false,
    }),
    attachError: t.string({
      nullable: true,
      description: 'What the driver answered when attaching failed last.',
      resolve: ({ object }) => object.status?.attachError?.message,
    }),
    detachError: t.string({
      nullable: true,
      description: 'What the driver answered when detaching failed last.',
      resolve: ({ object }) => object.status?.detachError?.message,
    }),
    detachRequestedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Since when no pod of the node wants the volume though the node still has it mounted. Six minutes later it is taken from a node that is not healthy.',
      resolve: ({ object }) => object.runtime?.detachRequestedMs,
    }),
    node: t.field({
      type: kubeRef(Node),
      nullable: true,
      description: 'The node it is attached to.',
      resolve: (handle) => handle.find(Node, undefined, handle.object.spec.nodeName),
    }),
    volume: t.field({
      type: kubeRef(PersistentVolume),
      nullable: true,
      description: 'The volume.',
      resolve: (handle) => handle.find(PersistentVolume, undefined, handle.object.spec.source?.persistentVolumeName),
    }),
    driver: t.field({
      type: kubeRef(CsiDriver),
      nullable: true,
      description: 'The object of the driver, if the cluster has one.',
      resolve: (handle) => handle.find(CsiDriver, undefined, handle.object.spec.attacher),
    }),
  }),
});

builder.objectField(kubeRef(Node), 'volumeAttachments', (t) =>
  t.field({
    type: connectionOf(VolumeAttachment),
    description: 'The volumes that are attached to it, or are to be.',
    args: pageArgs(),
    resolve: ({ scope, view, object }, args) => paginate(scope, view.by(attachmentsByNode, object.metadata.name), args),
  }),
);

builder.objectField(kubeRef(Node), 'volumesInUse', (t) =>
  t.stringList({
    description: 'The attachable volumes that its kubelet uses, by the names it gives them.',
    extensions: { listSize: 1000 },
    resolve: ({ object }) => object.status.volumesInUse ?? [],
  }),
);
