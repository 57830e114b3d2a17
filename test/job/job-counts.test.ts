import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Job, TRACKING_FINALIZER, type JobSpec } from '../../src/kinds/job/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { toTimestamp } from '../../src/machinery/time.ts';
import type { Model } from '../support/model.ts';
import { jobModel } from './job-model.ts';

/** What may happen to a job; `which` picks one of its pods. */
type Step =
  | { do: 'succeed' | 'fail' | 'delete' | 'run'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'suspend' | 'resume' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('succeed', 'fail', 'delete', 'run'), which: fc.nat(20) }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1000, 10_000, 60_000, 700_000) }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constantFrom('suspend', 'resume') }) as fc.Arbitrary<Step>,
);

const spec: fc.Arbitrary<Partial<JobSpec>> = fc.record({
  parallelism: fc.integer({ min: 1, max: 5 }),
  completions: fc.integer({ min: 1, max: 8 }),
  completionMode: fc.constantFrom('Indexed', 'NonIndexed'),
  backoffLimit: fc.integer({ min: 0, max: 12 }),
  podReplacementPolicy: fc.constantFrom('Failed', 'TerminatingOrFailed'),
});

const TARGET = { target: { kindKey: 'Job', namespace: 'default', name: 'work' } };

function end(model: Model, pod: Pod, phase: 'Succeeded' | 'Failed'): void {
  model.do((api) => {
    const finishedAt = toTimestamp(api.now);
    const state = { terminated: { exitCode: phase === 'Failed' ? 1 : 0, finishedAt } };
    const containerStatuses = [
      { name: 'main', restartCount: 0, state },
    ] as unknown as Pod['status']['containerStatuses'] & object;
    api.updateStatus({ ...pod, status: { ...pod.status, phase, containerStatuses } });
    // A kubelet lets a pod that was being deleted go once it has ended.
    if (pod.metadata.deletionTimestamp !== undefined) api.delete(pod, { gracePeriodSeconds: 0 });
  });
}

function take(model: Model, one: Step): void {
  if (one.do === 'wait') return model.run(one.ms);
  if (!('which' in one)) return void model.command(`${one.do}Job`, TARGET);
  const pods = model.view.list(Pod).filter(({ status }) => status.phase === 'Pending' || status.phase === 'Running');
  const pod = pods[one.which % Math.max(1, pods.length)];
  if (!pod) return;
  if (one.do === 'succeed') end(model, pod, 'Succeeded');
  else if (one.do === 'fail') end(model, pod, 'Failed');
  else if (one.do === 'delete') model.do((api) => api.delete(pod));
  else {
    model.do((api) => {
      const bound = api.update({ ...pod, spec: { ...pod.spec, nodeName: 'node-1' } });
      if (bound.ok) api.updateStatus({ ...bound.value, status: { ...pod.status, phase: 'Running' } });
    });
  }
}

/** The pods that ended while the job still kept them; those it let go before (when it was suspended or over) are not its. */
function endedPods(model: Model): { succeeded: number; failed: number } {
  const letGo = new Set<string>();
  const last = new Map<string, string>();
  for (const { object } of model.versions) {
    if (object.kind !== Pod.kind) continue;
    const pod = object as Pod;
    const { uid } = pod.metadata;
    const isEnded = /Succeeded|Failed/.test(pod.status.phase);
    if (!isEnded && !isTracked(pod)) letGo.add(uid);
    if (isEnded && !letGo.has(uid)) last.set(uid, pod.status.phase);
  }
  const phases = [...last.values()];
  return {
    succeeded: phases.filter((phase) => phase === 'Succeeded').length,
    failed: phases.filter((phase) => phase === 'Failed').length,
  };
}

function check(model: Model): void {
  const { status, spec: wanted } = model.view.get(Job, 'default', 'work') as Job;
  const pods = model.view.list(Pod);
  const open = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && /Pending|Running/.test(pod.status.phase),
  );
  expect(status.active ?? 0).toBe(open.length);
  expect(open.length).toBeLessThanOrEqual(wanted.parallelism);
  // No pod that has ended waits to be counted.
  const waiting = pods.filter((pod) => /Succeeded|Failed/.test(pod.status.phase) && isTracked(pod));
  expect(waiting.map(({ metadata }) => metadata.name)).toEqual([]);
  const conditions = status.conditions ?? [];
  const finished = conditions.some(
    (one) => one.status === 'True' && (one.type === 'Complete' || one.type === 'Failed'),
  );
  if (finished) expect(pods.filter(isTracked)).toEqual([]);
  if (conditions.some(({ type }) => type === 'Complete'))
    expect(status.succeeded).toBeGreaterThanOrEqual(wanted.completions ?? 1);
}

function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;
}

it('the counts of a job are exact whatever happens to its pods, and a restart changes nothing', () => {
  fc.assert(
    fc.property(spec, fc.array(step, { minLength: 5, maxLength: 30 }), (wanted, steps) => {
      const model = jobModel();
      model.create({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'work', namespace: 'default' },
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'b' }] } }, ...wanted },
      });
      for (const one of steps) {
        const before = model.view.get(Job, 'default', 'work')?.status ?? {};
        take(model, one);
        check(model);
        const after = model.view.get(Job, 'default', 'work')?.status ?? {};
        expect(after.succeeded ?? 0).toBeGreaterThanOrEqual(before.succeeded ?? 0);
        expect(after.failed ?? 0).toBeGreaterThanOrEqual(before.failed ?? 0);
      }
      const { status } = model.view.get(Job, 'default', 'work') as Job;
      const ended = endedPods(model);
      if (wanted.completionMode === 'NonIndexed') expect(status.succeeded ?? 0).toBe(ended.succeeded);
      // Pods that were deleted, or still ran when the job failed, are failed too.
      expect(status.failed ?? 0).toBeGreaterThanOrEqual(ended.failed);
      const again = model.restarted();
      expect(again.versions).toEqual([]);
      expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    }),
    { numRuns: 60, seed: 7 },
  );
});
