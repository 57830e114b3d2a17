import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf } from '../../api/refs.ts';
import { StorageClass } from '../storageclass/types.ts';
import { driverOf, isSimulated } from './queries.ts';
import { CsiDriver } from './types.ts';

defineKubeType(CsiDriver, {
  description: 'What the control plane must know of a driver of volumes.',
  fields: (t) => ({
    attachRequired: t.boolean({
      description: 'Whether its volumes are attached to nodes before they are mounted.',
      resolve: ({ object }) => object.spec.attachRequired ?? true,
    }),
    storageCapacity: t.boolean({
      description: 'Whether it says how much storage there is, and the scheduler heeds it.',
      resolve: ({ object }) => object.spec.storageCapacity ?? false,
    }),
    simulated: t.boolean({
      description: 'Whether the model does its work. The volumes of others are waited for.',
      resolve: ({ object }) => isSimulated(object.metadata.name),
    }),
    storageClasses: t.field({
      type: connectionOf(StorageClass),
      description: 'The classes whose volumes it makes.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) =>
        paginate(scope, view.list(StorageClass), args, {
          matches: ({ provisioner }) => driverOf(provisioner) === object.metadata.name,
        }),
    }),
  }),
});
