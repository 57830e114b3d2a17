/** When a controller that was refused asks again: client-go's ItemExponentialFailureRateLimiter, kept in `runtime`. */

const RETRY_BASE_MS = 5;
const RETRY_LIMIT_MS = 1_000_000;

export interface Retry {
  /** How often it failed in a row. */
  failures: number;
  /** When it may try again without a new reason, in simulated milliseconds. */
  at: number;
  /** The generation it failed for; a change of the spec is a new reason. */
  generation: number;
}

/** The retry after one more failure: 5 ms, 10 ms, 20 ms … at most 1,000 s. */
export function nextRetry(previous: Retry | undefined, generation: number | undefined, now: number): Retry {
  const failures = (previous?.failures ?? 0) + 1;
  const delayMs = Math.min(RETRY_BASE_MS * 2 ** (failures - 1), RETRY_LIMIT_MS);
  return { failures, at: now + delayMs, generation: generation ?? 0 };
}

/** Whether the last refusal is too fresh to ask again. */
export function mustWait(retry: Retry | undefined, generation: number | undefined, now: number): retry is Retry {
  return retry !== undefined && now < retry.at && retry.generation === (generation ?? 0);
}
