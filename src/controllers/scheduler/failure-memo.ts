import type { ChangeLog } from './change-log.ts';

/** Why an attempt failed; see attempt.ts. */
export interface Failure {
  readonly message: string;
  /** See SchedulingRecord.plugins. */
  readonly plugins: readonly string[];
  /** See PostFilterResult.nominated. */
  readonly nominated: string | undefined;
}

/**
 * The last failure of each kind of pod, good as long as nothing happens: of a thousand pods that are alike and fit
 * nowhere, one is explained.
 */
export class FailureMemo {
  private readonly log: ChangeLog;
  private readonly failures = new Map<string, Failure>();
  private position = -1;

  constructor(log: ChangeLog) {
    this.log = log;
  }

  get(key: string): Failure | undefined {
    return this.position === this.log.position ? this.failures.get(key) : undefined;
  }

  set(key: string, failure: Failure): void {
    if (this.position !== this.log.position) this.failures.clear();
    this.position = this.log.position;
    this.failures.set(key, failure);
  }
}
