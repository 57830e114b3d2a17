import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { COMPLETION_INDEX, Job, TRACKING_FINALIZER, type JobSpec } from '../../src/kinds/job/types.ts';
import { Pod, type PodPhase } from '../../src/kinds/pod/types.ts';
import { newControllerRef, type NewObject } from '../../src/machinery/object.ts';
import { toTimestamp } from '../../src/machinery/time.ts';
import type { Model } from '../support/model.ts';
import { jobModel } from './job-model.ts';

function newJob(spec: Partial<JobSpec> & { restartPolicy?: string }): NewObject {
  const { restartPolicy = 'Never', ...rest } = spec;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'work', namespace: 'default' },
    spec: {
      template: { spec: { restartPolicy, containers: [{ name: 'main', image: 'busybox' }] } },
      ...rest,
    },
  };
}

const job = (model: Model) => model.view.get(Job, 'default', 'work')!;
const pods = (model: Model) => model.view.list(Pod).filter((pod) => pod.metadata.deletionTimestamp === undefined);
const conditions = (model: Model) =>
  (job(model).status.conditions ?? [])
    .filter(({ status }) => status === 'True')
    .map(({ type, reason }) => `${type} ${reason}`);
const reasons = (model: Model) => model.view.list(Event).map(({ reason, message }) => `${reason}: ${message}`);

function setPhase(model: Model, pod: Pod, phase: PodPhase, exitCode = phase === 'Failed' ? 1 : 0): void {
  model.do((api) => {
    const current = api.byUid(pod.metadata.uid) as Pod;
    const ended = phase === 'Failed' || phase === 'Succeeded';
    const finishedAt = toTimestamp(api.now);
    const state = ended
      ? { terminated: { exitCode, finishedAt, startedAt: finishedAt, reason: 'Done' } }
      : { running: { startedAt: finishedAt } };
    const containerStatuses = [
      { name: 'main', image: 'busybox', imageID: '', ready: !ended, restartCount: 0, state },
    ] as Pod['status']['containerStatuses'] & object;
    const ready = { type: 'Ready', status: ended ? 'False' : 'True', lastTransitionTime: finishedAt } as const;
    api.updateStatus({ ...current, status: { ...current.status, phase, containerStatuses, conditions: [ready] } });
  });
}

