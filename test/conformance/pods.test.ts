import { describe, expect } from 'vitest';
import { internalAddress, Node } from '../../src/kinds/node/types.ts';
import { podCondition } from '../../src/kinds/pod/queries.ts';
import { environmentOf } from '../../src/kinds/pod/environment.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { Model } from '../support/model.ts';
import {
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

function pod(name: string, more = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {name: foo, type: Testing}}
spec:
  containers: [{name: c, image: nginx}]
${more}`;
}

const withLabel = (model: Model, key: string, value: string) =>
  model.view.list(Pod, 'default').filter(({ metadata }) => metadata.labels?.[key] === value);

const isRunning = (model: Model, name: string) => found(model, Pod, name).status.phase === 'Running';

describe('Pods', () => {
  conformance('Pods: get a host IP', () => {
    const model = cluster();
    apply(model, pod('one'));
    model.run(MINUTE_MS);
    const { spec, status } = found(model, Pod, 'one');
    expect(status.hostIP).toBe(internalAddress(found(model, Node, spec.nodeName ?? '')));
    expect(status.hostIPs).toEqual([{ ip: status.hostIP }]);
  });

  conformance('Pods: contain environment variables for services', () => {
    const model = cluster();
    apply(model, pod('server'));
    model.runUntil(() => isRunning(model, 'server'));
    apply(
      model,
      `
apiVersion: v1
kind: Service
metadata: {name: fooservice}
spec: {ports: [{port: 8765, targetPort: 8080}], selector: {name: foo}}
`,
    );
    apply(model, pod('client'));
    model.runUntil(() => isRunning(model, 'client'));
    const client = found(model, Pod, 'client');
    const { variables } = environmentOf(model.view, client, client.spec.containers[0]!);
    const { clusterIP } = found(model, Service, 'fooservice').spec;
    expect(Object.fromEntries(variables.map(({ name, value }) => [name, value]))).toMatchObject({
      FOOSERVICE_SERVICE_HOST: clusterIP,
      FOOSERVICE_SERVICE_PORT: '8765',
      FOOSERVICE_PORT: `tcp://${clusterIP}:8765`,
      FOOSERVICE_PORT_8765_TCP_PORT: '8765',
      FOOSERVICE_PORT_8765_TCP_PROTO: 'tcp',
      FOOSERVICE_PORT_8765_TCP: `tcp://${clusterIP}:8765`,
      FOOSERVICE_PORT_8765_TCP_ADDR: clusterIP,
    });
  });

  conformance('Pods: submitted and removed', () => {
    const model = cluster();
    expect(withLabel(model, 'name', 'foo')).toEqual([]);
    apply(model, pod('one'));
    expect(withLabel(model, 'name', 'foo')).toHaveLength(1);
    expect(watched(model, Pod.key, 'one')[0]).toBe('ADDED');
    model.runUntil(() => isRunning(model, 'one'));
    deleteObject(model, Pod, 'one');
    const going = found(model, Pod, 'one').metadata;
    expect(going.deletionTimestamp).toBeDefined();
    expect(going.deletionGracePeriodSeconds).toBe(30);
    model.run(MINUTE_MS);
    expect(withLabel(model, 'name', 'foo')).toEqual([]);
    const last = model.versions.findLast(({ kindKey }) => kindKey === Pod.key);
    expect(last?.type).toBe('DELETED');
    expect(last?.object.metadata.deletionTimestamp).toBeDefined();
    expect(last?.object.spec).toMatchObject({ terminationGracePeriodSeconds: 30 });
  });

  conformance('Pods: updated', () => {
    const model = cluster();
    apply(model, pod('one'));
    model.runUntil(() => isRunning(model, 'one'));
    label(model, Pod, 'one', { time: 'later' });
    expect(withLabel(model, 'time', 'later')).toHaveLength(1);
    model.run(MINUTE_MS);
    expect(isRunning(model, 'one')).toBe(true);
  });

  conformance('Pods: activeDeadlineSeconds can be updated', () => {
    const model = cluster();
    apply(model, pod('one'));
    model.runUntil(() => isRunning(model, 'one'));
    update(model, Pod, 'one', (stored) => ({ ...stored, spec: { ...stored.spec, activeDeadlineSeconds: 30 } }));
    model.run(29 * SECOND_MS - 5 * SECOND_MS);
    update(model, Pod, 'one', (stored) => ({ ...stored, spec: { ...stored.spec, activeDeadlineSeconds: 5 } }));
    model.run(MINUTE_MS);
    expect(found(model, Pod, 'one').status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  conformance('Pods: delete a collection', () => {
    const model = cluster();
    for (const name of ['one', 'two', 'three']) apply(model, pod(name));
    model.run(MINUTE_MS);
    expect(withLabel(model, 'type', 'Testing').filter(({ status }) => status.phase === 'Running')).toHaveLength(3);
    removeAll(model, Pod);
    model.run(MINUTE_MS);
    expect(withLabel(model, 'type', 'Testing')).toEqual([]);
  });

  conformance('Pods: lifecycle of Pods and PodStatus', () => {
    const model = cluster();
    apply(model, pod('one'));
    model.runUntil(() => isRunning(model, 'one'));
    update(model, Pod, 'one', (stored) => ({
      ...stored,
      metadata: { ...stored.metadata, labels: { ...stored.metadata.labels, 'test-pod': 'patched' } },
      spec: {
        ...stored.spec,
        terminationGracePeriodSeconds: stored.spec.terminationGracePeriodSeconds ?? 30,
        containers: stored.spec.containers.map((container) => ({ ...container, image: 'nginx:2' })),
      },
    }));
    expect(found(model, Pod, 'one')).toMatchObject({
      metadata: { labels: { 'test-pod': 'patched' } },
      spec: { containers: [{ image: 'nginx:2' }] },
    });
    updateStatus(model, Pod, 'one', (status) => ({
      ...status,
      conditions: (status.conditions ?? []).map((condition) =>
        condition.type === 'Ready' ? { ...condition, status: 'False' as const } : condition,
      ),
    }));
    const written = model.versions.filter(({ kindKey }) => kindKey === Pod.key);
    expect(written.some(({ object }) => podCondition(object as Pod, 'Ready')?.status === 'False')).toBe(true);
    deleteObject(model, Pod, 'one');
    model.run(MINUTE_MS);
    expect(watched(model, Pod.key, 'one').at(-1)).toBe('DELETED');
    expect(model.view.list(Pod)).toEqual([]);
  });

  conformance('Pods: patch a pod status', () => {
    const model = cluster();
    apply(model, pod('one'));
    model.runUntil(() => isRunning(model, 'one'));
    expect(found(model, Pod, 'one').metadata.labels).toEqual({ name: 'foo', type: 'Testing' });
    model.do((api) => {
      const stored = found(model, Pod, 'one');
      const status = { ...stored.status, message: 'Patched by e2e test', reason: 'E2E' };
      const answer = api.updateStatus<Pod>({ ...stored, status });
      expect(answer).toMatchObject({ ok: true, value: { status: { message: 'Patched by e2e test', reason: 'E2E' } } });
    });
    expect(isRunning(model, 'one')).toBe(true);
  });

  conformance('Pods Extended: QOS class set from requests and limits', () => {
    const model = cluster();
    const amounts = '{cpu: 100m, memory: 100Mi}';
    apply(
      model,
      `apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  containers: [{name: c, image: nginx, resources: {limits: ${amounts}, requests: ${amounts}}}]
`,
    );
    expect(found(model, Pod, 'one').status.qosClass).toBe('Guaranteed');
  });

  conformance('Kubelet: always-failing command has a terminated reason', () => {
    const model = cluster();
    apply(model, pod('one', '').replace('image: nginx', 'image: busybox, command: [/bin/false]'));
    model.run(MINUTE_MS);
    const [status] = found(model, Pod, 'one').status.containerStatuses ?? [];
    const ended = status?.state?.terminated ?? status?.lastState?.terminated;
    expect(ended).toMatchObject({ exitCode: 1, reason: 'Error' });
  });

  conformance('Kubelet: can be deleted', () => {
    const model = cluster();
    apply(model, pod('one', '').replace('image: nginx', 'image: busybox, command: [/bin/false]'));
    model.run(MINUTE_MS);
    deleteObject(model, Pod, 'one');
    model.run(MINUTE_MS);
    expect(model.view.list(Pod)).toEqual([]);
  });
});

function withInit(restartPolicy: string, [first, second]: [string, string], main = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  restartPolicy: ${restartPolicy}
  initContainers:
  - {name: init1, image: busybox, command: [${first}]}
  - {name: init2, image: busybox, command: [${second}]}
  containers: [{name: run1, image: busybox${main}}]
`;
}

const TRUE = '/bin/true';
const FALSE = '/bin/false';

function initialized(model: Model): object | undefined {
  return podCondition(found(model, Pod, 'one'), 'Initialized');
}

function initExits(model: Model): (number | undefined)[] {
  const statuses = found(model, Pod, 'one').status.initContainerStatuses ?? [];
  return statuses.map(({ state }) => state?.terminated?.exitCode);
}

describe('Init containers', () => {
  conformance('InitContainer: RestartNever', () => {
    const model = cluster();
    apply(model, withInit('Never', [TRUE, TRUE], `, command: [${TRUE}]`));
    model.run(MINUTE_MS);
    const { status } = found(model, Pod, 'one');
    expect(status.phase).toBe('Succeeded');
    expect(initialized(model)).toMatchObject({ status: 'True' });
    expect(initExits(model)).toEqual([0, 0]);
    expect(status.initContainerStatuses?.map(({ ready }) => ready)).toEqual([true, true]);
  });

  conformance('InitContainer: RestartAlways', () => {
    const model = cluster();
    apply(model, withInit('Always', [TRUE, TRUE]));
    model.run(MINUTE_MS);
    expect(isRunning(model, 'one')).toBe(true);
    expect(initialized(model)).toMatchObject({ status: 'True' });
    expect(initExits(model)).toEqual([0, 0]);
  });

  conformance('InitContainer: failing init stops app on RestartAlways pod', () => {
    const model = cluster();
    apply(model, withInit('Always', [FALSE, TRUE]));
    const restarts = () => found(model, Pod, 'one').status.initContainerStatuses?.[0]?.restartCount ?? 0;
    model.runUntil(() => {
      const { status } = found(model, Pod, 'one');
      const main = status.containerStatuses?.[0]?.state;
      if (main) expect(main).toEqual({ waiting: { reason: 'PodInitializing' } });
      const second = status.initContainerStatuses?.[1]?.state;
      if (second) expect(second).toEqual({ waiting: { reason: 'PodInitializing' } });
      return restarts() >= 3;
    });
    expect(found(model, Pod, 'one').status.phase).toBe('Pending');
    expect(initialized(model)).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [init1 init2]',
    });
  });

  conformance('InitContainer: failing init stops app and fails RestartNever pod', () => {
    const model = cluster();
    apply(model, withInit('Never', [TRUE, FALSE]));
    model.run(MINUTE_MS);
    const { status } = found(model, Pod, 'one');
    expect(status.phase).toBe('Failed');
    expect(initExits(model)).toEqual([0, 1]);
    expect(status.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(initialized(model)).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [init2]',
    });
  });
});
