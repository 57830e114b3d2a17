import type { ClusterView } from '../../machinery/cluster-view.ts';
import { controllerRef, keyOf } from '../../machinery/object.ts';
import { isPodTerminal } from '../pod/queries.ts';
import { podsByNode, type Pod } from '../pod/types.ts';

/** Which pods of a node a drain takes away, which it leaves, and why. Source: k8s.io/kubectl/pkg/drain/filters.go. */

export interface DrainOptions {
  ignoreDaemonSets?: boolean | undefined;
  deleteEmptyDirData?: boolean | undefined;
  /** Take pods that no controller would make again. */
  force?: boolean | undefined;
}

export interface DrainPlan {
  pods: readonly Pod[];
  /** "ignoring DaemonSet-managed Pods: kube-system/logs-x", as kubectl warns. */
  warnings: readonly string[];
  /** "cannot delete Pods with local storage (use --delete-emptydir-data to override): default/web": nothing is done. */
  errors: readonly string[];
}

type Verdict = { take: boolean; warning?: string; error?: string };

const TAKE: Verdict = { take: true };

/** What `kubectl drain` would do with the pods that are on the node now. */
export function planDrain(view: ClusterView, nodeName: string, options: DrainOptions): DrainPlan {
  const pods: Pod[] = [];
  const warnings = new Map<string, string[]>();
  const errors = new Map<string, string[]>();
  for (const pod of view.by(podsByNode, nodeName)) {
    const verdict = judge(view, pod, options);
    if (verdict.take) pods.push(pod);
    if (verdict.warning !== undefined) note(warnings, verdict.warning, pod);
    if (verdict.error !== undefined) note(errors, verdict.error, pod);
  }
  return { pods, warnings: sentences(warnings, ''), errors: sentences(errors, 'cannot delete ') };
}

function note(notes: Map<string, string[]>, message: string, pod: Pod): void {
  const known = notes.get(message);
  if (known) known.push(keyOf(pod));
  else notes.set(message, [keyOf(pod)]);
}

function sentences(notes: Map<string, string[]>, prefix: string): string[] {
  return [...notes].map(([message, pods]) => `${prefix}${message}: ${pods.join(', ')}`);
}

/** The filters in kubectl's order: the first that does not take the pod decides, else the last one's warning stands. */
function judge(view: ClusterView, pod: Pod, options: DrainOptions): Verdict {
  const daemon = daemonSetFilter(view, pod, options);
  if (!daemon.take) return daemon;
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return { take: false };
  const storage = localStorageFilter(pod, options);
  if (!storage.take) return storage;
  return unreplicatedFilter(pod, options);
}

function daemonSetFilter(view: ClusterView, pod: Pod, options: DrainOptions): Verdict {
  const reference = controllerRef(pod);
  if (reference?.kind !== 'DaemonSet' || reference.apiVersion !== 'apps/v1' || isPodTerminal(pod)) return TAKE;
  const owner = view.byUid(reference.uid);
  if (owner?.kind !== 'DaemonSet') {
    const message = `daemonsets.apps ${JSON.stringify(reference.name)} not found`;
    return options.force ? { take: true, warning: message } : { take: false, error: message };
  }
  if (options.ignoreDaemonSets) return { take: false, warning: 'ignoring DaemonSet-managed Pods' };
  return { take: false, error: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
}

function localStorageFilter(pod: Pod, options: DrainOptions): Verdict {
  const isLocal = pod.spec.volumes?.some((volume) => volume.emptyDir !== undefined) ?? false;
  if (!isLocal || isPodTerminal(pod) || options.deleteEmptyDirData) return TAKE;
  return { take: false, error: 'Pods with local storage (use --delete-emptydir-data to override)' };
}

function unreplicatedFilter(pod: Pod, options: DrainOptions): Verdict {
  if (isPodTerminal(pod) || controllerRef(pod)) return TAKE;
  if (options.force) return { take: true, warning: 'deleting Pods that declare no controller' };
  return { take: false, error: 'Pods that declare no controller (use --force to override)' };
}
