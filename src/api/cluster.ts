import type { AnyDefinition } from '../machinery/definition.ts';
import type { Kind } from '../machinery/kind.ts';
import { stateHash } from '../views/state-hash.ts';
import { builder } from './builder.ts';
import { listFieldOf } from './catalog.ts';
import { ClusterSource, ClusterType, liveScope } from './cluster-source.ts';
import { BY_KIND, pageArgs, paginate } from './connections.ts';
import { Handle } from './handle.ts';
import { definedTypes } from './kube-object.ts';
import { NodeInterface } from './node-interface.ts';
import { candidates, filterPredicate, ObjectFilter, objectsOfKind } from './object-filter.ts';
import { connectionOf, KubeObjectConnection, KubeObjectInterface } from './refs.ts';

ClusterType.implement({
  description: 'A modelled Kubernetes cluster at one revision.',
  interfaces: [NodeInterface],
  isTypeOf: (source) => source instanceof ClusterSource,
  fields: (t) => ({
    id: t.id({ resolve: (cluster) => cluster.id }),
    name: t.string({ resolve: ({ scope }) => scope.view.cluster }),
    seed: t.string({ resolve: ({ scope }) => scope.view.seed }),
    revision: t.field({
      type: 'Revision',
      description: 'Grows with every change. Watch from here: list, then watch, no gap.',
      resolve: ({ scope }) => scope.view.revision,
    }),
    stateHash: t.string({
      description: 'The same seed and the same commands give the same hash.',
      resolve: ({ scope }) => stateHash(scope.view),
    }),
    parent: t.field({
      type: ClusterType,
      nullable: true,
      description: 'The cluster it was forked from, as long as that is there.',
      resolve: ({ scope }, _args, { clusters }) => {
        const parent = scope.replica?.record.parent;
        const replica = parent === undefined ? undefined : clusters.get(parent);
        return replica ? new ClusterSource(liveScope(replica)) : null;
      },
    }),
    forkedAt: t.field({ type: 'Revision', nullable: true, resolve: ({ scope }) => scope.replica?.record.forkedAt }),
    forks: t.field({
      type: [ClusterType],
      resolve: ({ scope }, _args, { clusters }) =>
        clusters
          .list()
          .filter(({ record }) => record.parent === scope.view.cluster)
          .map((replica) => new ClusterSource(liveScope(replica))),
    }),
    oldestRevision: t.field({
      type: 'Revision',
      description: 'The oldest revision that `at` and `since` still reach.',
      resolve: ({ scope }) => scope.replica?.oldestRevision ?? scope.view.revision,
    }),
    object: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'One object by kind (as kubectl takes it), namespace and name.',
      args: {
        kind: t.arg.string({ required: true }),
        namespace: t.arg.string(),
        name: t.arg.string({ required: true }),
      },
      resolve: ({ scope }, { kind: word, namespace, name }, { catalog }) => {
        const key = catalog.keyOfWord(word, scope.view);
        const kind = catalog.kind(key, scope.view);
        const place = kind?.namespaced === false ? undefined : (namespace ?? (kind ? 'default' : undefined));
        const object = scope.view.listKey(key, place).find(({ metadata }) => metadata.name === name);
        return object ? new Handle(scope, object) : null;
      },
    }),
    objects: t.field({
      type: KubeObjectConnection,
      args: { filter: t.arg({ type: ObjectFilter }), ...pageArgs() },
      resolve: ({ scope }, args, { catalog }) =>
        paginate(scope, candidates(args.filter, scope, catalog), args, {
          order: BY_KIND,
          matches: filterPredicate(args.filter, scope, catalog),
        }),
    }),
  }),
});

/** Adds the list of every kind to `Cluster`: `deployments(filter, first, after)`. */
export function addKindLists(definitions: readonly AnyDefinition[]): void {
  for (const { kind } of definitions) {
    if (definedTypes().get(kind.key)?.listed !== false) addKindList(kind as Kind);
  }
}

function addKindList(kind: Kind): void {
  builder.objectField(ClusterType, listFieldOf(kind), (t) =>
    t.field({
      type: connectionOf(kind),
      args: { filter: t.arg({ type: ObjectFilter }), ...pageArgs() },
      resolve: ({ scope }, args, { catalog }) =>
        paginate(scope, objectsOfKind(scope, kind.key, args.filter?.namespaces), args, {
          matches: filterPredicate(args.filter, scope, catalog, kind),
        }),
    }),
  );
}
