import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { keyOf } from '../../machinery/object.ts';
import { isNodeDown, podsOfFault, silentSince } from '../../kinds/fault/queries.ts';
import { ConfigMap } from '../../kinds/configmap/types.ts';
import { Fault, hitsPods, silentNodes } from '../../kinds/fault/types.ts';
import { Node } from '../../kinds/node/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { Pod, podsByNode, podsByReference, referenceKey } from '../../kinds/pod/types.ts';
import { Secret } from '../../kinds/secret/types.ts';
import { claimWatches } from './claim-volumes.ts';
import { CONFIG_ERROR, podsWithNewFiles } from './config-error.ts';
import {
  configurationKey,
  followsConfiguration,
  isConfigurationKey,
  keepWhatPodsSee,
  notePodChange,
} from './mounted-configuration.ts';
import { takeNewImages } from './new-image.ts';
import { admitPod, podsAwaitingRoom } from './node-admission.ts';
import { comeBack } from './outage.ts';
import { isServiceKey, keepPastService, serviceWatches } from './past-services.ts';
import { KUBELET, PodSync } from './pod-sync.ts';
import { CONFIG_MAP, SECRET } from './references.ts';
import { podsToResize, takeResize } from './resize.ts';
import { settleFault } from './settle-fault.ts';
import { generateStatus } from './status.ts';
import { takeTermination, withTermination } from './termination.ts';
import { beginEnding, catchUp, isOnlyWaiting, nextTransition, settle } from './worker.ts';

const FAULT_PREFIX = 'fault\n';

/**
 * The kubelets of all nodes. Keys are pods, and `fault\n<name>` for faults that are going away. A kubelet looks at a pod
 * when the pod changes, when something the pod waits for appears, and at the times it has asked for; nothing is polled.
 */
export const kubelet: Controller = {
  name: KUBELET,
  watches: [
    watch(Pod, podKey),
    watch(Pod, podsToResize),
    watch(Pod, podsWithNewFiles),
    watch(Pod, podsAwaitingRoom),
    watch(Fault, faultKeys),
    watch(Node, ({ old, new: node }, view) => (node && !old ? keysOnNode(view, node.metadata.name) : undefined)),
    ...claimWatches,
    ...serviceWatches,
    watch(CONFIG_MAP, (change, view) => waitingFor('ConfigMap', change, view)),
    watch(SECRET, (change, view) => waitingFor('Secret', change, view)),
    watch(ConfigMap, (change, view) => configurationKey('ConfigMap', change, view)),
    watch(Secret, (change, view) => configurationKey('Secret', change, view)),
  ],
  reconcile(key, api) {
    if (key.startsWith(FAULT_PREFIX)) settleFault(key.slice(FAULT_PREFIX.length), api);
    else if (isConfigurationKey(key)) keepWhatPodsSee(key, api);
    else if (isServiceKey(key)) keepPastService(key, api);
    else reconcilePod(key, api);
  },
};

function reconcilePod(key: string, api: ControllerApi): void {
  const pod = api.getByKey(Pod, key);
  if (!pod?.spec.nodeName) return;
  const node = api.get(Node, undefined, pod.spec.nodeName);
  if (!node) return;
  if (silentSince(api, node.metadata.name) !== undefined) {
    rememberOutage(pod, node, api);
    return;
  }
  if (pod.runtime?.done) {
    removeDeleted(pod, api);
    return;
  }
  if (isPodTerminal(pod)) {
    // Somebody else ended it (an eviction): its containers go without further ado.
    if (pod.runtime?.since !== undefined) api.updateStatus<Pod>({ ...pod, runtime: { ...pod.runtime, done: true } });
    return;
  }
  if (pod.runtime?.since === undefined && !admitPod(pod, node, api)) return;
  const sync = new PodSync(api, pod, node);
  if (sync.runtime.downSince !== undefined) comeBack(sync);
  catchUp(sync);
  takeDeletion(sync);
  takeTermination(sync);
  takeNewImages(sync);
  takeResize(sync);
  settle(sync);
  catchUp(sync);
  notePodChange(sync);
  report(sync);
}

