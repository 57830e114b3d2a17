import type { IJobSpec } from 'kubernetes-models/batch/v1/JobSpec';
import type { IPodFailurePolicy } from 'kubernetes-models/batch/v1/PodFailurePolicy';
import type { ISuccessPolicy } from 'kubernetes-models/batch/v1/SuccessPolicy';
import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import { controllerRef, type KubeObject } from '../../machinery/object.ts';
import type { LabelSelector } from '../../machinery/selector.ts';
import { Pod, type PodTemplateSpec } from '../pod/types.ts';

export type PodFailurePolicy = IPodFailurePolicy;
export type SuccessPolicy = ISuccessPolicy;

/** batch/v1 JobSpec after defaulting. */
export type JobSpec = Omit<IJobSpec, 'template' | 'selector'> & {
  template: PodTemplateSpec;
  selector?: LabelSelector;
  parallelism: number;
  backoffLimit: number;
  completionMode: 'NonIndexed' | 'Indexed';
  suspend: boolean;
  podReplacementPolicy: 'TerminatingOrFailed' | 'Failed';
};

export interface JobCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastProbeTime?: string;
  lastTransitionTime?: string;
}

export interface JobStatus {
  active?: number;
  succeeded?: number;
  failed?: number;
  ready?: number;
  terminating?: number;
  completedIndexes?: string;
  failedIndexes?: string;
  conditions?: JobCondition[];
  startTime?: string;
  completionTime?: string;
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] };
}

/** What the job controller keeps in its memory. */
export interface JobRuntime {
  /** How often pods failed since the last success, and when last. */
  backoff?: BackoffRecord;
  /** After pods could not be made: how often in a row, when to try again, and for which spec. */
  retry?: { failures: number; atMs: number; generation: number };
}

export interface BackoffRecord {
  failuresAfterLastSuccess: number;
  lastFailureTimeMs?: number;
}

export interface Job extends KubeObject {
  spec: JobSpec;
  status: JobStatus;
  runtime?: JobRuntime;
}

export const Job = defineKind<Job>({
  apiVersion: 'batch/v1',
  kind: 'Job',
  plural: 'jobs',
  namespaced: true,
});

/** Jobs by the uid of the CronJob that controls them. */
export const jobsByCronJob: Index<Job> = {
  name: 'jobs by CronJob',
  kind: Job,
  keys: (job) => {
    const owner = controllerRef(job);
    return owner?.kind === 'CronJob' ? owner.uid : undefined;
  },
};

/**
 * The pods that a job still has to look at, by the job's uid: all it controls but those that have ended and are counted.
 * A pod that lost the job's label is among them, because it must be let go.
 */
export const openPodsByJob: Index<Pod> = {
  name: 'open pods by Job',
  kind: Pod,
  keys(pod) {
    const owner = controllerRef(pod);
    if (owner?.kind !== 'Job') return undefined;
    const { phase } = pod.status;
    const isCounted =
      (phase === 'Succeeded' || phase === 'Failed') && !pod.metadata.finalizers?.includes(TRACKING_FINALIZER);
    return isCounted && pod.metadata.labels?.[CONTROLLER_UID] === owner.uid ? undefined : owner.uid;
  },
};

/** Jobs whose selector was written by hand, by namespace: they may adopt pods. */
export const jobsWithManualSelector: Index<Job> = {
  name: 'jobs with a manual selector',
  kind: Job,
  keys: (job) => (job.spec.manualSelector ? job.metadata.namespace : undefined),
};

export const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
/** Keeps a finished pod until the job has counted it. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index';
export const INDEX_FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';
export const INDEX_IGNORED_FAILURE_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count';
