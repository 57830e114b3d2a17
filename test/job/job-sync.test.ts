import { describe, expect, it } from 'vitest';
import { COMPLETION_INDEX, Job, TRACKING_FINALIZER, type JobSpec } from '../../src/kinds/job/types.ts';
import { Pod, type PodPhase } from '../../src/kinds/pod/types.ts';
import { newControllerRef } from '../../src/machinery/object.ts';
import { HOUR_MS, toTimestamp } from '../../src/machinery/time.ts';
import type { ObjectApi } from '../../src/machinery/controller.ts';
import type { Model } from '../support/model.ts';
import { jobModel } from './job-model.ts';

/** A pod that is there when the job's controller first looks; words: phase, "ready", "terminating", "#index". */
type Given = string;

interface Row {
  name: string;
  spec: Partial<JobSpec>;
  given?: readonly Given[];
  deleting?: boolean;
  /** Undefined fields of the status count as 0. */
  status: { active?: number; ready?: number; succeeded?: number; failed?: number; terminating?: number };
  completed?: string;
  created?: number;
  createdIndexes?: readonly number[];
  conditions?: readonly string[];
}

const COMPLETE = ['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached'];
const BACKOFF = ['FailureTarget=True BackoffLimitExceeded', 'Failed=True BackoffLimitExceeded'];
const times = (count: number, words: Given): Given[] => Array.from({ length: count }, () => words);

