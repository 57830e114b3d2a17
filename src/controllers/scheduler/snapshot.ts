import { Node } from '../../kinds/node/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { Pod } from '../../kinds/pod/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { ImageStates } from './image-states.ts';
import { NodeInfo } from './node-info.ts';
import { PodInfo } from './pod-info.ts';

/** What changed in a snapshot, for those who derive more from it. */
export interface SnapshotObserver {
  /** A node came, went (`info` is undefined) or became another by itself. */
  nodeChanged(info: NodeInfo | undefined, old: Node | undefined, current: Node | undefined): void;
  /** A pod came to (`sign` 1) or went from (-1) a node. */
  podCounted(node: NodeInfo, pod: PodInfo, sign: 1 | -1): void;
  /** An unbound pod waits for room on another node than before. */
  nominationChanged(): void;
}

type PodsByUid = Map<string, PodInfo>;

const NO_PODS: readonly PodInfo[] = [];

/**
 * Every node with the pods on it, kept up to date by `nodeChanged` and `podChanged`: a pure function of the Node and Pod
 * objects, whatever the order in which they came. Source: pkg/scheduler/backend/cache.
 */
export class Snapshot {
  readonly nodes = new Map<string, NodeInfo>();
  readonly images = new ImageStates();
  readonly withAffinity = new Set<NodeInfo>();
  readonly withRequiredAntiAffinity = new Set<NodeInfo>();
  observer: SnapshotObserver | undefined;
  /** What an attempt derived from a pod, to be kept when the pod gets its node. */
  expected: PodInfo | undefined;
  /** Where each counted pod is counted, by uid. */
  private readonly placed = new Map<string, string>();
  /** Pods on nodes that are not there, by the name of the node. */
  private readonly strays = new Map<string, PodsByUid>();
  /** Unbound pods that wait for room on a node, by the name of the node. */
  private readonly nominations = new Map<string, PodsByUid>();
  private readonly created = new Map<string, number>();
  private ordered: readonly NodeInfo[] | undefined;

  static of(view: ClusterView): Snapshot {
    const snapshot = new Snapshot();
    for (const node of view.iterate(Node)) snapshot.nodeChanged(undefined, node, view);
    for (const pod of view.iterate(Pod)) snapshot.podChanged(undefined, pod);
    return snapshot;
  }

  /** The nodes in the order of their creation; only those of `names` where they are given. */
  list(names?: ReadonlySet<string>): readonly NodeInfo[] {
    if (names) return this.inOrder([...names].flatMap((name) => this.nodes.get(name) ?? []));
    this.ordered ??= this.inOrder([...this.nodes.values()]);
    return this.ordered;
  }

  private inOrder(nodes: NodeInfo[]): NodeInfo[] {
    const place = ({ name }: NodeInfo) => this.created.get(name) ?? 0;
    return nodes.sort((left, right) => place(left) - place(right));
  }

  /** The unbound pods nominated to run on a node. */
  nominatedTo(node: string): readonly PodInfo[] {
    const pods = this.nominations.get(node);
    return pods ? [...pods.values()] : NO_PODS;
  }

  /** The names of the nodes to which pods are nominated. */
  nominatedNodes(): Iterable<string> {
    return this.nominations.keys();
  }

  nodeChanged(old: Node | undefined, current: Node | undefined, view: ClusterView): void {
    const name = (current ?? old)?.metadata.name ?? '';
    this.images.setNode(name, old, current);
    const info = this.nodes.get(name);
    if (current && info) info.setNode(current);
    else if (current) this.addNode(current, view.createdRevision(current.metadata.uid) ?? 0);
    else if (info) this.removeNode(info);
    this.observer?.nodeChanged(this.nodes.get(name), old, current);
  }

  podChanged(old: Pod | undefined, current: Pod | undefined): void {
    this.nominate(old, current);
    const uid = (current ?? old)?.metadata.uid ?? '';
    const before = this.placed.get(uid);
    const after = current && !isPodTerminal(current) ? current.spec.nodeName || undefined : undefined;
    if (before === undefined && after === undefined) return;
    if (before === after && old && current && isSameForScheduling(old, current)) {
      const info = this.countedPod(uid, before ?? '');
      if (info) info.pod = current;
      return;
    }
    if (before !== undefined) this.discount(uid, before);
    if (after !== undefined && current) this.countPod(this.infoOf(current), after);
  }

