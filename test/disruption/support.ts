import { Node } from '../../src/kinds/node/types.ts';
import { Pod, type PodCondition } from '../../src/kinds/pod/types.ts';
import { podDisruptionBudget } from '../../src/kinds/poddisruptionbudget/definition.ts';
import { PodDisruptionBudget, type PodDisruptionBudgetSpec } from '../../src/kinds/poddisruptionbudget/types.ts';
import type { AnyDefinition } from '../../src/machinery/definition.ts';
import { defineKind } from '../../src/machinery/kind.ts';
import { newControllerRef, type KubeObject } from '../../src/machinery/object.ts';
import { controlPlane } from '../node/support.ts';
import type { Model } from '../support/model.ts';

interface Scaled extends KubeObject {
  spec: { replicas?: number };
}

function bare(apiVersion: string, kind: string): AnyDefinition {
  const names = { apiVersion, kind, plural: `${kind.toLowerCase()}s`, namespaced: true };
  return { kind: defineKind<Scaled>(names) };
}

const OWNERS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].map((kind) => bare('apps/v1', kind));

/** Budgets and nodes, with owners that have a scale and do nothing. */
export function budgetPlane(): Model {
  const model = controlPlane({ kinds: [podDisruptionBudget, ...OWNERS, bare('batch/v1', 'Job')] });
  model.command('addNodes', { count: 2 });
  return model;
}

export function owner(model: Model, kind: string, name: string, replicas: number, above?: KubeObject): KubeObject {
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1';
  const ownerReferences = above ? [newControllerRef(above)] : [];
  const [created] = model.create({
    apiVersion,
    kind,
    metadata: { name, namespace: 'default', ownerReferences },
    spec: { replicas },
  });
  if (!created) throw new Error('not created');
  return created;
}

export interface PodOptions {
  ready?: boolean;
  owner?: KubeObject | undefined;
  node?: string;
  phase?: Pod['status']['phase'];
  labels?: Record<string, string>;
  spec?: Partial<Pod['spec']>;
  annotations?: Record<string, string>;
}

export function addPod(model: Model, name: string, options: PodOptions = {}): void {
  const { ready = true, owner: above, node = 'node-1', phase = 'Running', labels = { app: 'web' } } = options;
  model.do((api) => {
    const created = api.create<Pod>({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'default',
        labels,
        ...(options.annotations ? { annotations: options.annotations } : {}),
        ...(above ? { ownerReferences: [newControllerRef(above)] } : {}),
      },
      spec: { nodeName: node, containers: [{ name: 'web', image: 'nginx' }], ...options.spec },
      status: { phase: 'Pending' },
    });
    if (!created.ok) throw new Error(created.error.message);
    const conditions: PodCondition[] = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
    api.updateStatus<Pod>({ ...created.value, status: { ...created.value.status, phase, conditions } });
  });
}

export function setReady(model: Model, name: string, ready: boolean): void {
  model.do((api) => {
    const pod = api.get(Pod, 'default', name);
    if (!pod) throw new Error(`no pod ${name}`);
    const conditions: PodCondition[] = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
    api.updateStatus<Pod>({ ...pod, status: { ...pod.status, conditions } });
  });
}

export function addBudget(model: Model, spec: PodDisruptionBudgetSpec, name = 'budget'): void {
  model.create({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  });
}

export function budgetNamed(model: Model, name = 'budget'): PodDisruptionBudget {
  const found = model.view.get(PodDisruptionBudget, 'default', name);
  if (!found) throw new Error(`no budget ${name}`);
  return found;
}

/** allowed, healthy, desired, expected: the counts of a budget. */
export function counts(model: Model, name = 'budget'): number[] {
  const { status } = budgetNamed(model, name);
  return [status.disruptionsAllowed, status.currentHealthy, status.desiredHealthy, status.expectedPods];
}

export function reason(model: Model, name = 'budget'): string | undefined {
  return budgetNamed(model, name).status.conditions?.[0]?.reason;
}

export const podTarget = (name: string) => ({ target: { kindKey: 'Pod', namespace: 'default', name } });
export const nodeTarget = (name: string) => ({ target: { kindKey: 'Node', name } });

export function isThere(model: Model, name: string): boolean {
  const pod = model.view.get(Pod, 'default', name);
  return pod !== undefined && pod.metadata.deletionTimestamp === undefined;
}

export function nodeOf(model: Model, name = 'node-1'): Node {
  const node = model.view.get(Node, undefined, name);
  if (!node) throw new Error(`no node ${name}`);
  return node;
}

/** A pod is gone, whether or not its deletion has a grace period. */
export function finishDeletion(model: Model, name: string): void {
  model.do((api) => {
    const pod = api.get(Pod, 'default', name);
    if (pod) api.delete(pod, { gracePeriodSeconds: 0 });
  });
}
