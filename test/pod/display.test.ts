import { describe, expect, it } from 'vitest';
import { displayPod } from '../../src/kinds/pod/display.ts';
import { podColumns } from '../../src/kinds/pod/table.ts';
import type { ContainerStatus, Pod, PodStatus } from '../../src/kinds/pod/types.ts';
import { Model, START_MS } from '../support/model.ts';

/** Rows after those of pkg/printers/internalversion/printers_test.go (TestPrintPod…). */

type Status = Partial<ContainerStatus>;

const running: Status = { state: { running: { startedAt: '2026-01-01T00:00:00Z' } } };
const ready: Status = { ...running, ready: true, started: true };
const waiting = (reason: string): Status => ({ state: { waiting: { reason } } });
const terminated = (exitCode: number, reason?: string): Status => ({
  state: { terminated: { exitCode, ...(reason ? { reason } : {}) } },
});

interface PodRow {
  phase?: PodStatus['phase'];
  reason?: string;
  containers?: Status[];
  init?: (Status & { sidecar?: boolean })[];
  conditions?: string[];
  gated?: boolean;
  deleted?: boolean;
}

function podOf({
  phase = 'Running',
  reason,
  containers = [],
  init = [],
  conditions = [],
  gated,
  deleted,
}: PodRow): Pod {
  const named = (prefix: string, list: Status[]) =>
    list.map((status, index) => ({ restartCount: 0, ready: false, ...status, name: `${prefix}-${index}` }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'test',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(deleted ? { deletionTimestamp: '2026-01-01T00:01:00Z' } : {}),
    },
    spec: {
      containers: containers.map((_, index) => ({ name: `main-${index}`, image: 'a' })),
      initContainers: init.map(({ sidecar }, index) => ({
        name: `init-${index}`,
        image: 'a',
        ...(sidecar ? { restartPolicy: 'Always' as const } : {}),
      })),
    },
    status: {
      phase,
      ...(reason ? { reason } : {}),
      containerStatuses: named('main', containers) as ContainerStatus[],
      initContainerStatuses: named('init', init) as ContainerStatus[],
      conditions: [
        ...conditions.map((type) => ({ type, status: 'True' as const })),
        ...(gated ? [{ type: 'PodScheduled', status: 'False' as const, reason: 'SchedulingGated' }] : []),
      ],
    },
  };
}

describe('kubectl get pods says of a pod', () => {
  it.each<[string, PodRow, string, string, number]>([
    ['whose containers are ready', { containers: [ready, ready] }, '2/2', 'Running', 0],
    ['whose container is not ready', { containers: [ready, running] }, '1/2', 'Running', 0],
    ['that is pending', { phase: 'Pending', containers: [{}] }, '0/1', 'Pending', 0],
    ['that waits at gates', { phase: 'Pending', containers: [{}], gated: true }, '0/1', 'SchedulingGated', 0],
    ['whose container waits', { containers: [ready, waiting('CrashLoopBackOff')] }, '1/2', 'CrashLoopBackOff', 0],
    [
      'of whose containers several wait: the first',
      { containers: [waiting('ImagePullBackOff'), waiting('CrashLoopBackOff')] },
      '0/2',
      'ImagePullBackOff',
      0,
    ],
    ['that was evicted', { phase: 'Failed', reason: 'Evicted', containers: [{}] }, '0/1', 'Evicted', 0],
    ['whose container ended in an error', { containers: [terminated(1, 'Error')] }, '0/1', 'Error', 0],
    ['whose container ended without a reason', { containers: [terminated(3)] }, '0/1', 'ExitCode:3', 0],
    ['that has completed', { phase: 'Succeeded', containers: [terminated(0, 'Completed')] }, '0/1', 'Completed', 0],
    [
      'one of whose containers has completed while the others are ready',
      { containers: [ready, terminated(0, 'Completed')], conditions: ['Ready'] },
      '1/2',
      'Running',
      0,
    ],
    [
      'one of whose containers has completed while the pod is not ready',
      { containers: [ready, terminated(0, 'Completed')] },
      '1/2',
      'NotReady',
      0,
    ],
    [
      'that restarted',
      {
        containers: [
          { ...ready, restartCount: 6 },
          { ...ready, restartCount: 1 },
        ],
      },
      '2/2',
      'Running',
      7,
    ],
    ['whose init containers run', { phase: 'Pending', init: [running, {}], containers: [{}] }, '0/1', 'Init:0/2', 0],
    [
      'whose second init container runs',
      { phase: 'Pending', init: [{ ...terminated(0), restartCount: 3 }, running], containers: [{}] },
      '0/1',
      'Init:1/2',
      3,
    ],
    [
      'whose init container failed',
      { phase: 'Pending', init: [terminated(1, 'Error')], containers: [{}] },
      '0/1',
      'Init:Error',
      0,
    ],
    [
      'whose init container failed without a reason',
      { phase: 'Pending', init: [terminated(2)], containers: [{}] },
      '0/1',
      'Init:ExitCode:2',
      0,
    ],
    [
      'whose init container waits',
      { phase: 'Pending', init: [waiting('CrashLoopBackOff')], containers: [{}] },
      '0/1',
      'Init:CrashLoopBackOff',
      0,
    ],
    [
      'whose init container has yet to be created',
      { phase: 'Pending', init: [waiting('PodInitializing')], containers: [{}] },
      '0/1',
      'Init:0/1',
      0,
    ],
    [
      'whose init containers are done: only the restarts of its containers count',
      { init: [{ ...terminated(0), restartCount: 3 }], containers: [{ ...ready, restartCount: 2 }] },
      '1/1',
      'Running',
      2,
    ],
    [
      'with a sidecar that is ready',
      { init: [{ ...ready, sidecar: true, restartCount: 1 }], containers: [{ ...ready, restartCount: 2 }] },
      '2/2',
      'Running',
      3,
    ],
    [
      'with a sidecar that has not started',
      { phase: 'Pending', init: [{ ...running, sidecar: true }, {}], containers: [{}] },
      '0/2',
      'Init:0/2',
      0,
    ],
    ['that is being deleted', { containers: [ready], deleted: true }, '1/1', 'Terminating', 0],
    [
      'that is being deleted and has ended',
      { phase: 'Failed', containers: [terminated(1, 'Error')], deleted: true },
      '0/1',
      'Error',
      0,
    ],
    ['that is lost with its node', { reason: 'NodeLost', containers: [ready], deleted: true }, '1/1', 'Unknown', 0],
  ])('%s', (_, row, readyText, status, restarts) => {
    const display = displayPod(podOf(row));
    expect(`${display.readyContainers}/${display.containerCount}`).toBe(readyText);
    expect(display.status).toBe(status);
    expect(display.restarts).toBe(restarts);
  });

  it('when it was restarted last', () => {
    const model = new Model();
    model.runTo(START_MS + 3_600_000);
    const last = { lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:50:00Z' } } };
    const cells = podColumns.map(({ name, cell }) => [
      name,
      cell(podOf({ containers: [{ ...ready, ...last, restartCount: 3 }] }), model.view),
    ]);
    expect(Object.fromEntries(cells)).toEqual({
      READY: '1/1',
      STATUS: 'Running',
      RESTARTS: '3 (10m ago)',
      AGE: '60m',
      IP: '<none>',
      NODE: '<none>',
      'NOMINATED NODE': '<none>',
      'READINESS GATES': '<none>',
    });
  });
});
