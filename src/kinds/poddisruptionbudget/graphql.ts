import { builder } from '../../api/builder.ts';
import { findById, Guard, refusedPayload, submit, targetInput, type PayloadSource } from '../../api/commands.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { Handle } from '../../api/handle.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation, Payload } from '../../api/mutations.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { Namespace } from '../namespace/types.ts';
import { silentSince } from '../fault/queries.ts';
import { heartbeatAt, nodeCondition } from '../node/queries.ts';
import { Node, type DrainState } from '../node/types.ts';
import { selectPods } from '../pod/queries.ts';
import { Pod } from '../pod/types.ts';
import type { DrainAnswer } from './commands.ts';
import { drainProgress, type DrainProgress } from './drain-progress.ts';
import { budgetsOf, evictionBlock, type EvictionBlock } from './queries.ts';
import { budgetSelector, PodDisruptionBudget } from './types.ts';

defineKubeType(PodDisruptionBudget, {
  description: 'How many pods of a set must stay while machines are emptied.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    minAvailable: t.string({ nullable: true, resolve: ({ object }) => object.spec.minAvailable?.toString() }),
    maxUnavailable: t.string({ nullable: true, resolve: ({ object }) => object.spec.maxUnavailable?.toString() }),
    unhealthyPodEvictionPolicy: t.string({
      resolve: ({ object }) => object.spec.unhealthyPodEvictionPolicy ?? 'IfHealthyBudget',
    }),
    selector: t.string({ resolve: ({ object }) => formatLabelSelector(object.spec.selector ?? undefined) }),
    disruptionsAllowed: t.int({ resolve: ({ object }) => object.status.disruptionsAllowed }),
    currentHealthy: t.int({ resolve: ({ object }) => object.status.currentHealthy }),
    desiredHealthy: t.int({ resolve: ({ object }) => object.status.desiredHealthy }),
    expectedPods: t.int({ resolve: ({ object }) => object.status.expectedPods }),
    pods: t.field({
      type: connectionOf(Pod),
      args: { filter: t.arg({ type: PodFilter }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) => {
        const pods = selectPods(view, object.metadata.namespace ?? '', budgetSelector(object));
        return paginate(scope, pods, args, { matches: podPredicate(args.filter, scope, catalog) });
      },
    }),
  }),
});

interface BlockSource {
  pod: Handle<Pod>;
  block: EvictionBlock;
}

const EvictionBlockType = builder.objectRef<BlockSource>('EvictionBlock').implement({
  description: 'Why a pod cannot be evicted now.',
  fields: (t) => ({
    pod: t.field({ type: kubeRef(Pod), resolve: ({ pod }) => pod }),
    budget: t.field({
      type: kubeRef(PodDisruptionBudget),
      nullable: true,
      description: 'The budget that refuses; null where several govern the pod.',
      resolve: ({ pod, block }) => pod.find(PodDisruptionBudget, pod.object.metadata.namespace, block.budget),
    }),
    message: t.string({
      description: 'Why, in the words of the API server.',
      resolve: ({ block }) => block.message,
    }),
    isForEver: t.boolean({
      description: 'Waiting does not help: the budget would allow nothing even if all of its pods were healthy.',
      resolve: ({ block }) => block.isForEver,
    }),
  }),
});

builder.objectField(kubeRef(Pod), 'disruptionBudgets', (t) =>
  t.field({
    type: [kubeRef(PodDisruptionBudget)],
    description: 'The budgets that govern it.',
    resolve: (handle) => handle.toAll(budgetsOf(handle.view, handle.object)),
  }),
);

builder.objectField(kubeRef(Pod), 'evictionBlockedBy', (t) =>
  t.field({
    type: EvictionBlockType,
    nullable: true,
    description: 'What would refuse its eviction now.',
    resolve: (pod) => {
      const block = evictionBlock(pod.view, pod.object);
      return block ? { pod, block } : null;
    },
  }),
);

const DrainPhase = builder.enumType('DrainPhase', { values: ['DRAINING', 'DRAINED', 'FAILED'] as const });

interface DrainSource {
  node: Handle<Node>;
  state: DrainState;
  progress: DrainProgress;
}

