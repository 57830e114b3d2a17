import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { controllerRef } from '../../machinery/object.ts';
import { fromLabelSelector, matches } from '../../machinery/selector.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { isPodReady, isPodTerminal } from '../pod/queries.ts';
import { Pod } from '../pod/types.ts';
import { countIndexes, formatIndexes, hasIndex, withIndexes } from './indexes.ts';
import { delayedPods, deletePod, manageActivePods } from './manage.ts';
import { matchFailurePolicy } from './policies.ts';
import {
  claimPods,
  completionIndex,
  isPodFailed,
  isTerminating,
  isTracked,
  releaseFinalizer,
  validIndex,
} from './pods.ts';
import { isIndexed, isJobFinished, jobCondition } from './queries.ts';
import { endingCondition, newCondition, observe, type JobSync } from './sync.ts';
import { CONTROLLER_UID, Job, jobsWithManualSelector, type JobCondition, type JobStatus } from './types.ts';

/**
 * The job controller. Source: pkg/controller/job/job_controller.go. Because a whole sync happens at one instant, counting
 * a finished pod, storing the count and taking the pod's finalizer are one step: no pod waits in uncountedTerminatedPods.
 */
export const jobController: Controller = {
  name: 'job-controller',
  watches: [
    watch(Job, ({ old, new: current }) => {
      if (old && current && isOwnWrite(old, current)) return undefined;
      return keyOf((current ?? old) as Job);
    }),
    watch(Pod, ({ old, new: current }, view) => {
      if (old && current && isReleased(old, current)) return undefined;
      const keys = [old, current].flatMap((pod) => {
        const owner = pod && controllerRef(pod);
        return owner?.kind === 'Job' ? [`${pod?.metadata.namespace}/${owner.name}`] : [];
      });
      return current && !controllerRef(current) ? [...keys, ...jobsAdopting(current, view)] : keys;
    }),
  ],
  reconcile(key, api) {
    const job = api.getByKey(Job, key);
    if (!job || isJobFinished(job) || isManagedElsewhere(job)) return;
    syncJob(job, api);
  },
};

function isManagedElsewhere(job: Job): boolean {
  return job.spec.managedBy !== undefined && job.spec.managedBy !== 'kubernetes.io/job-controller';
}

/** Whether a pod that had ended before has only lost its finalizer: the job has just counted it. */
function isReleased(old: Pod, current: Pod): boolean {
  if (!isPodTerminal(old) || old.status !== current.status || !isTracked(old) || isTracked(current)) return false;
  const { labels, ownerReferences } = old.metadata;
  return labels === current.metadata.labels && ownerReferences === current.metadata.ownerReferences;
}

/** Whether only counts of the status have changed, which this controller writes itself. */
function isOwnWrite({ metadata: one, status }: Job, { metadata: other, status: next }: Job): boolean {
  const isSame = one.generation === other.generation && one.deletionTimestamp === other.deletionTimestamp;
  return isSame && deepEqual(status.conditions, next.conditions);
}

/** The jobs that may adopt a pod nobody controls: the one its label names, and those with a selector of their own. */
function jobsAdopting(pod: Pod, view: ClusterView): string[] {
  const labels = pod.metadata.labels ?? {};
  const named = view.byUid(labels[CONTROLLER_UID] ?? labels['controller-uid'] ?? '');
  const manual = view.by(jobsWithManualSelector, pod.metadata.namespace ?? '');
  const jobs = named?.kind === Job.kind ? [named as Job, ...manual] : manual;
  return jobs.filter((job) => matches(fromLabelSelector(job.spec.selector), labels)).map(keyOf);
}

