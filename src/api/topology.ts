import { Pod } from '../kinds/pod/types.ts';
import type { HealthWord } from '../machinery/definition.ts';
import { kindKey } from '../machinery/kind.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';
import type { Catalog } from './catalog.ts';
import { ClusterType } from './cluster-source.ts';
import { decodeId, encodeId } from './global-id.ts';
import { Handle, type Scope } from './handle.ts';
import { Health } from './health.ts';
import { filterPredicate, ObjectFilter, objectsOfKind, type ObjectFilterInput } from './object-filter.ts';
import { KubeObjectInterface } from './refs.ts';
import { podsAround, RELATIONS, TopologyGraph, type Edge, type Vertex } from './topology-graph.ts';

const RelationEnum = builder.enumType('Relation', {
  description: 'What joins two objects: an owner and what it owns, a Service and the pods it selects or sends to.',
  values: RELATIONS,
});

interface VertexSource {
  scope: Scope;
  vertex: Vertex;
}

const MOST_URGENT_FIRST: readonly HealthWord[] = ['DEGRADED', 'PROGRESSING', 'UNKNOWN', 'SUSPENDED', 'HEALTHY'];

function healthOf({ scope, vertex }: VertexSource, catalog: Catalog): HealthWord {
  if (vertex.object) return catalog.health(new Handle(scope, vertex.object));
  const words = new Set(vertex.pods.map((pod) => catalog.health(new Handle(scope, pod))));
  return MOST_URGENT_FIRST.find((word) => words.has(word)) ?? 'UNKNOWN';
}

function vertexId({ view, pinned }: Scope, key: string): string {
  const object = view.byUid(key);
  return encodeId(view.cluster, object ? kindKey(object.apiVersion, object.kind) : 'PodGroup', key, pinned);
}

const TopologyNode = builder.objectRef<VertexSource>('TopologyNode').implement({
  description: 'An object, or the pods of one controller taken together.',
  fields: (t) => ({
    id: t.id({ resolve: ({ scope, vertex }) => vertexId(scope, vertex.key) }),
    kind: t.string({ resolve: ({ vertex }) => vertex.object?.kind ?? 'Pod' }),
    label: t.string({ resolve: ({ vertex: { object, pods } }) => object?.metadata.name ?? `${pods.length} pods` }),
    health: t.field({ type: Health, resolve: (source, _args, { catalog }) => healthOf(source, catalog) }),
    podCount: t.int({
      nullable: true,
      description: 'Of a group.',
      resolve: ({ vertex: { object, pods } }) => (object ? null : pods.length),
    }),
    object: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'Null for a group.',
      resolve: ({ scope, vertex }) => (vertex.object ? new Handle(scope, vertex.object) : null),
    }),
  }),
});

const TopologyEdge = builder.objectRef<{ scope: Scope; edge: Edge }>('TopologyEdge').implement({
  fields: (t) => ({
    from: t.id({ resolve: ({ scope, edge }) => vertexId(scope, edge.from) }),
    to: t.id({ resolve: ({ scope, edge }) => vertexId(scope, edge.to) }),
    relation: t.field({ type: RelationEnum, resolve: ({ edge }) => edge.relation }),
    active: t.boolean({ description: 'Whether requests go this way now.', resolve: ({ edge }) => edge.active }),
  }),
});

const TopologyType = builder.objectRef<{ scope: Scope; graph: TopologyGraph }>('Topology').implement({
  description: 'What hangs together with what.',
  fields: (t) => ({
    nodes: t.field({
      type: [TopologyNode],
      extensions: { listSize: 2000 },
      resolve: ({ scope, graph }) => [...graph.vertices.values()].map((vertex) => ({ scope, vertex })),
    }),
    edges: t.field({
      type: [TopologyEdge],
      extensions: { listSize: 5000 },
      resolve: ({ scope, graph }) => graph.edges.map((edge) => ({ scope, edge })),
    }),
    truncated: t.boolean({ resolve: ({ graph }) => graph.hiddenCount > 0 }),
    hiddenCount: t.int({ resolve: ({ graph }) => graph.hiddenCount }),
  }),
});

/** Kinds that are shown though no pod has to do with them. */
const ALWAYS_SHOWN = ['CronJob', 'Job', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicationController', 'Service'];
const MAX_VERTICES = 2000;

interface Question {
  root?: string | null | undefined;
  filter?: ObjectFilterInput | null | undefined;
  collapse: boolean;
  maxNodes: number;
}

function topologyOf(scope: Scope, { root, filter, collapse, maxNodes }: Question, catalog: Catalog): TopologyGraph {
  if (maxNodes < 1 || maxNodes > MAX_VERTICES) {
    throw badInput(`maxNodes must be between 1 and ${MAX_VERTICES}, not ${maxNodes}`);
  }
  const { view } = scope;
  const kinds = filter?.kinds && new Set(filter.kinds.map((word) => catalog.keyOfWord(word, view)));
  const shows = kinds
    ? ({ apiVersion, kind }: { apiVersion: string; kind: string }) => kinds.has(kindKey(apiVersion, kind))
    : () => true;
  const graph = new TopologyGraph({ view, collapse, maxVertices: maxNodes, shows });
  const matches = filterPredicate(filter && { ...filter, kinds: null }, scope, catalog) ?? (() => true);
  if (root) {
    const object = view.byUid(decodeId(root)?.uid ?? '');
    if (!object) throw badInput('root names no object of this cluster', 'NOT_FOUND');
    if (object.kind !== 'Pod') graph.addObject(object);
    graph.addPods(podsAround(view, object).filter(matches));
    return graph;
  }
  for (const key of ALWAYS_SHOWN) {
    for (const object of objectsOfKind(scope, key, filter?.namespaces)) if (matches(object)) graph.addObject(object);
  }
  graph.addPods((objectsOfKind(scope, Pod.key, filter?.namespaces) as Pod[]).filter(matches));
  return graph;
}

builder.objectField(ClusterType, 'topology', (t) =>
  t.field({
    type: TopologyType,
    description: 'Workloads, pods, Services, nodes, configuration and volumes, and what joins them.',
    args: {
      root: t.arg.id({ description: 'Only what has to do with the pods of this object.' }),
      filter: t.arg({
        type: ObjectFilter,
        description: 'Of pods and workloads; `kinds` also of what they are joined to.',
      }),
      collapse: t.arg.boolean({ defaultValue: true, description: 'The pods of one controller are one node.' }),
      maxNodes: t.arg.int({ defaultValue: 400 }),
    },
    resolve: ({ scope }, { root, filter, collapse, maxNodes }, { catalog }) => ({
      scope,
      graph: topologyOf(scope, { root, filter, collapse: collapse ?? true, maxNodes: maxNodes ?? 400 }, catalog),
    }),
  }),
);