const DrainType = builder.objectRef<DrainSource>('Drain').implement({
  description: 'How far the drain of a node is.',
  fields: (t) => ({
    phase: t.field({ type: DrainPhase, resolve: ({ progress }) => progress.phase }),
    message: t.string({ resolve: ({ progress }) => progress.message }),
    startedAt: t.field({ type: 'DateTime', resolve: ({ state }) => state.startedAt }),
    deadline: t.field({ type: 'DateTime', nullable: true, resolve: ({ state }) => state.deadline }),
    total: t.int({ description: 'Pods it set out to take away.', resolve: ({ progress }) => progress.total }),
    gone: t.int({ resolve: ({ progress }) => progress.gone }),
    terminating: t.field({
      type: [kubeRef(Pod)],
      extensions: { listSize: 250 },
      resolve: ({ node, progress }) => node.toAll(progress.terminating),
    }),
    blocked: t.field({
      type: [EvictionBlockType],
      extensions: { listSize: 250 },
      description: 'Pods that a budget keeps where they are.',
      resolve: ({ node, progress }) => progress.blocked.map(({ pod, block }) => ({ pod: node.to(pod), block })),
    }),
  }),
});

function drainOf(node: Handle<Node>): DrainSource | null {
  const state = node.object.runtime?.drain;
  const progress = drainProgress(node.view, node.object);
  return state && progress ? { node, state, progress } : null;
}

builder.objectField(kubeRef(Node), 'drain', (t) =>
  t.field({ type: DrainType, nullable: true, description: 'Its last drain.', resolve: drainOf }),
);

builder.objectField(kubeRef(Node), 'lastHeartbeat', (t) =>
  t.field({
    type: 'DateTime',
    nullable: true,
    description: 'When its kubelet renewed its lease last: computed, nothing is stored for it.',
    resolve: ({ view, object }) => {
      if (nodeCondition(object, 'Ready') === undefined) return null;
      return heartbeatAt(object, silentSince(view, object.metadata.name) ?? view.now);
    },
  }),
);

function inSeconds(milliseconds: number | null | undefined): { gracePeriodSeconds?: number } {
  return typeof milliseconds === 'number' ? { gracePeriodSeconds: Math.ceil(milliseconds / SECOND_MS) } : {};
}

defineMutation({
  name: 'evictPod',
  description: 'Deletes a pod if its disruption budget allows it now.',
  kind: Pod,
  inputName: 'EvictPodInput',
  input: (t) => ({ gracePeriod: t.field({ type: 'Duration', description: 'Default: the grace period of the pod.' }) }),
  toCommand: ({ gracePeriod }) => inSeconds(gracePeriod),
});

const DrainInput = builder.inputType('DrainInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    gracePeriod: t.field({ type: 'Duration', description: 'Default: that of each pod.' }),
    timeout: t.field({ type: 'Duration', description: 'Give up after this time; default: never.' }),
    ignoreDaemonSets: t.boolean({ defaultValue: true }),
    deleteEmptyDirData: t.boolean({ defaultValue: false, description: 'Take pods with emptyDir volumes, too.' }),
    force: t.boolean({ defaultValue: false, description: 'Take pods that no controller makes again, too.' }),
    disableEviction: t.boolean({ defaultValue: false, description: 'Delete, and ask no budget.' }),
    guard: t.field({ type: Guard }),
  }),
});

const DrainPayload = builder.objectRef<PayloadSource>('DrainPayload').implement({
  interfaces: [Payload],
  fields: (t) => ({
    node: t.field({ type: kubeRef(Node), nullable: true, resolve: ({ objects }) => drainedNode(objects) }),
    drain: t.field({
      type: DrainType,
      nullable: true,
      resolve: ({ objects }) => {
        const node = drainedNode(objects);
        return node && drainOf(node);
      },
    }),
    warnings: t.stringList({
      description: 'What kubectl warns of: pods that are ignored, data that is lost.',
      resolve: ({ data }) => [...((data as DrainAnswer | undefined)?.warnings ?? [])],
    }),
  }),
});

function drainedNode(objects: readonly Handle[]): Handle<Node> | null {
  return (objects.find(({ kindKey }) => kindKey === Node.key) as Handle<Node> | undefined) ?? null;
}

builder.mutationField('drainNode', (t) =>
  t.field({
    type: DrainPayload,
    description: 'kubectl drain: cordons the node and evicts its pods, as fast as their budgets allow.',
    args: { input: t.arg({ type: DrainInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { id, guard, gracePeriod, timeout, ...options } = input;
      const found = findById(id, Node, context);
      if ('code' in found) return refusedPayload(found);
      const { replica, handle: target } = found;
      const timeoutMs = typeof timeout === 'number' ? { timeoutMs: timeout } : {};
      const command = { ...targetInput(target, guard), ...options, ...inSeconds(gracePeriod), ...timeoutMs };
      return submit({ replica, command: 'drainNode', input: command, guard, target }, context);
    },
  }),
);

defineMutation({ name: 'cancelDrain', description: 'Stops a drain; the node stays cordoned.', kind: Node });
