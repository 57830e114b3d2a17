import { describe, expect } from 'vitest';
import { ControllerRevision } from '../../src/kinds/controllerrevision/types.ts';
import { DaemonSet, type DaemonSetSpec } from '../../src/kinds/daemonset/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { isPodReady } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { StatefulSet, type StatefulSetSpec } from '../../src/kinds/statefulset/types.ts';
import { controllerRef } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import {
  breakReadiness,
  cluster,
  found,
  heal,
  podNames,
  READINESS_PROBE,
  remove,
  removeAll,
  SECOND_MS,
  update,
} from './cluster.ts';
import { conformance } from './conformance.ts';

const MINUTE_MS = 60 * SECOND_MS;
const selector = { matchLabels: { app: 'web' } };

function template(image = 'web:1', spec: Partial<Pod['spec']> = {}): StatefulSetSpec['template'] {
  const container = { name: 'web', image, readinessProbe: READINESS_PROBE, ports: [{ containerPort: 80 }] };
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [container], ...spec } };
}

function createSet(model: Model, spec: Partial<StatefulSetSpec> = {}): void {
  model.create({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: { replicas: 3, serviceName: 'web', selector, template: template(), ...spec },
  });
}

function changeSet(model: Model, spec: Partial<StatefulSetSpec>): void {
  update(model, StatefulSet, 'web', (set) => ({ ...set, spec: { ...set.spec, ...spec } }));
}

const target = (kindKey: string) => ({ target: { kindKey, namespace: 'default', name: 'web' } });

function images(model: Model): (string | undefined)[] {
  return podNames(model).map((name) => found(model, Pod, name).spec.containers[0]?.image);
}