function keyOf({ metadata }: Job): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function syncJob(job: Job, api: ControllerApi): void {
  const sync = observe(job, claimPods(api, job));
  const status: JobStatus = { ...job.status, conditions: job.status.conditions ?? [] };
  if (status.startTime === undefined && !job.spec.suspend) status.startTime = toTimestamp(api.now);
  let ending = endingCondition({ ...sync, job: { ...job, status } }, api);
  if (ending) {
    for (const pod of sync.activePods) {
      if (!deletePod(sync, api, pod)) continue;
      sync.active--;
      sync.terminating++;
      if (isPodReady(pod)) sync.ready--;
    }
    if (sync.active > 0) ending = undefined;
  } else {
    const managed = job.metadata.deletionTimestamp === undefined;
    if (managed) manageActivePods(sync, api);
    if (isComplete(sync)) ending = newCondition('SuccessCriteriaMet', api.now, ...COMPLETIONS_REACHED);
    else if (managed) setSuspended(job, status, api);
  }
  if (sync.retry) api.requeueAt(sync.retry.atMs, { background: true });
  count(sync, status, ending, api);
  finish(sync, status, ending, api);
  api.updateStatus(withRuntime({ ...job, status: tidied(status) }, sync));
}

const COMPLETIONS_REACHED = ['CompletionsReached', 'Reached expected number of succeeded pods'] as const;

function isComplete({ job, succeeded, active }: JobSync): boolean {
  const { completions } = job.spec;
  return (completions === undefined ? succeeded > 0 : succeeded >= completions) && active === 0;
}

function setSuspended(job: Job, status: JobStatus, api: ControllerApi): void {
  const known = jobCondition({ ...job, status }, 'Suspended');
  if (job.spec.suspend) {
    const isKnown = known?.reason === 'JobSuspended' && known.message === 'Job suspended';
    if (known?.status === 'True' && isKnown) return;
    setCondition(status, newCondition('Suspended', api.now, 'JobSuspended', 'Job suspended'));
    // A suspended job has not started: MutableSchedulingDirectivesForSuspendedJobs, on by default since v1.36.
    delete status.startTime;
    api.event(job, 'Normal', 'Suspended', 'Job suspended');
  } else if (known && (known.status !== 'False' || known.reason !== 'JobResumed' || known.message !== 'Job resumed')) {
    setCondition(status, { ...newCondition('Suspended', api.now, 'JobResumed', 'Job resumed'), status: 'False' });
    status.startTime = toTimestamp(api.now);
    api.event(job, 'Normal', 'Resumed', 'Job resumed');
  }
}

function setCondition(status: JobStatus, condition: JobCondition): void {
  const others = status.conditions ?? [];
  const position = others.findIndex(({ type }) => type === condition.type);
  status.conditions = position < 0 ? [...others, condition] : others.with(position, condition);
}

/** Adds the pods that ended to the counters and takes their finalizers (trackJobStatusAndRemoveFinalizers). */
function count(sync: JobSync, status: JobStatus, ending: JobCondition | undefined, api: ControllerApi): void {
  const { job } = sync;
  const delayed = delayedPods(sync);
  const newIndexes: number[] = [];
  let succeeded = 0;
  let failed = 0;
  for (const pod of sync.pods) {
    if (!isTracked(pod) || !isTracked((api.byUid(pod.metadata.uid) as Pod | undefined) ?? pod)) continue;
    const isFailed = isPodFailed(pod, job);
    if (!mayRelease(sync, pod, isFailed, ending, delayed)) continue;
    const index = validIndex(pod, job);
    if (pod.status.phase === 'Succeeded') {
      if (!isIndexed(job)) succeeded++;
      else if (index !== undefined && !hasIndex(sync.previousSucceededIndexes, index)) newIndexes.push(index);
    } else if (isFailed || (ending && ending.type !== 'SuccessCriteriaMet')) {
      const valid = !isIndexed(job) || index !== undefined;
      if (valid && matchFailurePolicy(job.spec.podFailurePolicy, pod).counts) failed++;
    }
    releaseFinalizer(api, pod);
  }
  status.failed = (status.failed ?? 0) + failed;
  if (isIndexed(job)) {
    const all = withIndexes(sync.succeededIndexes, newIndexes);
    status.completedIndexes = formatIndexes(all);
    status.succeeded = countIndexes(all);
    if (sync.failedIndexes) status.failedIndexes = formatIndexes(sync.failedIndexes);
  } else {
    status.succeeded = (status.succeeded ?? 0) + succeeded;
  }
  status.active = sync.active;
  status.ready = sync.ready;
  status.terminating = sync.terminating;
  status.uncountedTerminatedPods = {};
}

