import { describe, expect } from 'vitest';
import { Node, type Taint } from '../../src/kinds/node/types.ts';
import { isPodReady } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { PodDisruptionBudget, type PodDisruptionBudgetSpec } from '../../src/kinds/poddisruptionbudget/types.ts';
import type { Model } from '../support/model.ts';
import { cluster, found, podNames, remove, removeAll, SECOND_MS, update } from './cluster.ts';
import { conformance } from './conformance.ts';

const MINUTE_MS = 60 * SECOND_MS;

function createBudget(model: Model, spec: PodDisruptionBudgetSpec, name = 'web'): void {
  model.create({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  });
}

function createPods(model: Model, names: readonly string[], spec: Partial<Pod['spec']> = {}): void {
  for (const name of names) {
    model.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web:1' }], terminationGracePeriodSeconds: 1, ...spec },
    });
  }
  model.run(MINUTE_MS);
}

const evict = (model: Model, name: string) =>
  model.command('evictPod', { target: { kindKey: 'Pod', namespace: 'default', name } }).errors?.[0];

describe('DisruptionController', () => {
  conformance('DisruptionController: create a PDB', () => {
    const model = cluster(1);
    createBudget(model, { minAvailable: 1 });
    expect(found(model, PodDisruptionBudget, 'web').status.observedGeneration).toBe(1);
  });

  conformance('DisruptionController: observe PDB status updated', () => {
    const model = cluster(1);
    createBudget(model, { minAvailable: 1 });
    createPods(model, ['a', 'b', 'c']);
    expect(found(model, PodDisruptionBudget, 'web').status).toMatchObject({
      currentHealthy: 3,
      desiredHealthy: 1,
      disruptionsAllowed: 2,
      expectedPods: 3,
    });
  });

  conformance('DisruptionController: update/patch PDB status', () => {
    const model = cluster(1);
    createBudget(model, { minAvailable: 1 });
    model.do((api) => {
      const budget = found(model, PodDisruptionBudget, 'web');
      const status = { ...budget.status, disruptedPods: { gone: '2026-01-01T00:00:00Z' } };
      const written = api.updateStatus<PodDisruptionBudget>({ ...budget, status });
      expect(written.ok && written.value.status.disruptedPods).toEqual({ gone: '2026-01-01T00:00:00Z' });
    });
    expect(found(model, PodDisruptionBudget, 'web').status.disruptedPods).toBeUndefined();
  });

  conformance('DisruptionController: block an eviction until the PDB is updated to allow it', () => {
    const model = cluster(1);
    createBudget(model, { minAvailable: 3 });
    createPods(model, ['a', 'b', 'c']);
    expect(evict(model, 'a')?.reason).toBe('TooManyRequests');
    update(model, PodDisruptionBudget, 'web', (budget) => ({ ...budget, spec: { ...budget.spec, minAvailable: 2 } }));
    expect(evict(model, 'a')).toBeUndefined();
    model.run(MINUTE_MS);
    expect(podNames(model)).toEqual(['b', 'c']);
    expect(evict(model, 'b')?.reason).toBe('TooManyRequests');
    remove(model, PodDisruptionBudget, 'web');
    expect(evict(model, 'b')).toBeUndefined();
  });

  conformance('DisruptionController: list and delete a collection of PDBs over namespaces', () => {
    const model = cluster(1);
    for (const name of ['one', 'two', 'three']) createBudget(model, { minAvailable: 1 }, name);
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
    model.create({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'one', namespace: 'other' },
      spec: { minAvailable: 1 },
    });
    expect(model.view.list(PodDisruptionBudget)).toHaveLength(4);
    removeAll(model, PodDisruptionBudget);
    expect(model.view.list(PodDisruptionBudget).map(({ metadata }) => metadata.namespace)).toEqual(['other']);
  });
});

function taint(model: Model, name: string, taints: Taint[]): void {
  update(model, Node, name, (node) => ({ ...node, spec: { ...node.spec, taints } }));
}

const EVICT: Taint = { key: 'kubernetes.io/e2e-evict-taint-key', value: 'evictTaintVal', effect: 'NoExecute' };
const tolerating = (tolerationSeconds: number): Partial<Pod['spec']> => ({
  tolerations: [{ key: EVICT.key, value: EVICT.value ?? '', effect: 'NoExecute', tolerationSeconds }],
});

describe('NoExecuteTaintManager', () => {
  conformance('NoExecuteTaintManager: evicts pods with minTolerationSeconds', () => {
    const model = cluster(1);
    createPods(model, ['short'], tolerating(5));
    createPods(model, ['long'], tolerating(60));
    taint(model, 'node-1', [EVICT]);
    model.run(10 * SECOND_MS);
    expect(podNames(model)).toEqual(['long']);
    model.run(MINUTE_MS);
    expect(podNames(model)).toEqual([]);
  });

  conformance('NoExecuteTaintManager: removing taint cancels eviction', () => {
    const model = cluster(1);
    createPods(model, ['a'], tolerating(60));
    taint(model, 'node-1', [EVICT]);
    model.run(30 * SECOND_MS);
    taint(model, 'node-1', []);
    model.run(5 * MINUTE_MS);
    expect(podNames(model)).toEqual(['a']);
    expect(isPodReady(found(model, Pod, 'a'))).toBe(true);
  });
});

describe('Node', () => {
  conformance('Node Lifecycle: run through the lifecycle of a node', () => {
    const model = cluster(1);
    const status = { phase: 'Running' };
    model.create({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'e2e-fake-node' },
      spec: { unschedulable: true },
      status,
    });
    expect(found(model, Node, 'e2e-fake-node').spec.unschedulable).toBe(true);
    update(model, Node, 'e2e-fake-node', (node) => ({
      ...node,
      metadata: { ...node.metadata, labels: { ...node.metadata.labels, 'e2e-fake-node': 'patched' } },
    }));
    expect(found(model, Node, 'e2e-fake-node').metadata.labels?.['e2e-fake-node']).toBe('patched');
    model.do((api) => {
      const node = found(model, Node, 'e2e-fake-node');
      const condition = { type: 'StatusUpdate', status: 'True' as const, reason: 'E2E', message: 'Set from e2e test' };
      const conditions = [...(node.status.conditions ?? []), condition];
      api.updateStatus<Node>({ ...node, status: { ...node.status, conditions } });
    });
    model.run(5 * MINUTE_MS);
    expect(found(model, Node, 'e2e-fake-node').status.conditions?.at(-1)?.reason).toBe('E2E');
    remove(model, Node, 'e2e-fake-node');
    expect(model.view.list(Node).map(({ metadata }) => metadata.name)).toEqual(['node-1']);
  });
});
