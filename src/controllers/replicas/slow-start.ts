import type { ApiError } from '../../machinery/api-error.ts';

/**
 * Calls `attempt` up to `count` times in batches of 1, 2, 4, …: a batch is carried through, and after the first one with
 * a failure no other is begun, so that a quota that is full is not asked a thousand times. Answers how many succeeded and
 * the first failure. Source: pkg/controller/replicaset/replica_set.go (slowStartBatch).
 */
export function slowStart(
  count: number,
  attempt: () => ApiError | undefined,
  initialBatchSize = 1,
): { successes: number; error: ApiError | undefined } {
  let remaining = count;
  let successes = 0;
  for (let size = Math.min(remaining, initialBatchSize); size > 0; size = Math.min(2 * size, remaining)) {
    let error: ApiError | undefined;
    for (let call = 0; call < size; call++) {
      const failure = attempt();
      if (failure) error ??= failure;
      else successes++;
    }
    if (error) return { successes, error };
    remaining -= size;
  }
  return { successes, error: undefined };
}
