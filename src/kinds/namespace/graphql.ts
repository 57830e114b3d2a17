import { BY_KIND, pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { candidates, filterPredicate, ObjectFilter } from '../../api/object-filter.ts';
import { KubeObjectConnection } from '../../api/refs.ts';
import { Namespace } from './types.ts';

defineKubeType(Namespace, {
  description: 'A logical isolation of most kinds of objects.',
  fields: (t) => ({
    phase: t.string({ description: '"Active" or "Terminating".', resolve: ({ object }) => object.status.phase }),
    objects: t.field({
      type: KubeObjectConnection,
      description: 'Everything in it.',
      args: { filter: t.arg({ type: ObjectFilter }), ...pageArgs() },
      resolve: ({ scope, object }, args, { catalog }) => {
        const filter = { ...args.filter, namespaces: [object.metadata.name] };
        return paginate(scope, candidates(filter, scope, catalog), args, {
          order: BY_KIND,
          matches: filterPredicate(filter, scope, catalog),
        });
      },
    }),
  }),
});