/** A machine that is off forgets what ran on it; what is merely cut off goes on. */
function rememberOutage(pod: Pod, node: Node, api: ControllerApi): void {
  const { runtime } = pod;
  if (runtime?.since === undefined || runtime.done || runtime.downSince !== undefined) return;
  if (!isNodeDown(api, node.metadata.name)) return;
  api.updateStatus<Pod>({ ...pod, runtime: { ...runtime, downSince: api.now } });
}

/** A pod that is to go is ended within the grace that the API server gave it. */
function takeDeletion(sync: PodSync): void {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = sync.pod.metadata;
  if (deletionTimestamp === undefined) return;
  const { ending } = sync;
  if (ending?.kind === 'deleted' && ending.graceSeconds <= deletionGracePeriodSeconds) return;
  beginEnding(sync, 'deleted', deletionGracePeriodSeconds);
}

function report(sync: PodSync): void {
  const { api, pod } = sync;
  const status = withTermination(sync, generateStatus(sync));
  const updated = api.updateStatus<Pod>({ ...pod, status, runtime: sync.runtime });
  if (updated.ok && sync.runtime.done) removeDeleted(updated.value, api);
  const next = nextTransition(sync);
  if (next !== undefined) api.requeueAt(next, { background: isOnlyWaiting(sync, next) });
}

/** Tells the API server that nothing of a deleted pod is left. */
function removeDeleted(pod: Pod, api: ControllerApi): void {
  const { deletionTimestamp, deletionGracePeriodSeconds, uid } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === 0) return;
  api.delete(pod, { gracePeriodSeconds: 0, uid });
}

// --- what wakes a kubelet ----------------------------------------------------------------------------------------------

function podKey({ old, new: pod }: Change<Pod>): string | undefined {
  if (!pod?.spec.nodeName) return undefined;
  if (old) {
    const sameMetadata =
      old.metadata.deletionTimestamp === pod.metadata.deletionTimestamp &&
      old.metadata.deletionGracePeriodSeconds === pod.metadata.deletionGracePeriodSeconds &&
      old.metadata.generation === pod.metadata.generation &&
      old.metadata.labels === pod.metadata.labels &&
      (old.metadata.annotations === pod.metadata.annotations || !followsConfiguration(pod)) &&
      old.runtime?.terminate === pod.runtime?.terminate &&
      old.runtime?.mountRetry === pod.runtime?.mountRetry;
    // What only the kubelet writes tells it nothing new.
    if (sameMetadata && old.spec === pod.spec && (old.runtime !== pod.runtime || old.status === pod.status)) {
      return undefined;
    }
  }
  return keyOf(pod);
}

function keysOnNode(view: ClusterView, nodeName: string): string[] {
  return view.by(podsByNode, nodeName).map(keyOf);
}

function faultKeys({ old, new: fault }: Change<Fault>, view: ClusterView): string[] | undefined {
  const either = fault ?? old;
  if (!either) return undefined;
  if (!hitsPods(either)) {
    if (old && fault && old.status.active === fault.status.active) return undefined;
    return silentNodes(either).flatMap((name) => keysOnNode(view, name));
  }
  const going = fault?.metadata.deletionTimestamp !== undefined;
  if (going) return [FAULT_PREFIX + either.metadata.name];
  if (old && fault && old.spec === fault.spec) return undefined;
  // Pulls ask for themselves when they begin.
  if (either.spec.imagePull ?? either.spec.latency) return undefined;
  return podsOfFault(view, either).map(keyOf);
}

/** The pods that wait for a ConfigMap or Secret to appear or to get a key. */
function waitingFor(kind: 'ConfigMap' | 'Secret', { new: object }: Change, view: ClusterView): string[] | undefined {
  if (!object) return undefined;
  const { namespace, name } = object.metadata;
  const waiting = view.by(podsByReference, referenceKey(kind, namespace, name)).filter(isStuck);
  return waiting.length > 0 ? waiting.map(keyOf) : undefined;
}

function isStuck({ runtime }: Pod): boolean {
  if (!runtime || runtime.done) return false;
  if ((runtime.volumeProblem ?? runtime.mountRetry) !== undefined) return true;
  return Object.values(runtime.containers ?? {}).some(
    ({ step }) => step.step === 'waiting' && step.reason === CONFIG_ERROR,
  );
}
