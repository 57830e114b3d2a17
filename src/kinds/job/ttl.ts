import { watchSelf, type Controller } from '../../machinery/controller.ts';
import { fromTimestamp, SECOND_MS } from '../../machinery/time.ts';
import { finishedCondition } from './queries.ts';
import { Job } from './types.ts';

/** Deletes finished jobs after spec.ttlSecondsAfterFinished. Source: pkg/controller/ttlafterfinished. */
export const ttlAfterFinishedController: Controller = {
  name: 'ttl-after-finished-controller',
  watches: [watchSelf(Job)],
  reconcile(key, api) {
    const job = api.getByKey(Job, key);
    const ttl = job?.spec.ttlSecondsAfterFinished;
    if (!job || ttl === undefined || job.metadata.deletionTimestamp !== undefined) return;
    const finished = fromTimestamp(finishedCondition(job)?.lastTransitionTime);
    if (finished === undefined) return;
    const expiry = finished + ttl * SECOND_MS;
    if (api.now >= expiry) api.delete(job, { propagation: 'Foreground' });
    else api.requeueAt(expiry, { background: true });
  },
};