  private infoOf(pod: Pod): PodInfo {
    const { expected } = this;
    if (expected?.uid !== pod.metadata.uid || expected.pod.spec.containers !== pod.spec.containers) {
      return new PodInfo(pod);
    }
    this.expected = undefined;
    expected.pod = pod;
    return expected;
  }

  private nominate(old: Pod | undefined, current: Pod | undefined): void {
    const before = nominationOf(old);
    const after = nominationOf(current);
    if (before === undefined && after === undefined) return;
    if (before !== undefined && old) removeFrom(this.nominations, before, old.metadata.uid);
    if (after !== undefined && current) addTo(this.nominations, after, new PodInfo(current));
    if (before !== after) this.observer?.nominationChanged();
  }

  private addNode(node: Node, created: number): void {
    const info = new NodeInfo(node);
    this.nodes.set(info.name, info);
    this.created.set(info.name, created);
    this.ordered = undefined;
    const pods = this.strays.get(info.name);
    this.strays.delete(info.name);
    for (const pod of pods?.values() ?? []) this.countOn(info, pod);
  }

  private removeNode(info: NodeInfo): void {
    this.nodes.delete(info.name);
    this.created.delete(info.name);
    this.ordered = undefined;
    this.withAffinity.delete(info);
    this.withRequiredAntiAffinity.delete(info);
    for (const pod of info.pods.values()) {
      addTo(this.strays, info.name, pod);
      this.observer?.podCounted(info, pod, -1);
    }
  }

  private countedPod(uid: string, node: string): PodInfo | undefined {
    return this.nodes.get(node)?.pods.get(uid) ?? this.strays.get(node)?.get(uid);
  }

  private countPod(pod: PodInfo, node: string): void {
    this.placed.set(pod.uid, node);
    const info = this.nodes.get(node);
    if (info) this.countOn(info, pod);
    else addTo(this.strays, node, pod);
  }

  private countOn(info: NodeInfo, pod: PodInfo): void {
    info.addPod(pod);
    if (info.podsWithAffinity.size > 0) this.withAffinity.add(info);
    if (info.podsWithRequiredAntiAffinity.size > 0) this.withRequiredAntiAffinity.add(info);
    this.observer?.podCounted(info, pod, 1);
  }

  private discount(uid: string, node: string): void {
    this.placed.delete(uid);
    removeFrom(this.strays, node, uid);
    const info = this.nodes.get(node);
    const pod = info?.removePod(uid);
    if (!info || !pod) return;
    if (info.podsWithAffinity.size === 0) this.withAffinity.delete(info);
    if (info.podsWithRequiredAntiAffinity.size === 0) this.withRequiredAntiAffinity.delete(info);
    this.observer?.podCounted(info, pod, -1);
  }
}

/** The node an unbound pod waits for, if any. */
function nominationOf(pod: Pod | undefined): string | undefined {
  if (!pod || pod.spec.nodeName || isPodTerminal(pod)) return undefined;
  return pod.status.nominatedNodeName || undefined;
}

/** Whether nothing that is counted differs: a heartbeat of the kubelet, say. */
function isSameForScheduling(old: Pod, current: Pod): boolean {
  return (
    old.spec === current.spec &&
    old.metadata.labels === current.metadata.labels &&
    old.metadata.deletionTimestamp === current.metadata.deletionTimestamp &&
    old.status.containerStatuses === current.status.containerStatuses
  );
}

function addTo(pods: Map<string, PodsByUid>, key: string, pod: PodInfo): void {
  const known = pods.get(key);
  if (known) known.set(pod.uid, pod);
  else pods.set(key, new Map([[pod.uid, pod]]));
}

function removeFrom(pods: Map<string, PodsByUid>, key: string, uid: string): void {
  const known = pods.get(key);
  known?.delete(uid);
  if (known?.size === 0) pods.delete(key);
}
