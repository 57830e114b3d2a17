import { isPodReady } from '../kinds/pod/queries.ts';
import { Pod } from '../kinds/pod/types.ts';
import { fromTimestamp } from '../machinery/time.ts';
import { builder } from './builder.ts';
import type { Catalog } from './catalog.ts';
import { BY_NAME, type Order } from './connections.ts';
import { Handle, type Scope } from './handle.ts';
import { namespaceTest, searchTest, selectorTests } from './object-filter.ts';

export const PodPhaseEnum = builder.enumType('PodPhase', {
  values: ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'UNKNOWN'] as const,
});

export const PodFilter = builder.inputType('PodFilter', {
  description: 'Which pods. Selectors are written as for kubectl.',
  fields: (t) => ({
    namespaces: t.stringList(),
    labelSelector: t.string({ description: '"app=web,tier in (a,b),!canary"' }),
    fieldSelector: t.string({ description: '"status.phase=Running,spec.nodeName!=node-1"' }),
    search: t.string({ description: 'Text that the name must contain; case does not matter.' }),
    node: t.string({ description: 'The name of the node they run on; "" for those that run on none.' }),
    phase: t.field({ type: [PodPhaseEnum] }),
    status: t.stringList({ description: 'Words of kubectl\'s STATUS column: "CrashLoopBackOff".' }),
    ready: t.boolean(),
  }),
});

export type PodFilterInput = typeof PodFilter.$inferInput;

type PodTest = (pod: Pod) => boolean;

/** What a filter asks of a pod; undefined when it asks nothing. */
export function podPredicate(
  filter: PodFilterInput | null | undefined,
  scope: Scope,
  catalog: Catalog,
): PodTest | undefined {
  if (!filter) return undefined;
  const { node, phase, status, ready } = filter;
  const tests: (PodTest | undefined)[] = [
    ...selectorTests(filter, 'Pod'),
    namespaceTest(filter.namespaces),
    searchTest(filter.search),
    typeof node === 'string' ? (pod) => (pod.spec.nodeName ?? '') === node : undefined,
    phase ? (pod) => phase.includes(phaseWord(pod)) : undefined,
    status ? (pod) => status.includes(podStatusWord(new Handle(scope, pod), catalog)) : undefined,
    typeof ready === 'boolean' ? (pod) => isPodReady(pod) === ready : undefined,
  ];
  const asked = tests.filter((test) => test !== undefined);
  return asked.length === 0 ? undefined : (pod) => asked.every((test) => test(pod));
}

export function phaseWord(pod: Pod): (typeof PodPhaseEnum)['$inferType'] {
  return pod.status.phase.toUpperCase() as (typeof PodPhaseEnum)['$inferType'];
}

/** kubectl's STATUS column of a pod. */
export function podStatusWord(handle: Handle<Pod>, catalog: Catalog): string {
  return catalog.cell(handle, 'STATUS') ?? handle.object.status.phase;
}

export const PodOrderEnum = builder.enumType('PodOrder', { values: ['NAME', 'AGE_DESC', 'RESTARTS_DESC'] as const });

/** Restarts of all containers of a pod. */
export function restartsOf({ status }: Pod): number {
  let total = 0;
  for (const one of status.containerStatuses ?? []) total += one.restartCount;
  for (const one of status.initContainerStatuses ?? []) total += one.restartCount;
  return total;
}

export const POD_ORDERS: Record<(typeof PodOrderEnum)['$inferType'], Order<Pod>> = {
  NAME: BY_NAME,
  AGE_DESC: { name: 'age', key: (pod) => fromTimestamp(pod.metadata.creationTimestamp) },
  RESTARTS_DESC: { name: 'restarts', key: (pod) => -restartsOf(pod) },
};
