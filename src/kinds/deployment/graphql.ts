import { badInput } from '../../api/bad-input.ts';
import { builder } from '../../api/builder.ts';
import { liveScope } from '../../api/cluster-source.ts';
import { findById } from '../../api/commands.ts';
import type { ApiContext } from '../../api/context.ts';
import { EventQueue } from '../../api/event-queue.ts';
import { Handle } from '../../api/handle.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { limitExceeded } from '../../api/limits.ts';
import { defineMutation } from '../../api/mutations.ts';
import { kubeRef } from '../../api/refs.ts';
import { commitTopic, SLOW_CONSUMER, topicOf } from '../../api/topics.ts';
import type { ClusterReplica } from '../../machinery/ports.ts';
import { autoscalersOf } from '../horizontalpodautoscaler/queries.ts';
import { HorizontalPodAutoscaler } from '../horizontalpodautoscaler/types.ts';
import { replicaSetsOf } from '../replicaset/queries.ts';
import { ReplicaSet } from '../replicaset/types.ts';
import { currentReplicaSet, rolloutHistory, rolloutStatus, type Rollout } from './queries.ts';
import { Deployment } from './types.ts';
import type { RolloutRevision } from './history-queries.ts';

interface RolloutSource {
  deployment: Handle<Deployment>;
  rollout: Rollout;
}

function rolloutOf(deployment: Handle<Deployment>): RolloutSource {
  return { deployment, rollout: rolloutStatus(deployment.object) };
}

const RolloutPhaseEnum = builder.enumType('RolloutPhase', {
  values: ['COMPLETE', 'PROGRESSING', 'PAUSED', 'STALLED'] as const,
});

const RolloutType = builder.objectRef<RolloutSource>('Rollout').implement({
  description: 'How far the newest template is rolled out.',
  fields: (t) => ({
    deployment: t.field({ type: kubeRef(Deployment), resolve: ({ deployment }) => deployment }),
    phase: t.field({ type: RolloutPhaseEnum, resolve: ({ rollout }) => rollout.phase }),
    message: t.string({
      description: 'What `kubectl rollout status` prints.',
      resolve: ({ rollout }) => rollout.message,
    }),
    desired: t.int({ resolve: ({ rollout }) => rollout.desired }),
    updated: t.int({ resolve: ({ rollout }) => rollout.updated }),
    ready: t.int({ resolve: ({ rollout }) => rollout.ready }),
    available: t.int({ resolve: ({ rollout }) => rollout.available }),
    progress: t.float({ description: 'From 0 to 1.', resolve: ({ rollout }) => rollout.progress }),
    deadline: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it counts as stalled unless it moves on.',
      resolve: ({ rollout }) => rollout.deadline,
    }),
  }),
});

const RolloutRevisionType = builder
  .objectRef<{ deployment: Handle<Deployment>; entry: RolloutRevision }>('RolloutRevision')
  .implement({
    description: 'One line of `kubectl rollout history`.',
    fields: (t) => ({
      revision: t.int({ resolve: ({ entry }) => entry.revision }),
      replicaSet: t.field({
        type: kubeRef(ReplicaSet),
        resolve: ({ deployment, entry }) => deployment.to(entry.replicaSet),
      }),
      images: t.stringList({
        resolve: ({ entry }) => (entry.replicaSet.spec.template?.spec.containers ?? []).map(({ image }) => image ?? ''),
      }),
      changeCause: t.string({ nullable: true, resolve: ({ entry }) => entry.changeCause }),
    }),
  });

defineKubeType(Deployment, {
  description: 'Manages ReplicaSets: rolls out new templates, and back.',
  workload: ({ spec, status }) => ({
    replicas: spec.replicas ?? 1,
    readyReplicas: status.readyReplicas ?? 0,
    availableReplicas: status.availableReplicas ?? 0,
    updatedReplicas: status.updatedReplicas ?? 0,
    selector: spec.selector,
    template: spec.template,
  }),
  fields: (t) => ({
    paused: t.boolean({ resolve: ({ object }) => object.spec.paused ?? false }),
    strategy: t.string({ resolve: ({ object }) => object.spec.strategy?.type ?? 'RollingUpdate' }),
    maxSurge: t.string({
      nullable: true,
      resolve: ({ object }) => object.spec.strategy?.rollingUpdate?.maxSurge?.toString(),
    }),
    maxUnavailable: t.string({
      nullable: true,
      resolve: ({ object }) => object.spec.strategy?.rollingUpdate?.maxUnavailable?.toString(),
    }),
    revision: t.int({ resolve: ({ object }) => rolloutStatus(object).revision }),
    replicaSets: t.field({
      type: [kubeRef(ReplicaSet)],
      resolve: (handle) => handle.toAll(replicaSetsOf(handle.view, handle.object)),
    }),
    currentReplicaSet: t.field({
      type: kubeRef(ReplicaSet),
      nullable: true,
      resolve: (handle) => handle.toMaybe(currentReplicaSet(handle.view, handle.object)),
    }),
    rollout: t.field({ type: RolloutType, resolve: rolloutOf }),
    autoscalers: t.field({
      type: [kubeRef(HorizontalPodAutoscaler)],
      resolve: (handle) => handle.toAll(autoscalersOf(handle.view, handle.object)),
    }),
    rolloutHistory: t.field({
      type: [RolloutRevisionType],
      resolve: (deployment) =>
        rolloutHistory(deployment.view, deployment.object).map((entry) => ({ deployment, entry })),
    }),
  }),
});

