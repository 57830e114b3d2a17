import type { PersistentVolumeClaim } from '../../kinds/persistentvolumeclaim/types.ts';
import type { ControllerApi, EventType } from '../../machinery/controller.ts';

/** Says something of a claim when what there is to say changes, not at every look at it. Whether it was said. */
export function once(
  api: ControllerApi,
  claim: PersistentVolumeClaim,
  type: EventType,
  reason: string,
  message: string,
): boolean {
  if (claim.runtime?.said === message) return false;
  api.event(claim, type, reason, message);
  api.updateStatus({ ...claim, runtime: { ...claim.runtime, said: message } });
  return true;
}