describe('StatefulSet', () => {
  conformance('StatefulSet: scaling in predictable order, halts if any pod is unhealthy', () => {
    const model = cluster();
    createSet(model, { replicas: 1 });
    model.run(MINUTE_MS);
    breakReadiness(model, 'unready', { labelSelector: selector });
    model.run(10 * SECOND_MS);
    changeSet(model, { replicas: 3 });
    model.run(MINUTE_MS);
    expect(podNames(model)).toEqual(['web-0']);
    heal(model, 'unready');
    model.run(2 * MINUTE_MS);
    expect(podNames(model)).toEqual(['web-0', 'web-1', 'web-2']);
    breakReadiness(model, 'unready', { labelSelector: selector });
    model.run(10 * SECOND_MS);
    changeSet(model, { replicas: 0 });
    model.run(MINUTE_MS);
    expect(podNames(model)).toEqual(['web-0', 'web-1', 'web-2']);
    heal(model, 'unready');
    const order: string[] = [];
    model.runUntil(() => {
      order.push(podNames(model).join(' '));
      return podNames(model).length === 0;
    });
    expect([...new Set(order)].filter((text) => text.includes('going'))).toEqual([
      'web-0 web-1 web-2 (going)',
      'web-0 web-1 (going)',
      'web-0 (going)',
    ]);
  });

  conformance('StatefulSet: burst scaling runs to completion even with unhealthy pods', () => {
    const model = cluster();
    createSet(model, { replicas: 1, podManagementPolicy: 'Parallel' });
    model.run(MINUTE_MS);
    breakReadiness(model, 'unready', { labelSelector: selector });
    model.run(10 * SECOND_MS);
    changeSet(model, { replicas: 3 });
    expect(podNames(model)).toEqual(['web-0', 'web-1', 'web-2']);
    model.run(MINUTE_MS);
    changeSet(model, { replicas: 0 });
    expect(podNames(model)).toEqual(['web-0 (going)', 'web-1 (going)', 'web-2 (going)']);
    model.run(MINUTE_MS);
    expect(podNames(model)).toEqual([]);
  });

  conformance('StatefulSet: working scale subresource', () => {
    const model = cluster();
    createSet(model, { replicas: 1 });
    model.run(MINUTE_MS);
    model.command('scaleStatefulSet', { ...target('StatefulSet'), replicas: 2 });
    expect(found(model, StatefulSet, 'web').spec.replicas).toBe(2);
    model.run(MINUTE_MS);
    expect(podNames(model)).toEqual(['web-0', 'web-1']);
  });

  conformance('StatefulSet: list, patch and delete a collection', () => {
    const model = cluster();
    createSet(model, { replicas: 1 });
    model.run(MINUTE_MS);
    expect(model.view.list(StatefulSet)).toHaveLength(1);
    update(model, StatefulSet, 'web', (set) => ({
      ...set,
      metadata: { ...set.metadata, labels: { test: 'patched' } },
      spec: { ...set.spec, replicas: 2, template: template('web:2') },
    }));
    model.run(2 * MINUTE_MS);
    expect(images(model)).toEqual(['web:2', 'web:2']);
    removeAll(model, StatefulSet);
    model.run(2 * MINUTE_MS);
    expect(model.view.list(StatefulSet)).toEqual([]);
    expect(podNames(model)).toEqual([]);
  });

  conformance('StatefulSet: canary updates and phased rolling updates', () => {
    const model = cluster();
    createSet(model);
    model.run(2 * MINUTE_MS);
    const withPartition = (partition: number) => ({ type: 'RollingUpdate', rollingUpdate: { partition } });
    changeSet(model, { template: template('web:2'), updateStrategy: withPartition(3) });
    model.run(2 * MINUTE_MS);
    expect(images(model)).toEqual(['web:1', 'web:1', 'web:1']);
    changeSet(model, { updateStrategy: withPartition(2) });
    model.run(2 * MINUTE_MS);
    expect(images(model)).toEqual(['web:1', 'web:1', 'web:2']);
    remove(model, Pod, 'web-0');
    remove(model, Pod, 'web-2');
    model.run(2 * MINUTE_MS);
    expect(images(model)).toEqual(['web:1', 'web:1', 'web:2']);
    for (const [partition, expected] of [
      [1, ['web:1', 'web:2', 'web:2']],
      [0, ['web:2', 'web:2', 'web:2']],
    ] as const) {
      changeSet(model, { updateStrategy: withPartition(partition) });
      model.run(2 * MINUTE_MS);
      expect(images(model)).toEqual(expected);
    }
    const { status } = found(model, StatefulSet, 'web');
    expect(status.currentRevision).toBe(status.updateRevision);
  });

  conformance('StatefulSet: rolling updates and roll backs of template modifications', () => {
    const model = cluster();
    createSet(model);
    model.run(2 * MINUTE_MS);
    const first = found(model, StatefulSet, 'web').status.currentRevision;
    changeSet(model, { template: template('web:2') });
    const deleted: string[] = [];
    model.runUntil(() => {
      const going = podNames(model).find((name) => name.endsWith('(going)'));
      if (going && deleted.at(-1) !== going) deleted.push(going);
      const { status } = found(model, StatefulSet, 'web');
      return status.currentRevision !== first;
    });
    expect(deleted).toEqual(['web-2 (going)', 'web-1 (going)', 'web-0 (going)']);
    expect(images(model)).toEqual(['web:2', 'web:2', 'web:2']);
    changeSet(model, { template: template('web:1') });
    model.run(5 * MINUTE_MS);
    expect(images(model)).toEqual(['web:1', 'web:1', 'web:1']);
    expect(found(model, StatefulSet, 'web').status.currentRevision).toBe(first);
  });

  conformance('StatefulSet: recreate evicted statefulset pod', () => {
    const model = cluster(1);
    createSet(model, { replicas: 1 });
    model.run(MINUTE_MS);
    const before = found(model, Pod, 'web-0').metadata.uid;
    model.do((api) => {
      const pod = found(model, Pod, 'web-0');
      const status: Pod['status'] = { ...pod.status, phase: 'Failed', reason: 'Evicted' };
      api.updateStatus<Pod>({ ...pod, status });
    });
    model.run(MINUTE_MS);
    const after = found(model, Pod, 'web-0');
    expect(after.metadata.uid).not.toBe(before);
    expect(isPodReady(after)).toBe(true);
  });

  conformance('StatefulSet: validate Status endpoints', () => {
    const model = cluster();
    createSet(model, { replicas: 1 });
    model.run(MINUTE_MS);
    const condition = { type: 'StatusUpdate', status: 'True' as const, reason: 'E2E', message: 'Set from e2e test' };
    model.do((api) => {
      const set = found(model, StatefulSet, 'web');
      api.updateStatus<StatefulSet>({ ...set, status: { ...set.status, conditions: [condition] } });
    });
    model.run(MINUTE_MS);
    expect(found(model, StatefulSet, 'web').status.conditions).toEqual([condition]);
  });
});

function createDaemons(model: Model, spec: Partial<DaemonSetSpec> = {}): void {
  model.create({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: { selector, template: template(), ...spec },
  });
}

function nodesWithDaemon(model: Model): string[] {
  return model.view
    .list(Pod)
    .filter((pod) => isPodReady(pod) && !pod.metadata.deletionTimestamp)
    .map(({ spec }) => spec.nodeName ?? '')
    .sort();
}

function labelNode(model: Model, name: string, color: string): void {
  update(model, Node, name, (node) => ({
    ...node,
    metadata: { ...node.metadata, labels: { ...node.metadata.labels, color } },
  }));
}