defineMutation({
  name: 'scaleDeployment',
  description: 'kubectl scale: sets the number of replicas.',
  kind: Deployment,
  inputName: 'ScaleInput',
  input: (t) => ({ replicas: t.int({ required: true }) }),
});

defineMutation({
  name: 'setImage',
  description: 'kubectl set image.',
  kind: Deployment,
  inputName: 'SetImageInput',
  input: (t) => ({
    container: t.string({ required: true, description: 'The name of a container; "*" for all.' }),
    image: t.string({ required: true }),
  }),
});

defineMutation({ name: 'restartDeployment', description: 'kubectl rollout restart.', kind: Deployment });
defineMutation({ name: 'pauseDeployment', description: 'kubectl rollout pause.', kind: Deployment });
defineMutation({ name: 'resumeDeployment', description: 'kubectl rollout resume.', kind: Deployment });

defineMutation({
  name: 'rollbackDeployment',
  description: 'kubectl rollout undo.',
  kind: Deployment,
  inputName: 'RollbackInput',
  input: (t) => ({ toRevision: t.int({ description: 'Default: the revision before the current one.' }) }),
});

/** The deployment an id or a reference (`deployment/shop/web`) names, or a bad input. */
function deploymentOf(id: string, context: ApiContext): { replica: ClusterReplica; uid: string; first: RolloutSource } {
  const found = findById(id, Deployment, context);
  if ('message' in found) throw badInput(`deployment: ${found.message}`, 'NOT_FOUND');
  const { replica, handle } = found;
  const { uid } = handle.object.metadata;
  return { replica, uid, first: rolloutOf(new Handle(liveScope(replica), handle.object as Deployment)) };
}

function isOver({ rollout }: RolloutSource): boolean {
  return rollout.phase === 'COMPLETE' || rollout.phase === 'STALLED';
}

/** The rollout as it stands, then each change of it, until it is complete or stalled or the Deployment is gone. */
function watchRollout(id: string, context: ApiContext): EventQueue<RolloutSource> {
  const { replica, uid, first } = deploymentOf(id, context);
  const topic = topicOf(replica, 'rolloutProgress', { uid }, () =>
    commitTopic<{ source: RolloutSource | undefined }>(replica, {
      eventsOf: ({ versions }) =>
        versions.flatMap(({ kindKey, object, type }) => {
          if (kindKey !== Deployment.key || object.metadata.uid !== uid) return [];
          if (type === 'DELETED') return { source: undefined };
          return { source: rolloutOf(new Handle(liveScope(replica), object as Deployment)) };
        }),
    }),
  );
  let last = '';
  let unlisten = (): void => undefined;
  const queue = new EventQueue<RolloutSource>(
    () => limitExceeded(SLOW_CONSUMER),
    () => unlisten(),
  );
  const publish = (source: RolloutSource): void => {
    const text = JSON.stringify(source.rollout);
    if (text !== last) queue.push(source);
    last = text;
    if (isOver(source)) queue.end();
  };
  publish(first);
  if (isOver(first)) return queue;
  unlisten = topic.listen(
    ({ source }) => (source ? publish(source) : queue.end()),
    () => queue.end(),
  );
  return queue;
}

builder.subscriptionField('rolloutProgress', (t) =>
  t.field({
    type: RolloutType,
    description: 'kubectl rollout status --watch: ends when the rollout is COMPLETE or STALLED.',
    args: { deployment: t.arg.id({ required: true, description: 'An id, or a reference: "deployment/shop/web".' }) },
    subscribe: (_root, { deployment }, context) => watchRollout(deployment, context),
    resolve: (source) => source,
  }),
);