/** Cases of TestControllerSyncJob, with the features of v1.36; where it needs two syncs, what both make of it. */
const ROWS: readonly Row[] = [
  { name: 'a job starts', spec: { parallelism: 2, completions: 5 }, status: { active: 2 }, created: 2 },
  { name: 'a job without completions starts', spec: { parallelism: 2 }, status: { active: 2 }, created: 2 },
  {
    name: 'pending pods are active',
    spec: { parallelism: 2, completions: 5 },
    given: times(2, 'Pending'),
    status: { active: 2 },
  },
  {
    name: 'ready pods are counted',
    spec: { parallelism: 3, completions: 5 },
    given: ['Running', 'Running ready', 'Running ready'],
    status: { active: 3, ready: 2 },
  },
  {
    name: 'a success makes room for the next',
    spec: { parallelism: 2, completions: 5 },
    given: ['Running', 'Succeeded'],
    status: { active: 2, succeeded: 1 },
    created: 1,
  },
  {
    name: 'a terminating pod is not replaced before it has failed, with podReplacementPolicy Failed',
    spec: { parallelism: 1, completions: 1, podReplacementPolicy: 'Failed' },
    given: ['Running terminating'],
    status: { terminating: 1 },
  },
  {
    name: 'a terminating pod has failed and is replaced, with TerminatingOrFailed',
    spec: { parallelism: 2, completions: 5 },
    given: ['Running terminating'],
    status: { terminating: 1, failed: 1 },
    created: 0,
  },
  {
    name: 'surplus pods go, more terminating ones than parallelism or not',
    spec: { parallelism: 1, completions: 1, podReplacementPolicy: 'Failed' },
    given: [...times(2, 'Running'), ...times(4, 'Running terminating')],
    status: { active: 1, terminating: 5 },
  },
  {
    name: 'too many active pods',
    spec: { parallelism: 2, completions: 5 },
    given: times(3, 'Running ready'),
    status: { active: 2, ready: 2, terminating: 1 },
  },
  {
    name: 'many more active pods than parallelism',
    spec: { parallelism: 2, completions: 5 },
    given: times(10, 'Running'),
    status: { active: 2, terminating: 8 },
  },
  {
    name: 'more active pods than completions that are left',
    spec: { parallelism: 3, completions: 4 },
    given: [...times(3, 'Running'), ...times(2, 'Succeeded')],
    status: { active: 2, succeeded: 2, terminating: 1 },
  },
  {
    name: 'a success forgets the failures before it',
    spec: { parallelism: 2, completions: 5 },
    given: ['Running', 'Succeeded', 'Failed'],
    status: { active: 2, succeeded: 1, failed: 1 },
    created: 1,
  },
  {
    name: 'a failure is replaced',
    spec: { parallelism: 2, completions: 5 },
    given: ['Running', 'Failed'],
    status: { active: 2, failed: 1 },
    created: 1,
  },
  {
    name: 'a job finishes',
    spec: { parallelism: 2, completions: 5 },
    given: times(5, 'Succeeded'),
    status: { succeeded: 5 },
    conditions: COMPLETE,
  },
  {
    name: 'a job without completions waits for the pods that run',
    spec: { parallelism: 2 },
    given: ['Running', 'Succeeded'],
    status: { active: 1, succeeded: 1 },
  },
  {
    name: 'a job without completions is complete despite a failure',
    spec: { parallelism: 2 },
    given: ['Succeeded', 'Failed'],
    status: { succeeded: 1, failed: 1 },
    conditions: COMPLETE,
  },
  {
    name: 'a job that is being deleted counts, and neither makes nor deletes pods',
    spec: { parallelism: 2, completions: 5 },
    given: ['Pending', 'Running', 'Succeeded'],
    deleting: true,
    status: { active: 2, succeeded: 1 },
  },
  {
    name: 'a job that is being deleted may fail',
    spec: { parallelism: 2, completions: 5, backoffLimit: 0 },
    given: ['Failed'],
    deleting: true,
    status: { failed: 1 },
    conditions: BACKOFF,
  },
  {
    name: 'a failing job counts its running pods as failed, and is Failed when they are gone',
    spec: { parallelism: 2, completions: 3, backoffLimit: 0 },
    given: ['Running ready', 'Running ready', 'Failed'],
    status: { failed: 3, terminating: 2 },
    conditions: BACKOFF.slice(0, 1),
  },
  {
    name: 'suspending deletes active pods and counts none of them',
    spec: { parallelism: 2, completions: 4, suspend: true },
    given: times(2, 'Running ready'),
    status: { terminating: 2 },
    conditions: ['Suspended=True JobSuspended'],
  },
  {
    name: 'a suspended job that is being deleted stays as it is',
    spec: { parallelism: 2, completions: 4, suspend: true },
    given: times(2, 'Running'),
    deleting: true,
    status: { active: 2 },
  },
  {
    name: 'an indexed job of which a pod is terminating does not take its index, with podReplacementPolicy Failed',
    spec: { parallelism: 2, completions: 5, completionMode: 'Indexed', podReplacementPolicy: 'Failed' },
    given: ['Running terminating #0'],
    status: { active: 1, terminating: 1 },
    createdIndexes: [1],
  },
  {
    name: 'an indexed job completes although an index has failed once',
    spec: { parallelism: 2, completions: 3, completionMode: 'Indexed' },
    given: ['Succeeded #0', 'Failed #1', 'Succeeded #1', 'Succeeded #2'],
    status: { succeeded: 3, failed: 1 },
    completed: '0-2',
    conditions: COMPLETE,
  },
  {
    name: 'an indexed job fails, and counts the pod that runs',
    spec: { parallelism: 2, completions: 3, completionMode: 'Indexed', backoffLimit: 0 },
    given: ['Succeeded #0', 'Failed #1', 'Running #2'],
    status: { succeeded: 1, failed: 2, terminating: 1 },
    completed: '0',
    conditions: BACKOFF.slice(0, 1),
  },
  {
    name: 'failed indexes are run again',
    spec: { parallelism: 3, completions: 4, completionMode: 'Indexed' },
    given: ['Failed #0', 'Pending #1', 'Failed #2'],
    status: { active: 3, failed: 2 },
    createdIndexes: [0, 2],
  },
  {
    name: 'pods without an index count for nothing and go',
    spec: { parallelism: 2, completions: 5, completionMode: 'Indexed' },
    given: [
      'Running',
      'Succeeded',
      'Failed',
      'Running #invalid',
      'Succeeded #invalid',
      'Failed #invalid',
      'Running #invalid',
      'Succeeded #0',
      'Running #1',
      'Running #2',
    ],
    status: { active: 2, succeeded: 1, terminating: 3 },
    completed: '0',
  },
  {
    name: 'of repeated indexes one pod stays',
    spec: { parallelism: 2, completions: 5, completionMode: 'Indexed' },
    given: ['Succeeded #0', 'Running #1', 'Running #2', 'Running #2'],
    status: { active: 2, succeeded: 1, terminating: 1 },
    completed: '0',
  },
];

