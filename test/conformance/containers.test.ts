import { describe, expect } from 'vitest';
import { ImageProfile } from '../../src/kinds/imageprofile/types.ts';
import { isPodReady, podCondition } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { fromTimestamp } from '../../src/machinery/time.ts';
import type { Model } from '../support/model.ts';
import { apply, cluster, deleteObject, found, MINUTE_MS, remove, SECOND_MS } from './cluster.ts';
import { conformance } from './conformance.ts';

function profile(model: Model, spec: string): void {
  model.create(`
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: app}
spec: {image: app, ${spec}}
`);
}

function pod(container: string, spec = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  containers: [{name: c, image: app${container}}]
${spec}`;
}

const container = (model: Model) => found(model, Pod, 'one').status.containerStatuses?.[0];
const restarts = (model: Model) => container(model)?.restartCount ?? 0;

const HTTP = 'httpGet: {path: /healthz, port: 8080}';
const GRPC = 'grpc: {port: 5000}';
const EXEC = 'exec: {command: [cat, /tmp/health]}';
const TCP = 'tcpSocket: {port: 8080}';
const liveness = (handler: string, more = '') =>
  `, livenessProbe: {${handler}, initialDelaySeconds: 15, failureThreshold: 1${more}}`;

/** Liveness that fails from 10 s after each start on. */
const SICK = 'probes: [{type: LIVENESS, from: 10s, succeed: false}]';

function expectRestarted(handler: string): void {
  const model = cluster();
  profile(model, SICK);
  apply(model, pod(liveness(handler)));
  model.run(4 * MINUTE_MS);
  expect(restarts(model)).toBeGreaterThanOrEqual(1);
  expect(container(model)?.lastState?.terminated?.exitCode).toBe(143);
}

function expectNotRestarted(handler: string): void {
  const model = cluster();
  apply(model, pod(liveness(handler)));
  model.run(5 * MINUTE_MS);
  expect(restarts(model)).toBe(0);
  expect(isPodReady(found(model, Pod, 'one'))).toBe(true);
}

describe('Probing', () => {
  conformance('Probing: restarted healthz', () => expectRestarted(HTTP));
  conformance('Probing: restarted GRPC', () => expectRestarted(GRPC));
  conformance('Probing: restarted exec', () => expectRestarted(EXEC));
  conformance('Probing: not restarted healthz', () => expectNotRestarted(HTTP));
  conformance('Probing: not restarted GRPC', () => expectNotRestarted(GRPC));
  conformance('Probing: not restarted exec', () => expectNotRestarted(EXEC));
  conformance('Probing: not restarted tcp', () => expectNotRestarted(TCP));

  conformance('Probing: monotonically increasing restart count', () => {
    const model = cluster();
    profile(model, SICK);
    apply(model, pod(liveness(HTTP, ', periodSeconds: 1').replace('15', '5')));
    const seen: number[] = [];
    model.runUntil(() => {
      if (seen.at(-1) !== restarts(model)) seen.push(restarts(model));
      return restarts(model) >= 5;
    });
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  conformance('Probing: readiness not before initial delay', () => {
    const model = cluster();
    apply(model, pod(`, readinessProbe: {${HTTP}, initialDelaySeconds: 30}`));
    model.runUntil(() => isPodReady(found(model, Pod, 'one')));
    const startedAt = fromTimestamp(container(model)?.state?.running?.startedAt ?? '');
    const readyAt = fromTimestamp(podCondition(found(model, Pod, 'one'), 'Ready')?.lastTransitionTime ?? '');
    expect(readyAt - startedAt).toBeGreaterThanOrEqual(30 * SECOND_MS);
    expect(restarts(model)).toBe(0);
  });

  conformance('Probing: failing readiness never ready never restart', () => {
    const model = cluster();
    profile(model, 'probes: [{type: READINESS, succeed: false}]');
    apply(model, pod(`, readinessProbe: {${EXEC}, initialDelaySeconds: 30}`));
    for (let second = 0; second < 180; second++) {
      model.run(SECOND_MS);
      expect(isPodReady(found(model, Pod, 'one'))).toBe(false);
      expect(restarts(model)).toBe(0);
    }
    expect(found(model, Pod, 'one').status.phase).toBe('Running');
  });
});

const HOOKS = { exec: 'exec: {command: [wget, handler]}', http: 'httpGet: {path: /echo, port: 8080}' };

/** The hook takes 10 s: so long the container does not count as running. */
function expectPostStart(hook: string): void {
  const model = cluster();
  profile(model, 'hookTime: 10s, pullTime: 0s');
  apply(model, pod(`, lifecycle: {postStart: {${hook}}}`));
  model.runUntil(() => found(model, Pod, 'one').status.podIP !== undefined);
  model.run(9 * SECOND_MS);
  expect(container(model)?.state?.running).toBeUndefined();
  model.run(5 * SECOND_MS);
  expect(container(model)?.state?.running).toBeDefined();
  expect(found(model, Pod, 'one').status.phase).toBe('Running');
}

/** The hook takes 10 s before the container is told to end. */
function expectPreStop(hook: string): void {
  const model = cluster();
  profile(model, 'hookTime: 10s, shutdownTime: 0s');
  apply(model, pod(`, lifecycle: {preStop: {${hook}}}`));
  model.run(MINUTE_MS);
  deleteObject(model, Pod, 'one');
  model.run(9 * SECOND_MS);
  expect(container(model)?.state?.running).toBeDefined();
  model.run(3 * SECOND_MS);
  expect(model.view.list(Pod)).toEqual([]);
}

describe('Lifecycle hooks', () => {
  conformance('Lifecycle hook: poststart exec', () => expectPostStart(HOOKS.exec));
  conformance('Lifecycle hook: poststart http', () => expectPostStart(HOOKS.http));
  conformance('Lifecycle hook: prestop exec', () => expectPreStop(HOOKS.exec));
  conformance('Lifecycle hook: prestop http', () => expectPreStop(HOOKS.http));

  conformance('PreStop: call prestop when killing a pod', () => {
    const model = cluster();
    apply(model, pod(', lifecycle: {preStop: {exec: {command: [sh, -c, sleep 5]}}}'));
    model.run(MINUTE_MS);
    deleteObject(model, Pod, 'one');
    model.run(5 * SECOND_MS - 1);
    expect(container(model)?.state?.running).toBeDefined();
    model.run(10 * SECOND_MS);
    expect(model.view.list(Pod)).toEqual([]);
  });
});

/** The first run fails, the second succeeds, the third would go on for ever. */
function afterThreeRuns(restartPolicy: string): object {
  const model = cluster();
  profile(model, 'runTime: 1s, exitCodes: [1, 0]');
  apply(model, pod('', `  restartPolicy: ${restartPolicy}`));
  for (let second = 0; second < 60 && restarts(model) === 0; second++) model.run(SECOND_MS);
  remove(model, ImageProfile, 'app');
  model.run(2 * MINUTE_MS);
  const { status } = found(model, Pod, 'one');
  const { restartCount, ready, state = {} } = container(model) ?? {};
  return { phase: status.phase, restartCount, ready, state: Object.keys(state) };
}

describe('Container runtime', () => {
  conformance('Container Runtime: run with the expected status (Always/OnFailure/Never)', () => {
    expect(afterThreeRuns('Always')).toEqual({ phase: 'Running', restartCount: 2, ready: true, state: ['running'] });
    const ended = { ready: false, state: ['terminated'] };
    expect(afterThreeRuns('OnFailure')).toEqual({ phase: 'Succeeded', restartCount: 1, ...ended });
    expect(afterThreeRuns('Never')).toEqual({ phase: 'Failed', restartCount: 0, ...ended });
  });
});
