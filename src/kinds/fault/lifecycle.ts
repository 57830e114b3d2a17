import { watchSelf, type Controller } from '../../machinery/controller.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { faultEnd, faultStart } from './queries.ts';
import { Fault } from './types.ts';

/** Lets faults begin and end at their times. An ended fault stays, as a record, until it is deleted. */
export const faultLifecycle: Controller = {
  name: 'fault-controller',
  watches: [watchSelf(Fault)],
  reconcile(key, api) {
    const fault = api.getByKey(Fault, key);
    if (!fault) return;
    const start = faultStart(fault);
    const end = faultEnd(fault);
    const active = start <= api.now && api.now < end && fault.metadata.deletionTimestamp === undefined;
    if (api.now < Math.min(start, end)) api.requeueAt(start);
    else if (active && end !== Number.POSITIVE_INFINITY) api.requeueAt(end);
    const startedAt = active ? (fault.status.startedAt ?? toTimestamp(api.now)) : fault.status.startedAt;
    api.updateStatus<Fault>({ ...fault, status: startedAt === undefined ? { active } : { active, startedAt } });
  },
};
