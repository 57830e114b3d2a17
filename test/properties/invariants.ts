import { findFeasibleNodes } from '../../src/controllers/scheduler/evaluation.ts';
import { PodInfo } from '../../src/controllers/scheduler/pod-info.ts';
import { Snapshot } from '../../src/controllers/scheduler/snapshot.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { PodDisruptionBudget } from '../../src/kinds/poddisruptionbudget/types.ts';
import { fromLabelSelector } from '../../src/machinery/selector.ts';
import { DEFAULT_SETTINGS } from '../../src/machinery/settings.ts';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import { EndpointSlice } from '../../src/kinds/endpointslice/types.ts';
import { Job } from '../../src/kinds/job/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { isPodReady, isPodTerminal, selectPods } from '../../src/kinds/pod/queries.ts';
import { Pod, podsByNode } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { ClusterView } from '../../src/machinery/cluster-view.ts';
import { scaledValue } from '../../src/machinery/int-or-percent.ts';
import { controllerRef, type KubeObject } from '../../src/machinery/object.ts';
import { resourceAmount } from '../../src/machinery/quantity.ts';

/** What must hold in any cluster whenever an instant has come to rest. Each returns the broken cases as sentences. */
export const INVARIANTS: Readonly<Record<string, (view: ClusterView) => string[]>> = {
  'a pod has at most one controller': (view) =>
    view
      .list(Pod)
      .filter(({ metadata }) => (metadata.ownerReferences ?? []).filter(({ controller }) => controller).length > 1)
      .map(({ metadata }) => metadata.name),

  'a Deployment wants no more pods than its replicas and its surge': (view) =>
    view.list(Deployment).flatMap((deployment) => {
      const { spec } = deployment;
      if (spec.paused || deployment.metadata.deletionTimestamp) return [];
      const surge = spec.strategy?.type === 'RollingUpdate' ? spec.strategy.rollingUpdate?.maxSurge : 0;
      const most = (spec.replicas ?? 1) + scaledValue(surge, spec.replicas ?? 1, 'up');
      const wanted = ownedBy(view, ReplicaSet.key, deployment).reduce(
        (sum, owned) => sum + ((owned as ReplicaSet).spec.replicas ?? 0),
        0,
      );
      return wanted > most ? [`${deployment.metadata.name} wants ${wanted} of at most ${most}`] : [];
    }),

  'a ReplicaSet has as many active pods as it wants, or says why not': (view) =>
    view.list(ReplicaSet).flatMap((replicaSet) => {
      if (replicaSet.metadata.deletionTimestamp) return [];
      const active = ownedBy(view, Pod.key, replicaSet).filter(
        (pod) => !isPodTerminal(pod as Pod) && !pod.metadata.deletionTimestamp,
      ).length;
      const failed = replicaSet.status.conditions?.some(({ type }) => type === 'ReplicaFailure');
      const wanted = replicaSet.spec.replicas ?? 1;
      return active === wanted || failed ? [] : [`${replicaSet.metadata.name} has ${active}, wants ${wanted}`];
    }),

  'ordinals of a StatefulSet are unique and grow from its start': (view) =>
    view.list(Pod).flatMap((pod) => {
      const owner = controllerRef(pod);
      if (owner?.kind !== 'StatefulSet') return [];
      return new RegExp(`^${owner.name}-\\d+$`).test(pod.metadata.name) ? [] : [pod.metadata.name];
    }),

  'a Job counts no more successes than completions': (view) =>
    view.list(Job).flatMap(({ metadata, spec, status }) => {
      const { completions } = spec;
      const succeeded = status.succeeded ?? 0;
      return completions !== undefined && succeeded > completions ? [`${metadata.name}: ${succeeded}`] : [];
    }),

  'no node promises more than it has': (view) =>
    view.list(Node).flatMap((node) => {
      const pods = view.by(podsByNode, node.metadata.name).filter((pod) => !isPodTerminal(pod));
      return ['cpu', 'memory'].flatMap((resource) => {
        const has = resourceAmount(resource, node.status.allocatable?.[resource]);
        const promised = pods.reduce((sum, pod) => sum + requested(pod, resource), 0);
        return promised > has ? [`${node.metadata.name} ${resource}: ${promised} of ${has}`] : [];
      });
    }),

  'no two pods of a node share a host port': (view) =>
    view.list(Node).flatMap((node) => {
      const ports = view
        .by(podsByNode, node.metadata.name)
        .filter((pod) => !isPodTerminal(pod))
        .flatMap(({ spec }) => spec.containers.flatMap(({ ports: own }) => own ?? []))
        .flatMap(({ hostPort, hostIP = '', protocol = 'TCP' }) =>
          hostPort ? [`${hostIP}:${hostPort}/${protocol}`] : [],
        );
      return duplicates(ports).map((port) => `${node.metadata.name} ${port}`);
    }),

  'no address is given twice': (view) => [
    ...duplicates(
      // The address of a pod that has ended may be given to another.
      view
        .list(Pod)
        .flatMap((pod) => (pod.status.podIP && !pod.spec.hostNetwork && !isPodTerminal(pod) ? [pod.status.podIP] : [])),
    ),
    ...duplicates(
      view.list(Service).flatMap(({ spec }) => (spec.clusterIP && spec.clusterIP !== 'None' ? [spec.clusterIP] : [])),
    ),
  ],

  'nothing is left whose owners are all gone': (view) =>
    view.kindKeys().flatMap((key) =>
      view.listKey(key).flatMap(({ kind, metadata }) => {
        const references = metadata.ownerReferences ?? [];
        if (references.length === 0 || metadata.deletionTimestamp) return [];
        return references.some(({ uid }) => view.byUid(uid)) ? [] : [`${kind} ${metadata.name}`];
      }),
    ),

  'ready endpoints are pods that are ready': (view) =>
    view.list(EndpointSlice).flatMap(({ metadata, endpoints }) =>
      (endpoints ?? []).flatMap(({ conditions, targetRef }) => {
        if (!conditions?.ready || targetRef?.kind !== 'Pod') return [];
        const pod = view.byUid(targetRef.uid ?? '') as Pod | undefined;
        return pod && isPodReady(pod) && !pod.metadata.deletionTimestamp ? [] : [`${metadata.name}: ${targetRef.name}`];
      }),
    ),

  'a budget allows no more disruptions than it can spare': (view) =>
    view.list(PodDisruptionBudget).flatMap(({ metadata, spec, status }) => {
      const healthy = selectPods(view, metadata.namespace ?? '', fromLabelSelector(spec.selector ?? undefined)).filter(
        (pod) => isPodReady(pod) && !pod.metadata.deletionTimestamp,
      ).length;
      const spare = Math.max(0, healthy - status.desiredHealthy);
      return status.disruptionsAllowed > spare ? [`${metadata.name}: ${status.disruptionsAllowed} of ${spare}`] : [];
    }),

  'nobody of the same or a higher priority is ended for a pod': (view) =>
    view.list(Event).flatMap(({ reason, message, involvedObject }) => {
      const preemptor = view.byUid(/^Preempted by pod (\S+) on node/.exec(message ?? '')?.[1] ?? '') as Pod | undefined;
      const victim = view.byUid(involvedObject.uid ?? '') as Pod | undefined;
      if (reason !== 'Preempted' || !preemptor || !victim) return [];
      const isLower = (victim.spec.priority ?? 0) < (preemptor.spec.priority ?? 0);
      return isLower ? [] : [`${victim.metadata.name} for ${preemptor.metadata.name}`];
    }),

  'a pod that waits would be refused by every node': (view) => {
    const pods = view
      .by(podsByNode, '')
      .filter(({ metadata, status }) => status.phase === 'Pending' && metadata.deletionTimestamp === undefined);
    if (pods.length === 0) return [];
    const namespaceLabels = (name: string) => view.get(Namespace, undefined, name)?.metadata.labels;
    const snapshot = Snapshot.of(view);
    return pods
      .filter((pod) => !countsEnding(view, pod))
      .flatMap((pod) => {
        const cycle = { pod: new PodInfo(pod), snapshot, view, settings: DEFAULT_SETTINGS, namespaceLabels };
        return findFeasibleNodes(cycle).feasible.map(({ name }) => `${pod.metadata.name} fits on ${name}`);
      });
  },

  'a pod that no node takes says why': (view) =>
    view.list(Pod).flatMap(({ metadata, spec, status }) => {
      if (spec.nodeName || metadata.deletionTimestamp || status.phase !== 'Pending') return [];
      const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
      return scheduled?.status === 'False' && scheduled.reason ? [] : [metadata.name];
    }),
};

/** Spreading does not count pods that are ending, and nothing tells a waiting pod when one begins to. */
function countsEnding(view: ClusterView, { spec }: Pod): boolean {
  if (!spec.topologySpreadConstraints?.length) return false;
  return view.list(Pod).some(({ metadata }) => metadata.deletionTimestamp !== undefined);
}

function ownedBy(view: ClusterView, kindKey: string, owner: KubeObject): KubeObject[] {
  return view
    .dependents(owner.metadata.uid)
    .filter((object) => object.kind === kindKey && controllerRef(object)?.uid === owner.metadata.uid);
}

function requested(pod: Pod, resource: string): number {
  return pod.spec.containers.reduce(
    (sum, { resources }) => sum + resourceAmount(resource, resources?.requests?.[resource] as string | undefined),
    0,
  );
}

function duplicates(values: readonly string[]): string[] {
  const seen = new Set<string>();
  return values.filter((value) => seen.has(value) || !seen.add(value));
}