function mayRelease(
  { job }: JobSync,
  pod: Pod,
  isFailed: boolean,
  ending: JobCondition | undefined,
  delayed: ReadonlyMap<number, Pod>,
): boolean {
  if (job.metadata.deletionTimestamp !== undefined || ending || pod.status.phase === 'Succeeded') return true;
  if (!isFailed) return false;
  const index = completionIndex(pod);
  return index === undefined || delayed.get(index)?.metadata.uid !== pod.metadata.uid;
}

/** Writes the interim condition, and the final one as soon as no pod is left terminating (enactJobFinished). */
function finish(sync: JobSync, status: JobStatus, ending: JobCondition | undefined, api: ControllerApi): void {
  if (!ending) return;
  const { job } = sync;
  if (ending.type !== 'Failed') setConditionOnce(status, ending);
  if (terminatingNow(sync, api) > 0) return;
  const type = ending.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed';
  const final = newCondition(type, api.now, ending.reason, ending.message);
  setCondition(status, final);
  status.terminating = 0;
  if (type === 'Failed') {
    api.event(job, 'Warning', ending.reason ?? '', ending.message ?? '');
    return;
  }
  status.completionTime = toTimestamp(api.now);
  const { completions } = job.spec;
  if (completions !== undefined && (status.succeeded ?? 0) > completions) {
    const message = 'Too many succeeded pods running after completion count reached';
    api.event(job, 'Warning', 'TooManySucceededPods', message);
  }
  api.event(job, 'Normal', 'Completed', 'Job completed');
}

function setConditionOnce(status: JobStatus, condition: JobCondition): void {
  if (!status.conditions?.some(({ type }) => type === condition.type)) setCondition(status, condition);
}

/** Pods deleted in this very sync that were gone at once no longer terminate. */
function terminatingNow(sync: JobSync, api: ControllerApi): number {
  return sync.pods.filter((pod) => {
    const current = api.byUid(pod.metadata.uid) as Pod | undefined;
    return current !== undefined && isTerminating(current);
  }).length;
}

function tidied(status: JobStatus): JobStatus {
  const tidy = { ...status };
  if (tidy.conditions?.length === 0) delete tidy.conditions;
  for (const field of ['active', 'succeeded', 'failed'] as const) if (!tidy[field]) delete tidy[field];
  if (!tidy.completedIndexes) delete tidy.completedIndexes;
  return tidy;
}

function withRuntime(job: Job, { backoff, retry }: JobSync): Job {
  if (!backoff && !retry && !job.runtime) return job;
  return { ...job, runtime: { ...(backoff ? { backoff } : {}), ...(retry ? { retry } : {}) } };
}

/** Pods that kept their tracking finalizer when their job went away, or was never theirs, lose it (syncOrphanPod). */
export const jobOrphanController: Controller = {
  name: 'job-orphan-pods',
  watches: [
    watch(Pod, ({ new: pod }) =>
      pod && isTracked(pod) ? `${pod.metadata.namespace}/${pod.metadata.name}` : undefined,
    ),
    watch(Job, ({ old, new: job }, view) =>
      old && (!job || isJobFinished(job))
        ? view
            .dependents(old.metadata.uid)
            .filter(({ kind }) => kind === Pod.kind)
            .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
        : undefined,
    ),
  ],
  reconcile(key, api) {
    const pod = api.getByKey(Pod, key);
    if (!pod || !isTracked(pod)) return;
    const owner = controllerRef(pod);
    // What controls the pod now may need the finalizer for itself.
    if (owner && (owner.kind !== 'Job' || owner.apiVersion !== Job.apiVersion)) return;
    const job = owner && (api.byUid(owner.uid) as Job | undefined);
    if (!job || (!isManagedElsewhere(job) && isJobFinished(job))) releaseFinalizer(api, pod);
  },
};
