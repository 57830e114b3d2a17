import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { silentSince } from '../../kinds/fault/queries.ts';
import { Fault, pressureFaultsByNode, silentNodes } from '../../kinds/fault/types.ts';
import { hasProfiledMemory, saysMemory } from '../../kinds/imageprofile/queries.ts';
import { ImageProfile } from '../../kinds/imageprofile/types.ts';
import { nodeCondition } from '../../kinds/node/queries.ts';
import { Node, type NodeRuntime, type PressureCondition } from '../../kinds/node/types.ts';
import { isCriticalPod, isPodTerminal, memoryVolumeBytes } from '../../kinds/pod/queries.ts';
import { Pod, podsByNode } from '../../kinds/pod/types.ts';
import { reportPressure } from './conditions.ts';
import { nextMemoryCrossing } from './crossing.ts';
import { evictionMessage } from './messages.ts';
import { rankForEviction } from './ranking.ts';
import { judgeThresholds, type MetThreshold } from './thresholds.ts';

/** The eviction manager's monitoring interval, and cAdvisor's: fresh figures after an eviction come this much later. */
const MONITORING_INTERVAL_MS = 10 * SECOND_MS;
/** immediateEvictionGracePeriodSeconds, for hard thresholds; and no pod is given less. */
const HARD_GRACE_SECONDS = 1;

/**
 * The eviction managers of all kubelets: pressure conditions of nodes, and one pod after the other that is evicted for
 * them. Keys are names of nodes. A node is looked at when something on it changes, and when the profiles say that the
 * memory in use will cross the threshold. Source: pkg/kubelet/eviction/eviction_manager.go.
 */
export const nodePressure: Controller = {
  name: 'node-pressure',
  watches: [
    watch(Pod, podKeys),
    watch(Node, nodeKeys),
    watch(Fault, ({ old, new: fault }) =>
      [old, fault].flatMap((either) => {
        if (!either) return [];
        return either.spec.pressure ? [either.spec.pressure.node] : [...silentNodes(either)];
      }),
    ),
    watch(ImageProfile, profileKeys),
  ],
  reconcile(name, api) {
    const node = api.getByKey(Node, name);
    if (!node || node.metadata.deletionTimestamp || silentSince(api, name) !== undefined) return;
    if (nodeCondition(node, 'MemoryPressure') === undefined) return;
    const { met, due, states, nextAtMs } = judgeThresholds(api, api.settings, node);
    const driven = new Set<PressureCondition>(met.map(({ condition }) => condition));
    const report = reportPressure(api, node, driven);
    const current = remember(api, report.node, states);
    const times = [report.nextAtMs, nextAtMs, nextMemoryCrossing(api, current), reclaim(api, current, due)];
    for (const time of times) if (time !== undefined && time > api.now) api.requeueAt(time);
  },
};

function remember(api: ControllerApi, node: Node, thresholds: NodeRuntime['thresholds']): Node {
  const { thresholds: before, ...rest } = node.runtime ?? {};
  if (deepEqual(before, thresholds)) return node;
  const updated = api.updateStatus<Node>({ ...node, runtime: { ...rest, ...(thresholds ? { thresholds } : {}) } });
  return updated.ok ? updated.value : node;
}

/** Evicts one pod where a threshold is due; answers when to look again. */
function reclaim(api: ControllerApi, node: Node, due: readonly MetThreshold[]): number | undefined {
  const [threshold] = due;
  if (!threshold) return undefined;
  const { name } = node.metadata;
  const active = api.by(podsByNode, name).filter(isActive);
  // The end of a pod that is being evicted is waited for.
  if (active.some(({ runtime }) => runtime?.terminate !== undefined)) return undefined;
  const dueMs = (node.runtime?.evictedAtMs ?? Number.NEGATIVE_INFINITY) + MONITORING_INTERVAL_MS;
  const [pod] = rankForEviction(
    api,
    active.filter((candidate) => !isCriticalPod(candidate)),
    threshold.resource,
  );
  if (!pod) return undefined;
  if (api.now < dueMs) return dueMs;
  const options = { source: 'kubelet', host: name };
  api.event(node, 'Warning', 'EvictionThresholdMet', `Attempting to reclaim ${threshold.resource}`, options);
  const message = evictionMessage(api, pod, threshold);
  api.event(pod, 'Warning', 'Evicted', message, options);
  const graceSeconds = threshold.isHard ? HARD_GRACE_SECONDS : softGraceSeconds(api, pod);
  const terminate = { reason: 'Evicted' as const, message, graceSeconds };
  api.updateStatus<Pod>({ ...pod, runtime: { ...pod.runtime, terminate } });
  api.updateStatus<Node>({ ...node, runtime: { ...node.runtime, evictedAtMs: api.now } });
  return undefined;
}

/** The pod's own grace, as far as the kubelet allows it. */
function softGraceSeconds({ settings }: ControllerApi, { spec }: Pod): number {
  const longest = settings.evictionMaxPodGracePeriodSeconds;
  return Math.max(HARD_GRACE_SECONDS, Math.min(longest, spec.terminationGracePeriodSeconds ?? longest));
}

/** Whether the kubelet has taken the pod on and not yet ended it. */
function isActive(pod: Pod): boolean {
  return pod.runtime?.since !== undefined && !pod.runtime.done && !isPodTerminal(pod);
}

// --- what may change the signals of a node -----------------------------------------------------------------------------

function podKeys({ old, new: pod }: Change<Pod>, view: ClusterView): string | undefined {
  const either = pod ?? old;
  const nodeName = either?.spec.nodeName;
  if (!either || !nodeName || (old && pod && old.runtime === pod.runtime)) return undefined;
  if (view.get(Node, undefined, nodeName)?.runtime?.pressure !== undefined) return nodeName;
  return hasProfiledMemory(view, either) || memoryVolumeBytes(either) > 0 ? nodeName : undefined;
}

function nodeKeys({ old, new: node }: Change<Node>, view: ClusterView): string | undefined {
  if (!node) return undefined;
  const { name } = node.metadata;
  const same = old?.status.conditions === node.status.conditions && old?.status.capacity === node.status.capacity;
  if (same) return undefined;
  const concerned =
    node.runtime?.pressure !== undefined ||
    view.countBy(pressureFaultsByNode, name) > 0 ||
    view.by(podsByNode, name).some((pod) => hasProfiledMemory(view, pod));
  return concerned ? name : undefined;
}

function profileKeys({ old, new: profile }: Change<ImageProfile>, view: ClusterView): string[] | undefined {
  if (old?.spec === profile?.spec) return undefined;
  if (![old, profile].some((either) => either && saysMemory(either.spec))) return undefined;
  return view.list(Node).map(({ metadata }) => metadata.name);
}
