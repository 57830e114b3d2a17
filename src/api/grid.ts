import { isPodReady } from '../kinds/pod/queries.ts';
import { Node } from '../kinds/node/types.ts';
import { Pod, podsByNode } from '../kinds/pod/types.ts';
import { keyOf } from '../machinery/object.ts';
import { milliValue } from '../machinery/quantity.ts';
import { builder } from './builder.ts';
import type { Catalog } from './catalog.ts';
import { ClusterType } from './cluster-source.ts';
import { Handle, type Scope } from './handle.ts';
import { filterPredicate, ObjectFilter, type Predicate } from './object-filter.ts';
import { podStatusWord } from './pod-filter.ts';
import { requestedBy } from './pod-requests.ts';
import { kubeRef } from './refs.ts';

interface GridRow {
  node: Handle<Node> | null;
  pods: readonly Pod[];
  cells: string;
}

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** One character for a pod: see the field's description. */
function cellOf(pod: Pod, scope: Scope, catalog: Catalog): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 't';
  const { phase } = pod.status;
  if (phase === 'Succeeded') return 's';
  if (phase === 'Failed') return 'c';
  if (isPodReady(pod)) return 'r';
  const word = podStatusWord(new Handle(scope, pod), catalog);
  if (/BackOff|^Err|Error|OOMKilled/.test(word)) return 'c';
  return phase === 'Pending' ? 'p' : 'n';
}

function rowOf(scope: Scope, catalog: Catalog, node: Node | undefined, matches: Predicate | undefined): GridRow {
  const all = scope.view.by(podsByNode, node?.metadata.name ?? '');
  const pods = [...(matches ? all.filter(matches) : all)].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  const cells = pods.map((pod) => cellOf(pod, scope, catalog)).join('');
  return { node: node ? new Handle(scope, node) : null, pods, cells };
}

const SORT_KEYS = {
  NAME: (node: Node) => node.metadata.name,
  ZONE: (node: Node) => `${node.metadata.labels?.[ZONE_LABEL] ?? ''} ${node.metadata.name}`,
} as const;

function sortedNodes(scope: Scope, sort: 'NAME' | 'ZONE' | 'UTILIZATION'): Node[] {
  const nodes = [...scope.view.list(Node)];
  if (sort === 'UTILIZATION') {
    const used = new Map(nodes.map((node) => [node, utilization(scope, node)]));
    return nodes.sort((left, right) => (used.get(right) ?? 0) - (used.get(left) ?? 0));
  }
  const key = SORT_KEYS[sort];
  return nodes.sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

function utilization({ view }: Scope, node: Node): number {
  const allocatable = node.status.allocatable;
  return requestedBy(view.by(podsByNode, node.metadata.name)).cpuMillis / Math.max(1, milliValue(allocatable?.['cpu']));
}

const GridSort = builder.enumType('GridSort', { values: ['NAME', 'UTILIZATION', 'ZONE'] as const });

const GridRowType = builder.objectRef<GridRow>('GridRow').implement({
  description: 'A node and its pods, one character each.',
  fields: (t) => ({
    node: t.field({
      type: kubeRef(Node),
      nullable: true,
      description: 'Null for the pods that are bound to no node.',
      resolve: ({ node }) => node,
    }),
    cells: t.exposeString('cells', {
      description: 'By name: r ready, n not ready, p pending, c crashing or failed, t terminating, s succeeded.',
    }),
    podCount: t.int({ resolve: ({ pods }) => pods.length }),
  }),
});

builder.objectField(ClusterType, 'grid', (t) =>
  t.field({
    type: [GridRowType],
    description: 'Nodes by pods. The filter is for the pods.',
    extensions: { listSize: 5000 },
    args: { filter: t.arg({ type: ObjectFilter }), sort: t.arg({ type: GridSort, defaultValue: 'NAME' }) },
    resolve: ({ scope }, { filter, sort }, { catalog }) => {
      const matches = filterPredicate(filter, scope, catalog, Pod);
      const rows = sortedNodes(scope, sort ?? 'NAME').map((node) => rowOf(scope, catalog, node, matches));
      const unbound = rowOf(scope, catalog, undefined, matches);
      return unbound.pods.length > 0 ? [...rows, unbound] : rows;
    },
  }),
);
