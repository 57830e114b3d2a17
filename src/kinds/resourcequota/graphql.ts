import { builder } from '../../api/builder.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { Namespace } from '../namespace/types.ts';
import { requirementsOf } from './scopes.ts';
import { ResourceQuota, type ResourceList, type ScopeRequirement } from './types.ts';

/** How many quotas of one namespace are shown. */
const QUOTAS_LIMIT = 100;

interface UsageRow {
  resource: string;
  hard: string | number;
  used: string | number | undefined;
}

const QuotaUsage = builder.objectRef<UsageRow>('QuotaUsage').implement({
  description: 'How much of one resource may be used, and is.',
  fields: (t) => ({
    resource: t.exposeString('resource', { description: '"requests.cpu", "pods", "count/deployments.apps"' }),
    hard: t.field({ type: 'Quantity', description: 'What may be used.', resolve: ({ hard }) => String(hard) }),
    used: t.field({
      type: 'Quantity',
      nullable: true,
      description: 'What is used; null for a name that nobody tracks.',
      resolve: ({ used }) => (used === undefined ? null : String(used)),
    }),
    ratio: t.float({
      nullable: true,
      description: 'Used of hard; above 1 where the limit was lowered later. Null where nothing may be used.',
      resolve: ({ hard, used }) => {
        const most = parseQuantity(hard) ?? 0;
        return most > 0 ? (parseQuantity(used) ?? 0) / most : null;
      },
    }),
  }),
});

const QuotaScope = builder.objectRef<ScopeRequirement>('QuotaScope').implement({
  description: 'Which pods (or claims) a quota is about.',
  fields: (t) => ({
    name: t.exposeString('scopeName', { description: 'BestEffort, Terminating, PriorityClass …' }),
    operator: t.exposeString('operator', { description: 'In, NotIn, Exists or DoesNotExist.' }),
    values: t.stringList({ description: 'For In and NotIn.', resolve: ({ values }) => values ?? [] }),
  }),
});

defineKubeType(ResourceQuota, {
  description: 'How much of each resource a namespace may use.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      description: 'The namespace it is about.',
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    hard: t.field({
      type: 'StringMap',
      description: 'What may be used.',
      resolve: ({ object }) => texts(object.status.hard ?? object.spec.hard),
    }),
    used: t.field({
      type: 'StringMap',
      description: 'What is used.',
      resolve: ({ object }) => texts(object.status.used),
    }),
    usage: t.field({
      type: [QuotaUsage],
      description: 'The same, one row for each resource, by name.',
      resolve: ({ object }) => usageRows(object),
    }),
    scopes: t.stringList({
      description: 'The scopes that are only named.',
      resolve: ({ object }) => object.spec.scopes ?? [],
    }),
    scopeRequirements: t.field({
      type: [QuotaScope],
      description: 'All scopes: those that are named, and those of the selector. Each must hold.',
      resolve: ({ object }) => requirementsOf(object.spec),
    }),
  }),
});

function usageRows({ spec, status }: ResourceQuota): UsageRow[] {
  const hard = status.hard ?? spec.hard ?? {};
  return Object.keys(hard)
    .sort()
    .map((resource) => ({ resource, hard: hard[resource] ?? '', used: status.used?.[resource] }));
}

function texts(list: ResourceList | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, amount]) => [name, String(amount)]));
}

builder.objectField(kubeRef(Namespace), 'resourceQuotas', (t) =>
  t.field({
    type: [kubeRef(ResourceQuota)],
    description: 'What may be used in it, oldest first.',
    extensions: { listSize: QUOTAS_LIMIT },
    resolve: (handle) =>
      handle.toAll(handle.view.list(ResourceQuota, handle.object.metadata.name).slice(0, QUOTAS_LIMIT)),
  }),
);
