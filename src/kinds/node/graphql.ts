import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation } from '../../api/mutations.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import { requestedBy } from '../../api/pod-requests.ts';
import { connectionOf } from '../../api/refs.ts';
import { resourceMap, ResourcesType } from '../../api/resources.ts';
import { Pod, podsByNode } from '../pod/types.ts';
import { isNodeReady } from './queries.ts';
import { Node, type Taint } from './types.ts';

const TaintType = builder.objectRef<Taint>('Taint').implement({
  description: 'Keeps away the pods that do not tolerate it.',
  fields: (t) => ({
    key: t.exposeString('key'),
    value: t.exposeString('value', { nullable: true }),
    effect: t.exposeString('effect'),
  }),
});

defineKubeType(Node, {
  description: 'A machine of the cluster.',
  fields: (t) => ({
    unschedulable: t.boolean({ description: 'Cordoned.', resolve: ({ object }) => object.spec.unschedulable ?? false }),
    taints: t.field({ type: [TaintType], resolve: ({ object }) => object.spec.taints ?? [] }),
    capacity: t.field({ type: ResourcesType, resolve: ({ object }) => object.status.capacity ?? {} }),
    allocatable: t.field({ type: ResourcesType, resolve: ({ object }) => object.status.allocatable ?? {} }),
    requested: t.field({
      type: ResourcesType,
      description: 'What the pods on it ask for together.',
      resolve: ({ view, object }) => resourceMap(requestedBy(view.by(podsByNode, object.metadata.name))),
    }),
    ready: t.boolean({ resolve: ({ object }) => isNodeReady(object) }),
    pods: t.field({
      type: connectionOf(Pod),
      args: { filter: t.arg({ type: PodFilter }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) =>
        paginate(scope, view.by(podsByNode, object.metadata.name), args, {
          matches: podPredicate(args.filter, scope, catalog),
        }),
    }),
  }),
});

defineMutation({ name: 'cordonNode', description: 'kubectl cordon: no new pods here.', kind: Node });
defineMutation({ name: 'uncordonNode', description: 'kubectl uncordon.', kind: Node });
