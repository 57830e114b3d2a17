import { KUBERNETES_VERSION } from '../machinery/settings.ts';
import type { At, ClusterReplica } from '../machinery/ports.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';
import { ClusterSource, ClusterType, liveScope } from './cluster-source.ts';
import { MAX_PAGE_SIZE } from './connections.ts';
import type { ApiContext } from './context.ts';
import { decodeId } from './global-id.ts';
import { QUERY_LIMITS } from './limits.ts';
import { Handle, type Scope } from './handle.ts';
import { NodeInterface, type NodeSource } from './node-interface.ts';

export const AtInput = builder.inputType('At', {
  description: 'A moment of the past: of everything below, too.',
  isOneOf: true,
  fields: (t) => ({
    revision: t.field({ type: 'Revision' }),
    time: t.field({ type: 'DateTime', description: 'The state as it stood at this simulated time.' }),
  }),
});

/** The scope of a cluster, live or as it was. A moment that cannot be read is a bad input. */
export async function scopeAt(replica: ClusterReplica, at: typeof AtInput.$inferInput): Promise<Scope> {
  const moment = at as At;
  const view = await replica.at(moment);
  const text = 'revision' in moment ? `revision ${moment.revision}` : `time ${new Date(moment.time).toISOString()}`;
  if (view === 'expired') {
    throw badInput(`${text} was compacted; the oldest revision is ${replica.oldestRevision}`, 'EXPIRED');
  }
  if (view === 'future')
    throw badInput(`${text} has not happened yet; the newest revision is ${replica.view.revision}`);
  return { view, replica, pinned: view.revision };
}

NodeInterface.implement({
  description: 'Anything that has an id and can be fetched again by it.',
  fields: (t) => ({ id: t.id({ resolve: (source) => source.id }) }),
  resolveType: (source, { catalog }) => {
    if (source instanceof Handle) return catalog.typeName(source.object);
    return source instanceof ClusterSource ? 'Cluster' : 'Change';
  },
});

/** What an id stands for, or null: of an unknown form, of a cluster or an object that is not there. */
async function fetchNode(id: string, { clusters }: ApiContext): Promise<NodeSource | null> {
  const parts = decodeId(id);
  const replica = parts && clusters.get(parts.cluster);
  if (!replica) return null;
  const scope =
    parts.revision === undefined ? liveScope(replica) : await scopeAt(replica, { revision: parts.revision });
  if (parts.kindKey === 'Cluster') return new ClusterSource(scope);
  const object = scope.view.byUid(parts.uid);
  return object ? new Handle(scope, object) : null;
}

const ServerInfo = builder.objectRef<object>('ServerInfo').implement({
  fields: (t) => ({
    kubernetesVersion: t.string({
      description: 'The version whose behaviour is modelled.',
      resolve: () => KUBERNETES_VERSION,
    }),
    maxPageSize: t.int({ resolve: () => MAX_PAGE_SIZE }),
    maxCost: t.int({ description: 'How many fields a query may answer, roughly.', resolve: () => QUERY_LIMITS.cost }),
    maxDepth: t.int({ resolve: () => QUERY_LIMITS.depth }),
    subscriptions: t.stringList({
      description: 'The protocols of subscriptions.',
      resolve: () => ['graphql-transport-ws', 'text/event-stream'],
    }),
  }),
});

builder.queryFields((t) => ({
  node: t.field({
    type: NodeInterface,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => fetchNode(id, context),
  }),
  nodes: t.field({
    type: [NodeInterface],
    nullable: { list: false, items: true },
    args: { ids: t.arg.idList({ required: true }) },
    resolve: (_root, { ids }, context) => {
      if (ids.length > MAX_PAGE_SIZE) throw badInput(`ids must be at most ${MAX_PAGE_SIZE}, not ${ids.length}`);
      return Promise.all(ids.map((id) => fetchNode(id, context)));
    },
  }),
  clusters: t.field({
    type: [ClusterType],
    resolve: (_root, _args, { clusters }) => clusters.list().map((replica) => new ClusterSource(liveScope(replica))),
  }),
  cluster: t.field({
    type: ClusterType,
    nullable: true,
    description: 'Null where there is no such cluster.',
    args: { name: t.arg.string({ defaultValue: 'default' }), at: t.arg({ type: AtInput }) },
    resolve: (_root, { name, at }, { clusters }) => {
      const replica = clusters.get(name ?? 'default');
      if (!replica) return null;
      if (!at) return new ClusterSource(liveScope(replica));
      return scopeAt(replica, at).then((scope) => new ClusterSource(scope));
    },
  }),
  serverInfo: t.field({ type: ServerInfo, resolve: () => ({}) }),
}));
