import { describe, expect } from 'vitest';
import { CronJob } from '../../src/kinds/cronjob/types.ts';
import { Job } from '../../src/kinds/job/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { controllerRef } from '../../src/machinery/object.ts';
import { toTimestamp } from '../../src/machinery/time.ts';
import type { Model } from '../support/model.ts';
import {
  annotate,
  apply,
  cluster,
  deleteObject,
  found,
  label,
  MINUTE_MS,
  removeAll,
  SECOND_MS,
  update,
  updateStatus,
  watched,
} from './cluster.ts';
import { conformance } from './conformance.ts';

function cronJob(spec: string, command = 'sleep infinity'): string {
  return `
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick, labels: {special: tick}}
spec:
  schedule: '*/1 * * * *'
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{name: c, image: busybox, command: ${JSON.stringify(command.split(' '))}}]
${spec}`;
}

const activeJobs = (model: Model) => found(model, CronJob, 'tick').status.active ?? [];
const jobNames = (model: Model) => model.view.list(Job).map(({ metadata }) => metadata.name);

describe('CronJob', () => {
  conformance('CronJob: schedule multiple jobs concurrently', () => {
    const model = cluster();
    apply(model, cronJob('  concurrencyPolicy: Allow'));
    model.run(3 * MINUTE_MS);
    expect(activeJobs(model).length).toBeGreaterThanOrEqual(2);
    expect(jobNames(model).length).toBeGreaterThanOrEqual(2);
    deleteObject(model, CronJob, 'tick');
    expect(model.view.list(CronJob)).toEqual([]);
  });

  conformance('CronJob: not schedule jobs when suspended', () => {
    const model = cluster();
    apply(model, cronJob('  suspend: true'));
    model.run(5 * MINUTE_MS);
    expect(jobNames(model)).toEqual([]);
    expect(activeJobs(model)).toEqual([]);
  });

  conformance('CronJob: not schedule new jobs when ForbidConcurrent', () => {
    const model = cluster();
    apply(model, cronJob('  concurrencyPolicy: Forbid'));
    model.run(1.5 * MINUTE_MS);
    const [first] = activeJobs(model);
    expect(activeJobs(model)).toHaveLength(1);
    model.run(5 * MINUTE_MS);
    expect(activeJobs(model)).toEqual([first]);
    expect(jobNames(model)).toEqual([first?.name]);
  });

  conformance('CronJob: replace jobs when ReplaceConcurrent', () => {
    const model = cluster();
    apply(model, cronJob('  concurrencyPolicy: Replace'));
    model.run(1.5 * MINUTE_MS);
    const [first] = activeJobs(model);
    expect(activeJobs(model)).toHaveLength(1);
    model.run(MINUTE_MS);
    expect(activeJobs(model)).toHaveLength(1);
    expect(activeJobs(model)[0]?.name).not.toBe(first?.name);
    expect(jobNames(model)).toEqual([activeJobs(model)[0]?.name]);
  });

  conformance('CronJob: support CronJob API operations', () => {
    const model = cluster();
    apply(model, cronJob('  concurrencyPolicy: Allow', 'sleep 1'));
    expect(model.view.list(CronJob, 'default')).toHaveLength(1);
    const { uid, creationTimestamp } = found(model, CronJob, 'tick').metadata;
    annotate(model, CronJob, 'tick', { patched: 'true' });
    annotate(model, CronJob, 'tick', { updated: 'true' });
    expect(found(model, CronJob, 'tick').metadata).toMatchObject({
      annotations: { patched: 'true', updated: 'true' },
      uid,
    });
    updateStatus(model, CronJob, 'tick', (status) => ({ ...status, lastScheduleTime: creationTimestamp }));
    expect(found(model, CronJob, 'tick').status.lastScheduleTime).toBe(creationTimestamp);
    const later = toTimestamp(model.view.now + SECOND_MS);
    updateStatus(model, CronJob, 'tick', (status) => ({ ...status, lastScheduleTime: later }));
    expect(found(model, CronJob, 'tick').status.lastScheduleTime).toBe(later);
    deleteObject(model, CronJob, 'tick');
    expect(model.view.list(CronJob)).toEqual([]);
    const changes = watched(model, CronJob.key, 'tick');
    expect([changes[0], changes.at(-1)]).toEqual(['ADDED', 'DELETED']);
    apply(model, cronJob('  concurrencyPolicy: Allow', 'sleep 1'));
    removeAll(model, CronJob);
    expect(model.view.list(CronJob)).toEqual([]);
  });
});