describe('a job', () => {
  it('runs one pod to completion and is complete', () => {
    const model = jobModel();
    model.create(newJob({}));
    expect(pods(model)).toHaveLength(1);
    const [pod] = pods(model);
    expect(pod?.metadata.finalizers).toEqual([TRACKING_FINALIZER]);
    expect(pod?.metadata.labels).toMatchObject({ 'job-name': 'work', 'batch.kubernetes.io/job-name': 'work' });
    expect(job(model).status).toMatchObject({ active: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    setPhase(model, pod!, 'Succeeded');
    expect(job(model).status).toMatchObject({ succeeded: 1, ready: 0, completionTime: '2026-01-01T00:00:00Z' });
    expect(job(model).status.active).toBeUndefined();
    expect(conditions(model)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached']);
    expect(model.view.list(Pod)[0]?.metadata.finalizers).toBeUndefined();
    expect(reasons(model).at(-1)).toBe('Completed: Job completed');
  });

  it('never runs more pods than its parallelism or the completions that are left', () => {
    const model = jobModel();
    model.create(newJob({ completions: 5, parallelism: 2 }));
    const counts: number[] = [];
    for (let done = 0; done < 5; done++) {
      const running = pods(model).filter(({ status }) => status.phase === 'Pending');
      counts.push(running.length);
      setPhase(model, running[0]!, 'Succeeded');
    }
    expect(counts).toEqual([2, 2, 2, 2, 1]);
    expect(job(model).status.succeeded).toBe(5);
  });

  it('waits 10 s after the first failure, 20 s after the second, and fails when the limit is passed', () => {
    const model = jobModel();
    model.create(newJob({ backoffLimit: 2 }));
    const pending = () => pods(model).filter(({ status }) => status.phase === 'Pending');
    setPhase(model, pending()[0]!, 'Failed');
    expect(pending()).toHaveLength(0);
    model.run(9_999);
    expect(pending()).toHaveLength(0);
    model.run(1);
    expect(pending()).toHaveLength(1);
    setPhase(model, pending()[0]!, 'Failed');
    model.run(19_999);
    expect(pending()).toHaveLength(0);
    model.run(1);
    setPhase(model, pending()[0]!, 'Failed');
    expect(job(model).status.failed).toBe(3);
    expect(conditions(model)).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded']);
    expect(reasons(model).at(-1)).toBe('BackoffLimitExceeded: Job has reached the specified backoff limit');
  });

  it('ends its active pods when it fails and waits for them before it is Failed', () => {
    const model = jobModel();
    model.create(newJob({ completions: 3, parallelism: 3, backoffLimit: 0 }));
    const [first, second] = pods(model);
    model.do((api) => api.update({ ...second!, spec: { ...second!.spec, nodeName: 'node-1' } }));
    setPhase(model, model.view.byUid(second!.metadata.uid) as Pod, 'Running');
    setPhase(model, first!, 'Failed');
    expect(job(model).status).toMatchObject({ failed: 3 });
    const left = model.view.byUid(second!.metadata.uid) as Pod;
    expect(left.metadata.deletionTimestamp).toBe('2026-01-01T00:00:30Z');
    expect(conditions(model)).toEqual(['FailureTarget BackoffLimitExceeded']);
    expect(job(model).status.terminating).toBe(1);
    model.do((api) => api.delete(left, { gracePeriodSeconds: 0 }));
    expect(conditions(model)).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded']);
  });

  it('is past its deadline after activeDeadlineSeconds', () => {
    const model = jobModel();
    model.create(newJob({ activeDeadlineSeconds: 30 }));
    model.run(29_999);
    expect(conditions(model)).toEqual([]);
    model.run(1);
    expect(conditions(model)).toEqual(['FailureTarget DeadlineExceeded', 'Failed DeadlineExceeded']);
    expect(job(model).status.failed).toBe(1);
  });

  it('is deleted ttlSecondsAfterFinished after its end', () => {
    const model = jobModel();
    model.create(newJob({ ttlSecondsAfterFinished: 60 }));
    setPhase(model, pods(model)[0]!, 'Succeeded');
    model.run(60_000);
    expect(job(model)?.metadata.deletionTimestamp).toBeDefined();
  });

  it('suspends by ending its pods and starts anew when it resumes', () => {
    const model = jobModel();
    model.create(newJob({ parallelism: 2, completions: 4 }));
    model.command('suspendJob', { target: { kindKey: 'Job', namespace: 'default', name: 'work' } });
    expect(pods(model)).toHaveLength(0);
    expect(conditions(model)).toEqual(['Suspended JobSuspended']);
    model.run(5000);
    model.command('resumeJob', { target: { kindKey: 'Job', namespace: 'default', name: 'work' } });
    expect(pods(model)).toHaveLength(2);
    expect(job(model).status).toMatchObject({ active: 2, startTime: '2026-01-01T00:00:05Z' });
    expect(reasons(model)).toContain('Resumed: Job resumed');
    expect(job(model).status.failed).toBeUndefined();
  });

  it('without completions is done when one pod has succeeded and none is active', () => {
    const model = jobModel();
    model.create(newJob({ parallelism: 2 }));
    const [first, second] = pods(model);
    setPhase(model, first!, 'Succeeded');
    expect(conditions(model)).toEqual([]);
    setPhase(model, second!, 'Failed');
    expect(conditions(model)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached']);
    expect(job(model).status).toMatchObject({ succeeded: 1, failed: 1 });
  });

  it('fails at once when a rule of its failure policy says so, and does not count what a rule ignores', () => {
    const model = jobModel();
    const rules = [
      { action: 'Ignore', onExitCodes: { operator: 'In', values: [3] } },
      { action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [5] } },
    ] as NonNullable<JobSpec['podFailurePolicy']>['rules'];
    model.create(newJob({ parallelism: 2, completions: 2, podFailurePolicy: { rules } }));
    setPhase(model, pods(model)[0]!, 'Failed', 3);
    expect(job(model).status.failed).toBeUndefined();
    const victim = pods(model).find(({ status }) => status.phase === 'Pending')!;
    setPhase(model, victim, 'Failed', 5);
    const failed = job(model).status.conditions?.find(({ type }) => type === 'Failed');
    expect(failed).toMatchObject({
      reason: 'PodFailurePolicy',
      message: `Container main for pod default/${victim.metadata.name} failed with exit code 5 matching FailJob rule at index 1`,
    });
  });
});

interface IndexedRow {
  name: string;
  parallelism: number;
  completions: number;
  pods: readonly [index: string, phase: PodPhase][];
  completed: string;
  created: readonly number[];
  active: number;
  failed?: number;
}

/** Cases of TestControllerSyncJob: pods that are there, and what one sync makes of them. */
const INDEXED: readonly IndexedRow[] = [
  {
    name: 'starts with the lowest indexes',
    parallelism: 2,
    completions: 5,
    pods: [],
    completed: '',
    created: [0, 1],
    active: 2,
  },
  {
    name: 'counts a completed index once',
    parallelism: 2,
    completions: 3,
    pods: [
      ['0', 'Succeeded'],
      ['1', 'Succeeded'],
      ['1', 'Succeeded'],
    ],
    completed: '0,1',
    created: [2],
    active: 1,
  },
  {
    name: 'fills the gaps between running and completed indexes',
    parallelism: 8,
    completions: 20,
    pods: [
      ['0', 'Running'],
      ['2', 'Succeeded'],
      ['3', 'Pending'],
      ['4', 'Succeeded'],
      ['5', 'Succeeded'],
      ['7', 'Succeeded'],
      ['8', 'Succeeded'],
      ['9', 'Succeeded'],
    ],
    completed: '2,4,5,7-9',
    created: [1, 6, 10, 11, 12, 13],
    active: 8,
  },
  {
    name: 'neither counts nor keeps pods outside the range',
    parallelism: 2,
    completions: 5,
    pods: [
      ['0', 'Succeeded'],
      ['5', 'Running'],
      ['6', 'Succeeded'],
      ['8', 'Failed'],
    ],
    completed: '0',
    created: [1, 2],
    active: 2,
  },
];

describe('an indexed job', () => {
  it.each(INDEXED)('$name', (row) => {
    const model = jobModel();
    const { parallelism, completions } = row;
    model.create(newJob({ parallelism, completions, completionMode: 'Indexed', suspend: true }));
    const owner = job(model);
    model.do((api) => {
      for (const [position, [index, phase]] of row.pods.entries()) {
        const created = api.create<Pod>({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: {
            name: `given-${position}`,
            namespace: 'default',
            labels: owner.spec.template.metadata?.labels ?? {},
            annotations: { [COMPLETION_INDEX]: index },
            finalizers: [TRACKING_FINALIZER],
            ownerReferences: [newControllerRef(owner)],
          },
          spec: { ...owner.spec.template.spec, nodeName: 'node-1' },
          status: { phase: 'Pending' },
        });
        if (!created.ok) throw new Error(created.error.message);
        api.updateStatus({ ...created.value, status: { ...created.value.status, phase } });
      }
      api.update({ ...owner, spec: { ...owner.spec, suspend: false } });
    });
    const made = pods(model).filter(({ metadata }) => !metadata.name.startsWith('given-'));
    expect(made.map(({ metadata }) => Number(metadata.annotations?.[COMPLETION_INDEX])).sort((a, b) => a - b)).toEqual(
      row.created,
    );
    expect(job(model).status.completedIndexes ?? '').toBe(row.completed);
    expect(job(model).status.active).toBe(row.active);
  });

  it('gives each pod its index as name, hostname, label, annotation and variable', () => {
    const model = jobModel();
    model.create(newJob({ parallelism: 1, completions: 2, completionMode: 'Indexed' }));
    const [pod] = pods(model);
    expect(pod?.metadata.name).toMatch(/^work-0-[a-z0-9]{5}$/);
    expect(pod?.spec.hostname).toBe('work-0');
    expect(pod?.metadata.labels?.[COMPLETION_INDEX]).toBe('0');
    expect(pod?.metadata.annotations?.[COMPLETION_INDEX]).toBe('0');
    expect(pod?.spec.containers[0]?.env?.[0]).toMatchObject({
      name: 'JOB_COMPLETION_INDEX',
      valueFrom: { fieldRef: { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` } },
    });
  });

  it('fails an index after its own back-off limit and carries on with the others', () => {
    const model = jobModel();
    model.create(newJob({ parallelism: 2, completions: 2, completionMode: 'Indexed', backoffLimitPerIndex: 1 }));
    const ofIndex = (index: string) =>
      pods(model).find(
        ({ metadata, status }) => metadata.annotations?.[COMPLETION_INDEX] === index && status.phase === 'Pending',
      );
    setPhase(model, ofIndex('0')!, 'Failed');
    expect(ofIndex('0')).toBeUndefined();
    model.run(10_000);
    expect(ofIndex('0')?.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count']).toBe('1');
    setPhase(model, ofIndex('0')!, 'Failed');
    expect(job(model).status.failedIndexes).toBe('0');
    expect(conditions(model)).toEqual([]);
    setPhase(model, ofIndex('1')!, 'Succeeded');
    expect(job(model).status).toMatchObject({ completedIndexes: '1', failedIndexes: '0', succeeded: 1, failed: 2 });
    expect(conditions(model)).toEqual(['FailureTarget FailedIndexes', 'Failed FailedIndexes']);
  });

  it('succeeds early when a rule of its success policy holds', () => {
    const model = jobModel();
    const successPolicy = { rules: [{ succeededIndexes: '0' }] };
    model.create(newJob({ parallelism: 3, completions: 3, completionMode: 'Indexed', successPolicy }));
    setPhase(
      model,
      pods(model).find(({ spec }) => spec.hostname === 'work-0')!,
      'Succeeded',
    );
    expect(conditions(model)).toEqual(['SuccessCriteriaMet SuccessPolicy', 'Complete SuccessPolicy']);
    expect(job(model).status).toMatchObject({ succeeded: 1, completedIndexes: '0' });
    expect(job(model).status.failed ?? 0).toBe(0);
  });
});

describe('validation of jobs', () => {
  const restart = 'spec.template.spec.restartPolicy';
  it.each<[string, Partial<JobSpec> & { restartPolicy?: string }, string]>([
    [
      'wants a restart policy of its own',
      { restartPolicy: 'Always' },
      `${restart}: Required value: valid values: "OnFailure", "Never"`,
    ],
    [
      'refuses a negative parallelism',
      { parallelism: -1 },
      'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'wants completions for an indexed job',
      { completionMode: 'Indexed', parallelism: 1 },
      'spec.completions: Required value: when completion mode is Indexed',
    ],
    [
      'refuses a limit per index without indexes',
      { backoffLimitPerIndex: 1 },
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
    ],
  ])('%s', (_name, spec, message) => {
    expect(() => jobModel().create(newJob(spec))).toThrow(`Job.batch "work" is invalid: ${message}`);
  });

  it('keeps the template as it is', () => {
    const model = jobModel();
    model.create(newJob({}));
    let message = '';
    model.do((api) => {
      const template = {
        ...job(model).spec.template,
        spec: { ...job(model).spec.template.spec, restartPolicy: 'OnFailure' as const },
      };
      const result = api.update({ ...job(model), spec: { ...job(model).spec, template } });
      message = result.ok ? '' : result.error.message;
    });
    expect(message).toMatch(/spec\.template: Invalid value: .*: field is immutable$/);
  });
});
