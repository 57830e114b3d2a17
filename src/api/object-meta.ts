import type { OwnerReference } from '../machinery/object.ts';
import { builder } from './builder.ts';
import type { Handle } from './handle.ts';
import { publicAnnotations } from './public-object.ts';
import { mayReadAll } from './viewer.ts';

const OwnerReferenceType = builder.objectRef<OwnerReference>('OwnerReference').implement({
  description: 'A reference to an owner, as it stands in the object; it may name what is gone.',
  fields: (t) => ({
    apiVersion: t.exposeString('apiVersion'),
    kind: t.exposeString('kind'),
    name: t.exposeString('name'),
    uid: t.exposeID('uid'),
    controller: t.boolean({ resolve: ({ controller }) => controller ?? false }),
  }),
});

export const ObjectMetaType = builder.objectRef<Handle>('ObjectMeta').implement({
  description: "An object's metadata.",
  fields: (t) => ({
    name: t.string({ resolve: ({ object }) => object.metadata.name }),
    namespace: t.string({ nullable: true, resolve: ({ object }) => object.metadata.namespace }),
    uid: t.id({ resolve: ({ object }) => object.metadata.uid }),
    labels: t.field({ type: 'StringMap', resolve: ({ object }) => object.metadata.labels ?? {} }),
    annotations: t.field({
      type: 'StringMap',
      resolve: (handle, _args, context) => publicAnnotations(handle.object, mayReadAll(context, handle)),
    }),
    generation: t.int({
      description: 'Counts changes of the spec; 0 for kinds that do not count.',
      resolve: ({ object }) => object.metadata.generation ?? 0,
    }),
    resourceVersion: t.field({ type: 'Revision', resolve: ({ object }) => object.metadata.resourceVersion }),
    creationTimestamp: t.field({ type: 'DateTime', resolve: ({ object }) => object.metadata.creationTimestamp }),
    deletionTimestamp: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ object }) => object.metadata.deletionTimestamp,
    }),
    finalizers: t.stringList({ resolve: ({ object }) => object.metadata.finalizers ?? [] }),
    ownerReferences: t.field({
      type: [OwnerReferenceType],
      resolve: ({ object }) => object.metadata.ownerReferences ?? [],
    }),
  }),
});