function give(api: ObjectApi, job: Job, words: Given, position: number): void {
  const parts = words.split(' ');
  const index = parts.find((part) => part.startsWith('#'))?.slice(1);
  const result = api.create<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `given-${position}`,
      namespace: 'default',
      labels: job.spec.template.metadata?.labels ?? {},
      ...(index === undefined ? {} : { annotations: { [COMPLETION_INDEX]: index } }),
      finalizers: [TRACKING_FINALIZER],
      ownerReferences: [newControllerRef(job)],
    },
    spec: { ...job.spec.template.spec, nodeName: 'node-1' },
    status: { phase: 'Pending' },
  });
  if (!result.ok) throw new Error(result.error.message);
  const phase = parts[0] as PodPhase;
  const ended = phase === 'Succeeded' || phase === 'Failed';
  // Long ago, so that no back-off is running; a success comes after a failure.
  const finishedAt = toTimestamp(api.now - HOUR_MS + (phase === 'Succeeded' ? 1000 : 0));
  const state = ended ? { terminated: { exitCode: phase === 'Failed' ? 1 : 0, finishedAt } } : { running: {} };
  const containerStatuses = [
    { name: 'main', restartCount: 0, state },
  ] as unknown as Pod['status']['containerStatuses'] & object;
  const conditions = [
    { type: 'Ready', status: parts.includes('ready') ? 'True' : 'False' },
  ] as Pod['status']['conditions'] & object;
  const stored = api.updateStatus({ ...result.value, status: { phase, containerStatuses, conditions } });
  if (stored.ok && parts.includes('terminating')) api.delete(stored.value);
}

function newJob(spec: Partial<JobSpec>): unknown {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'work', namespace: 'default', finalizers: ['example.com/keep'] },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } }, ...spec },
  };
}

function start({ spec, given = [], deleting }: Row): Model {
  const model = jobModel();
  model.do((api) => {
    const created = api.create(newJob(spec) as Job);
    if (!created.ok) throw new Error(created.error.message);
    for (const [position, words] of given.entries()) give(api, created.value as Job, words, position);
    if (deleting) api.delete(created.value, { propagation: 'Background' });
  });
  return model;
}

describe('one look at a job', () => {
  it.each(ROWS)('$name', (row) => {
    const model = start(row);
    const { status } = model.view.get(Job, 'default', 'work') as Job;
    const { active = 0, ready = 0, succeeded = 0, failed = 0, terminating = 0 } = status;
    const wanted = { active: 0, ready: 0, succeeded: 0, failed: 0, terminating: 0, ...row.status };
    expect({ active, ready, succeeded, failed, terminating }).toEqual(wanted);
    expect(status.completedIndexes ?? '').toBe(row.completed ?? '');
    const conditions = (status.conditions ?? []).map((one) => `${one.type}=${one.status} ${one.reason}`);
    expect(conditions).toEqual(row.conditions ?? []);
    const made = model.view.list(Pod).filter(({ metadata }) => !metadata.name.startsWith('given-'));
    expect(made).toHaveLength(row.createdIndexes?.length ?? row.created ?? 0);
    const indexes = made.map(({ metadata }) => Number(metadata.annotations?.[COMPLETION_INDEX]));
    if (row.createdIndexes) expect(indexes).toEqual(row.createdIndexes);
    expect(status.startTime === undefined).toBe(row.spec.suspend === true);
    const again = model.restarted();
    expect(again.versions).toEqual([]);
    expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
  });
});