interface JobParts {
  image?: string;
  command?: string;
  restartPolicy?: string;
}

function job(spec: string, { image = 'busybox', command, restartPolicy = 'Never' }: JobParts = {}): string {
  const words = command === undefined ? '' : `, command: ${JSON.stringify(['sh', '-c', command])}`;
  return `
apiVersion: batch/v1
kind: Job
metadata: {name: work, labels: {e2e-job-label: work}}
spec:
  template:
    spec:
      restartPolicy: ${restartPolicy}
      containers: [{name: c, image: ${image}${words}}]
${spec}`;
}

const FOREVER = { command: 'sleep infinity' };
const AT_ONCE_TWO = '  parallelism: 2\n  completions: 4';

function podsOf(model: Model): Pod[] {
  const { uid } = found(model, Job, 'work').metadata;
  return model.view.list(Pod).filter((pod) => controllerRef(pod)?.uid === uid);
}

function conditions(model: Model): Record<string, string | undefined> {
  const list = found(model, Job, 'work').status.conditions ?? [];
  return Object.fromEntries(list.filter(({ status }) => status === 'True').map(({ type, reason }) => [type, reason]));
}

const runningPods = (model: Model) => podsOf(model).filter(({ status }) => status.phase === 'Running');

describe('Job', () => {
  conformance('Job: run to completion when tasks sometimes fail and are locally restarted', () => {
    const model = cluster();
    model.create(`
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: flaky}
spec: {image: flaky, runTime: 1s, exitCodes: [1, 0]}
`);
    apply(model, job(AT_ONCE_TWO, { image: 'flaky', restartPolicy: 'OnFailure' }));
    model.run(3 * MINUTE_MS);
    expect(conditions(model)).toHaveProperty('Complete');
    const pods = podsOf(model);
    expect(pods.map(({ status }) => status.phase)).toEqual(['Succeeded', 'Succeeded', 'Succeeded', 'Succeeded']);
    expect(pods.map(({ status }) => status.containerStatuses?.[0]?.restartCount)).toEqual([1, 1, 1, 1]);
  });

  conformance('Job: Indexed job pods get completion indexes and hostname', () => {
    const model = cluster();
    apply(model, job(`${AT_ONCE_TWO}\n  completionMode: Indexed`, { command: 'exit 0' }));
    model.run(2 * MINUTE_MS);
    expect(conditions(model)).toHaveProperty('Complete');
    const pods = podsOf(model).filter(({ status }) => status.phase === 'Succeeded');
    const indexes = pods.map(({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-completion-index']);
    expect(new Set(indexes)).toEqual(new Set(['0', '1', '2', '3']));
    expect(indexes).toHaveLength(4);
    expect(pods.map(({ spec }) => spec.hostname)).toEqual(indexes.map((index) => `work-${index}`));
  });

  conformance('Job: pod failure policy on exit code fails the job early', () => {
    const model = cluster();
    const rule = '{action: FailJob, onExitCodes: {containerName: c, operator: In, values: [1]}}';
    apply(model, job(`${AT_ONCE_TWO}\n  podFailurePolicy: {rules: [${rule}]}`, { command: 'exit 1' }));
    model.run(MINUTE_MS);
    expect(conditions(model)).toMatchObject({ Failed: 'PodFailurePolicy' });
    expect(found(model, Job, 'work').status.failed).toBeLessThanOrEqual(2);
  });

  conformance('Job: pod failure policy ignores failure matching DisruptionTarget', () => {
    const model = cluster();
    const rule = '{action: Ignore, onPodConditions: [{type: DisruptionTarget, status: "True"}]}';
    const spec = `  parallelism: 2\n  completions: 4\n  backoffLimit: 0\n  podFailurePolicy: {rules: [${rule}]}`;
    apply(model, job(spec, { command: 'sleep 30' }));
    model.runUntil(() => runningPods(model).length === 2);
    const [evicted] = podsOf(model);
    const name = evicted?.metadata.name;
    expect(
      model.command('evictPod', { target: { kindKey: 'Pod', namespace: 'default', name } }).errors,
    ).toBeUndefined();
    model.run(5 * MINUTE_MS);
    expect(conditions(model)).toHaveProperty('Complete');
    expect(conditions(model)).not.toHaveProperty('Failed');
    expect(found(model, Job, 'work').status).toMatchObject({ succeeded: 4 });
    expect(found(model, Job, 'work').status.failed ?? 0).toBe(0);
  });

  conformance('Job: delete a job', () => {
    const model = cluster();
    apply(model, job(AT_ONCE_TWO, FOREVER));
    model.runUntil(() => runningPods(model).length === 2);
    deleteObject(model, Job, 'work');
    model.run(MINUTE_MS);
    expect(model.view.list(Job)).toEqual([]);
    expect(model.view.list(Pod)).toEqual([]);
  });

  conformance('Job: adopt matching orphans and release non-matching pods', () => {
    const model = cluster();
    apply(model, job(AT_ONCE_TWO, FOREVER));
    model.runUntil(() => runningPods(model).length === 2);
    const name = podsOf(model)[0]?.metadata.name ?? '';
    update(model, Pod, name, ({ metadata, ...pod }) => ({ ...pod, metadata: { ...metadata, ownerReferences: [] } }));
    model.run(MINUTE_MS);
    expect(controllerRef(found(model, Pod, name))?.uid).toBe(found(model, Job, 'work').metadata.uid);
    update(model, Pod, name, ({ metadata, ...pod }) => ({ ...pod, metadata: { ...metadata, labels: {} } }));
    model.run(MINUTE_MS);
    expect(controllerRef(found(model, Pod, name))).toBeUndefined();
    expect(runningPods(model)).toHaveLength(2);
  });

  conformance('Job: apply changes to a job status', () => {
    const model = cluster();
    apply(model, job(AT_ONCE_TWO, FOREVER));
    model.runUntil(() => runningPods(model).length === 2);
    const custom = (status: 'True' | 'False') => ({
      type: 'CustomConditionType',
      status,
      lastTransitionTime: toTimestamp(model.view.now),
    });
    const customConditions = () =>
      found(model, Job, 'work').status.conditions?.filter(({ type }) => type === 'CustomConditionType');
    for (const status of ['True', 'False'] as const) {
      updateStatus(model, Job, 'work', (before) => ({ ...before, conditions: [custom(status)] }));
      expect(customConditions()).toEqual([custom(status)]);
      annotate(model, Job, 'work', { patchedstatus: 'true' });
      expect(found(model, Job, 'work').metadata.annotations).toMatchObject({ patchedstatus: 'true' });
      expect(customConditions()).toHaveLength(1);
    }
  });

  conformance('Job: manage the lifecycle of a job', () => {
    const model = cluster();
    apply(model, job(`${AT_ONCE_TWO}\n  suspend: true`, { command: 'exit 0' }));
    label(model, Job, 'work', { work: 'patched' });
    expect(found(model, Job, 'work').metadata.labels).toMatchObject({ work: 'patched', 'e2e-job-label': 'work' });
    model.run(MINUTE_MS);
    expect(podsOf(model)).toEqual([]);
    update(model, Job, 'work', (stored) => ({
      ...stored,
      metadata: { ...stored.metadata, annotations: { updated: 'true' } },
      spec: { ...stored.spec, suspend: false },
    }));
    expect(found(model, Job, 'work').metadata.annotations).toMatchObject({ updated: 'true' });
    model.run(2 * MINUTE_MS);
    expect(conditions(model)).toHaveProperty('Complete');
    const all = model.view.list(Job).filter(({ metadata }) => metadata.labels?.['e2e-job-label'] === 'work');
    expect(all).toHaveLength(1);
    removeAll(model, Job);
    model.run(MINUTE_MS);
    expect(model.view.list(Job)).toEqual([]);
    expect(watched(model, Job.key, 'work').at(-1)).toBe('DELETED');
  });
});
