import type { KubeObject } from '../machinery/object.ts';
import { builder } from './builder.ts';

const ConditionStatus = builder.enumType('ConditionStatus', { values: ['TRUE', 'FALSE', 'UNKNOWN'] as const });

interface StoredCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
  lastUpdateTime?: string;
}

interface ConditionSource {
  condition: StoredCondition;
  object: KubeObject;
}

/** `status.conditions` of any object that has them. */
export function conditionsOf(object: KubeObject): ConditionSource[] {
  const { conditions } = (object.status ?? {}) as { conditions?: unknown };
  if (!Array.isArray(conditions)) return [];
  return (conditions as StoredCondition[]).map((condition) => ({ condition, object }));
}

function statusWord(status: string): 'TRUE' | 'FALSE' | 'UNKNOWN' {
  if (status === 'True') return 'TRUE';
  return status === 'False' ? 'FALSE' : 'UNKNOWN';
}

export const ConditionType = builder.objectRef<ConditionSource>('Condition').implement({
  description: "One of an object's conditions.",
  fields: (t) => ({
    type: t.string({ resolve: ({ condition }) => condition.type }),
    status: t.field({ type: ConditionStatus, resolve: ({ condition }) => statusWord(condition.status) }),
    reason: t.string({ nullable: true, resolve: ({ condition }) => condition.reason }),
    message: t.string({ nullable: true, resolve: ({ condition }) => condition.message }),
    lastTransitionTime: t.field({
      type: 'DateTime',
      resolve: ({ condition, object }) =>
        condition.lastTransitionTime ?? condition.lastUpdateTime ?? object.metadata.creationTimestamp,
    }),
  }),
});
