import { deepEqual } from '../../machinery/equality.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { newControllerRef } from '../../machinery/object.ts';
import { orphansMatching } from '../../machinery/selector-index.ts';
import { fromLabelSelector, matches } from '../../machinery/selector.ts';
import { isPodTerminal } from '../pod/queries.ts';
import { orphanPods, type Pod } from '../pod/types.ts';
import { replacesFailedPodsOnly } from './queries.ts';
import {
  COMPLETION_INDEX,
  INDEX_FAILURE_COUNT,
  INDEX_IGNORED_FAILURE_COUNT,
  openPodsByJob,
  TRACKING_FINALIZER,
  type Job,
} from './types.ts';

/** Questions about the pods of a job. Source: pkg/controller/job/job_controller.go, indexed_job_utils.go. */

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;
}

/** controller.IsPodTerminating: being deleted and not ended yet. */
export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod);
}

/** A pod counts as failed when it has failed, and, unless only failed pods are replaced, when it is being deleted. */
export function isPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status.phase === 'Failed') return true;
  if (replacesFailedPodsOnly(job)) return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status.phase !== 'Succeeded';
}

/** The completion index of a pod, if it has one that is a number. */
export function completionIndex(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[COMPLETION_INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The completion index if it is one of the job's. */
export function validIndex(pod: Pod, job: Job): number | undefined {
  const index = completionIndex(pod);
  return index !== undefined && index < (job.spec.completions ?? 0) ? index : undefined;
}

function countAnnotation(pod: Pod, name: string): number {
  const text = pod.metadata.annotations?.[name];
  const count = text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
  return count > 0x7fff_ffff ? 0 : count;
}

export function indexFailureCount(pod: Pod): number {
  return countAnnotation(pod, INDEX_FAILURE_COUNT);
}

export function indexIgnoredFailureCount(pod: Pod): number {
  return countAnnotation(pod, INDEX_IGNORED_FAILURE_COUNT);
}

/** Takes the tracking finalizer off a pod: the job has counted it. */
export function releaseFinalizer(api: ObjectApi, pod: Pod): void {
  const current = api.byUid(pod.metadata.uid) as Pod | undefined;
  if (!current || !isTracked(current)) return;
  const finalizers = (current.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING_FINALIZER);
  const metadata = { ...current.metadata };
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  api.update({ ...current, metadata });
}

/**
 * The pods that are the job's and not yet counted for good: those it controls and whose labels still fit; orphans that
 * fit are adopted, pods that fit no more are released. Source: pkg/controller/controller_ref_manager.go.
 */
export function claimPods(api: ObjectApi, job: Job): Pod[] {
  const selector = fromLabelSelector(job.spec.selector);
  const { uid, namespace } = job.metadata;
  const claimed: Pod[] = [];
  for (const pod of api.by(openPodsByJob, uid)) {
    if (matches(selector, pod.metadata.labels)) claimed.push(pod);
    else release(api, pod, uid);
  }
  if (job.metadata.deletionTimestamp !== undefined) return claimed;
  for (const pod of orphansMatching(api, orphanPods, namespace, selector)) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const adopted = adopt(api, pod, job);
    if (adopted) claimed.push(adopted);
  }
  return claimed;
}

function adopt(api: ObjectApi, pod: Pod, job: Job): Pod | undefined {
  const finalizers = pod.metadata.finalizers ?? [];
  const metadata = {
    ...pod.metadata,
    ownerReferences: [...(pod.metadata.ownerReferences ?? []), newControllerRef(job)],
    finalizers: finalizers.includes(TRACKING_FINALIZER) ? finalizers : [...finalizers, TRACKING_FINALIZER],
  };
  const result = api.update({ ...pod, metadata });
  return result.ok ? result.value : undefined;
}

function release(api: ObjectApi, pod: Pod, uid: string): void {
  const ownerReferences = (pod.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
  const finalizers = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING_FINALIZER);
  const metadata = { ...pod.metadata, ownerReferences, finalizers };
  if (ownerReferences.length === 0) delete (metadata as Partial<typeof metadata>).ownerReferences;
  if (finalizers.length === 0) delete (metadata as Partial<typeof metadata>).finalizers;
  if (!deepEqual(metadata, pod.metadata)) api.update({ ...pod, metadata });
}
