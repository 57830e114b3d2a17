import type { ControllerApi } from '../../machinery/controller.ts';
import { SECOND_MS } from '../../machinery/time.ts';

/** Slices of large Services are written at whole seconds, since each write repeats up to a hundred endpoints. */
const BATCH_MS = SECOND_MS;

/** Whether a write must wait for the next batch; asks to be called again then. */
export function mustWait(api: ControllerApi): boolean {
  const late = api.now % BATCH_MS;
  if (late === 0) return false;
  api.requeueAt(api.now - late + BATCH_MS);
  return true;
}
