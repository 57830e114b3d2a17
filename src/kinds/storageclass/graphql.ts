import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { driverOf } from '../csidriver/queries.ts';
import { CsiDriver } from '../csidriver/types.ts';
import { capacitiesByClass, CsiStorageCapacity } from '../csistoragecapacity/types.ts';
import { PersistentVolume, volumesByClass } from '../persistentvolume/types.ts';
import { claimsByClass, PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { isDefaultClass, StorageClass } from './types.ts';

type Term = NonNullable<StorageClass['allowedTopologies']>[number];
type Requirement = NonNullable<Term['matchLabelExpressions']>[number];

const TopologyRequirement = builder.objectRef<Requirement>('TopologySelectorLabelRequirement').implement({
  description: 'A label that a node must have, with one of these values.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'The name of the label.' }),
    values: t.stringList({ description: 'The values it may have.', resolve: ({ values }) => values }),
  }),
});

const TopologyTerm = builder.objectRef<Term>('TopologySelectorTerm').implement({
  description: 'Nodes that meet all of these requirements.',
  fields: (t) => ({
    matchLabelExpressions: t.field({
      type: [TopologyRequirement],
      description: 'The requirements.',
      resolve: ({ matchLabelExpressions }) => matchLabelExpressions ?? [],
    }),
  }),
});

defineKubeType(StorageClass, {
  description: 'How volumes are made for claims that name it.',
  fields: (t) => ({
    provisioner: t.string({ description: 'Who makes them.', resolve: ({ object }) => object.provisioner }),
    parameters: t.field({
      type: 'StringMap',
      description: 'What the provisioner is told.',
      resolve: ({ object }) => object.parameters ?? {},
    }),
    reclaimPolicy: t.string({
      description: 'What becomes of a volume whose claim is gone: "Delete" or "Retain".',
      resolve: ({ object }) => object.reclaimPolicy,
    }),
    volumeBindingMode: t.string({
      description: '"Immediate" or "WaitForFirstConsumer".',
      resolve: ({ object }) => object.volumeBindingMode,
    }),
    allowVolumeExpansion: t.boolean({
      description: 'Whether claims may grow.',
      resolve: ({ object }) => object.allowVolumeExpansion ?? false,
    }),
    allowedTopologies: t.field({
      type: [TopologyTerm],
      description: 'Where volumes may lie: on the nodes of one of these terms. None: anywhere.',
      resolve: ({ object }) => object.allowedTopologies ?? [],
    }),
    mountOptions: t.stringList({
      description: 'The options its volumes are mounted with.',
      resolve: ({ object }) => object.mountOptions ?? [],
    }),
    isDefault: t.boolean({
      description: 'Whether claims that say nothing of a class get this one.',
      resolve: ({ object }) => isDefaultClass(object),
    }),
    driver: t.field({
      type: kubeRef(CsiDriver),
      nullable: true,
      description: 'The object of its driver, if the cluster has one.',
      resolve: (handle) => handle.find(CsiDriver, undefined, driverOf(handle.object.provisioner)),
    }),
    volumes: t.field({
      type: connectionOf(PersistentVolume),
      description: 'The volumes that belong to it.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, view.by(volumesByClass, object.metadata.name), args),
    }),
    claims: t.field({
      type: connectionOf(PersistentVolumeClaim),
      description: 'The claims that ask for it.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, view.by(claimsByClass, object.metadata.name), args),
    }),
    capacities: t.field({
      type: connectionOf(CsiStorageCapacity),
      description: 'How much storage its driver says there is, by sets of nodes.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) =>
        paginate(scope, view.by(capacitiesByClass, object.metadata.name), args),
    }),
  }),
});
