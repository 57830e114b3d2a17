import { toTimestamp } from './time.ts';

/** What every condition of every kind has. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/**
 * A list with this condition in the place of the one of its type, or at the end. The time of the last transition moves
 * only with the status. Returns the same list when nothing changes.
 */
export function withCondition<C extends Condition>(conditions: readonly C[] | undefined, wanted: C, now: number): C[] {
  const list = (conditions ?? []) as C[];
  const position = list.findIndex((condition) => condition.type === wanted.type);
  const old = list[position];
  const same = old?.status === wanted.status;
  if (old && same && old.reason === wanted.reason && old.message === wanted.message) return list;
  const lastTransitionTime = (same ? old?.lastTransitionTime : undefined) ?? toTimestamp(now);
  const next = { ...wanted, lastTransitionTime };
  return old ? list.map((condition, index) => (index === position ? next : condition)) : [...list, next];
}
