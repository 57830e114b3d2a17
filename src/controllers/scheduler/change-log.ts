import type { Node } from '../../kinds/node/types.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { SnapshotObserver } from './snapshot.ts';

/** What happened to a snapshot, in order. */
export type LogEntry =
  | { readonly kind: 'pod'; readonly node: NodeInfo; readonly pod: PodInfo; readonly sign: 1 | -1 }
  /** A node's own amounts, taints or cordon; its labels are those it had. */
  | { readonly kind: 'node'; readonly node: NodeInfo }
  | { readonly kind: 'images'; readonly node: NodeInfo; readonly images: ReadonlySet<string> }
  | { readonly kind: 'nomination' };

const LIMIT = 50_000;

/**
 * The latest changes of a snapshot, so that what is derived from it can catch up instead of being derived again.
 * `position` counts the changes; `epoch` counts those after which nothing derived is worth keeping.
 */
export class ChangeLog implements SnapshotObserver {
  epoch = 0;
  /** The label keys that the affinity of any pod on a node asks for. It only grows. */
  readonly termKeys = new Set<string>();
  private entries: LogEntry[] = [];
  private start = 0;

  get position(): number {
    return this.start + this.entries.length;
  }

  /** The changes since a position; undefined when they are not known any more. */
  since(position: number): readonly LogEntry[] | undefined {
    if (position < this.start) return undefined;
    return position === this.position ? NO_ENTRIES : this.entries.slice(position - this.start);
  }

  nodeChanged(info: NodeInfo | undefined, old: Node | undefined, current: Node | undefined): void {
    if (!info || !old || !current || old.metadata.labels !== current.metadata.labels) {
      this.reset();
      return;
    }
    const images = changedImages(old, current);
    if (images) this.add({ kind: 'images', node: info, images });
    const isSame = old.spec === current.spec && old.status?.allocatable === current.status?.allocatable;
    if (!isSame) this.add({ kind: 'node', node: info });
  }

  podCounted(node: NodeInfo, pod: PodInfo, sign: 1 | -1): void {
    if (sign > 0 && pod.hasAffinity && this.learnTermKeys(pod)) this.reset();
    this.add({ kind: 'pod', node, pod, sign });
  }

  nominationChanged(): void {
    this.add({ kind: 'nomination' });
  }

  /**
   * Something changed that touches everything: the set of nodes, their labels, the labels of a namespace, or which
   * labels of a pod matter.
   */
  reset(): void {
    this.epoch++;
    this.start = this.position + 1;
    this.entries = [];
  }

  private learnTermKeys({
    requiredAffinity,
    requiredAntiAffinity,
    preferredAffinity,
    preferredAntiAffinity,
  }: PodInfo): boolean {
    const known = this.termKeys.size;
    for (const terms of [requiredAffinity, requiredAntiAffinity, preferredAffinity, preferredAntiAffinity]) {
      for (const { selector } of terms) for (const { key } of selector.requirements) this.termKeys.add(key);
    }
    return this.termKeys.size > known;
  }

  private add(entry: LogEntry): void {
    this.entries.push(entry);
    if (this.entries.length < LIMIT) return;
    const kept = this.entries.slice(LIMIT / 2);
    this.start += this.entries.length - kept.length;
    this.entries = kept;
  }
}

const NO_ENTRIES: readonly LogEntry[] = [];

function changedImages(old: Node, current: Node): ReadonlySet<string> | undefined {
  if (old.status?.images === current.status?.images) return undefined;
  const names = [...(old.status?.images ?? []), ...(current.status?.images ?? [])].flatMap(
    (image) => image.names ?? [],
  );
  return new Set(names);
}
