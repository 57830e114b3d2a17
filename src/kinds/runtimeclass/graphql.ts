import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { ResourcesType } from '../../api/resources.ts';
import { Pod, podClassKey, podsByClass } from '../pod/types.ts';
import { RuntimeClass } from './types.ts';

defineKubeType(RuntimeClass, {
  description: 'The container runtime that pods ask for, what it takes for itself, and the nodes that have it.',
  fields: (t) => ({
    handler: t.string({
      description: 'What the runtime is called in the configuration of nodes.',
      resolve: ({ object }) => object.handler,
    }),
    overhead: t.field({
      type: ResourcesType,
      nullable: true,
      description: 'What the runtime takes for each pod beside its containers; null where nothing is said.',
      resolve: ({ object }) => object.overhead?.podFixed,
    }),
    nodeSelector: t.field({
      type: 'StringMap',
      description: 'Labels of the nodes that have it; its pods get them in their own node selector.',
      resolve: ({ object }) => object.scheduling?.nodeSelector ?? {},
    }),
    pods: t.field({
      type: connectionOf(Pod),
      description: 'The pods that name it.',
      args: { filter: t.arg({ type: PodFilter, description: 'Only pods that match.' }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) =>
        paginate(scope, view.by(podsByClass, podClassKey('RuntimeClass', object.metadata.name)), args, {
          matches: podPredicate(args.filter, scope, catalog),
        }),
    }),
  }),
});

builder.objectFields(kubeRef(Pod), (t) => ({
  runtimeClass: t.field({
    type: kubeRef(RuntimeClass),
    nullable: true,
    description: 'The runtime it asks for; null where it names none, or the class is gone.',
    resolve: (handle) => handle.find(RuntimeClass, undefined, handle.object.spec.runtimeClassName ?? undefined),
  }),
  overhead: t.field({
    type: ResourcesType,
    nullable: true,
    description: 'What its runtime takes beside its containers.',
    resolve: ({ object }) => object.spec.overhead,
  }),
}));