describe('DaemonSet', () => {
  conformance('Daemon set: run and stop simple daemon', () => {
    const model = cluster();
    createDaemons(model);
    model.run(MINUTE_MS);
    expect(nodesWithDaemon(model)).toEqual(['node-1', 'node-2', 'node-3']);
    remove(model, Pod, podNames(model)[0] ?? '');
    model.run(2 * MINUTE_MS);
    expect(nodesWithDaemon(model)).toEqual(['node-1', 'node-2', 'node-3']);
    removeAll(model, DaemonSet);
    model.run(2 * MINUTE_MS);
    expect(podNames(model)).toEqual([]);
  });

  conformance('Daemon set: run and stop complex daemon', () => {
    const model = cluster();
    createDaemons(model, { template: template('web:1', { nodeSelector: { color: 'blue' } }) });
    model.run(MINUTE_MS);
    expect(nodesWithDaemon(model)).toEqual([]);
    labelNode(model, 'node-2', 'blue');
    model.run(MINUTE_MS);
    expect(nodesWithDaemon(model)).toEqual(['node-2']);
    labelNode(model, 'node-2', 'green');
    model.run(2 * MINUTE_MS);
    expect(podNames(model)).toEqual([]);
    update(model, DaemonSet, 'web', (set) => ({
      ...set,
      spec: { ...set.spec, template: template('web:1', { nodeSelector: { color: 'green' } }) },
    }));
    model.run(MINUTE_MS);
    expect(nodesWithDaemon(model)).toEqual(['node-2']);
  });

  conformance('Daemon set: retry creating failed daemon pods', () => {
    const model = cluster();
    createDaemons(model);
    model.run(MINUTE_MS);
    const [name = ''] = podNames(model);
    model.do((api) => {
      const pod = found(model, Pod, name);
      api.updateStatus<Pod>({ ...pod, status: { ...pod.status, phase: 'Failed' } });
    });
    model.run(MINUTE_MS);
    expect(podNames(model)).not.toContain(name);
    expect(nodesWithDaemon(model)).toEqual(['node-1', 'node-2', 'node-3']);
  });

  conformance('Daemon set: update pod when spec was updated and strategy is RollingUpdate', () => {
    const model = cluster();
    createDaemons(model);
    model.run(MINUTE_MS);
    expect(model.view.list(ControllerRevision).map(({ revision }) => revision)).toEqual([1]);
    update(model, DaemonSet, 'web', (set) => ({ ...set, spec: { ...set.spec, template: template('web:2') } }));
    model.runUntil(() => {
      expect(nodesWithDaemon(model).length).toBeGreaterThanOrEqual(2);
      return found(model, DaemonSet, 'web').status.updatedNumberScheduled === 3;
    });
    model.run(MINUTE_MS);
    expect(images(model)).toEqual(['web:2', 'web:2', 'web:2']);
    expect(model.view.list(ControllerRevision).map(({ revision }) => revision)).toEqual([1, 2]);
  });

  conformance('Daemon set: rollback without unnecessary restarts', () => {
    const model = cluster();
    createDaemons(model);
    model.run(MINUTE_MS);
    const before = podNames(model);
    update(model, DaemonSet, 'web', (set) => ({ ...set, spec: { ...set.spec, template: template('web:2') } }));
    const untouched = podNames(model).filter((name) => before.includes(name));
    expect(untouched).toHaveLength(2);
    model.command('rollbackDaemonSet', target('DaemonSet'));
    model.run(5 * MINUTE_MS);
    expect(images(model)).toEqual(['web:1', 'web:1', 'web:1']);
    expect(podNames(model)).toEqual(expect.arrayContaining(untouched));
  });

  conformance('Daemon set: list and delete a collection', () => {
    const model = cluster();
    createDaemons(model);
    model.run(MINUTE_MS);
    expect(model.view.list(DaemonSet)).toHaveLength(1);
    removeAll(model, DaemonSet);
    model.run(2 * MINUTE_MS);
    expect(model.view.list(DaemonSet)).toEqual([]);
    expect(podNames(model)).toEqual([]);
  });

  conformance('Daemon set: verify changes to a daemon set status', () => {
    const model = cluster();
    createDaemons(model);
    model.run(MINUTE_MS);
    const condition = { type: 'StatusUpdate', status: 'True' as const, reason: 'E2E', message: 'Set from e2e test' };
    model.do((api) => {
      const set = found(model, DaemonSet, 'web');
      api.updateStatus<DaemonSet>({ ...set, status: { ...set.status, conditions: [condition] } });
    });
    remove(model, Pod, podNames(model)[0] ?? '');
    model.run(2 * MINUTE_MS);
    expect(found(model, DaemonSet, 'web').status).toMatchObject({ conditions: [condition], numberReady: 3 });
  });
});

describe('ControllerRevision', () => {
  conformance('ControllerRevision: manage the lifecycle of a ControllerRevision', () => {
    const model = cluster();
    createDaemons(model);
    model.run(MINUTE_MS);
    const [first] = model.view.list(ControllerRevision);
    if (!first) throw new Error('no revision');
    expect(controllerRef(first)?.name).toBe('web');
    update(model, ControllerRevision, first.metadata.name, (revision) => ({
      ...revision,
      metadata: { ...revision.metadata, labels: { ...revision.metadata.labels, patched: 'yes' } },
    }));
    expect(() =>
      update(model, ControllerRevision, first.metadata.name, (revision) => ({
        ...revision,
        data: { spec: { template: { ...template('web:9'), $patch: 'replace' as const } } },
      })),
    ).toThrow('data: Invalid value');
    remove(model, ControllerRevision, first.metadata.name);
    expect(model.view.list(ControllerRevision)).toHaveLength(1);
    expect(model.view.list(ControllerRevision)[0]?.metadata.uid).not.toBe(first.metadata.uid);
    model.run(MINUTE_MS);
    expect(nodesWithDaemon(model)).toHaveLength(3);
  });
});
