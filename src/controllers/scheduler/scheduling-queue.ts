import type { Pod } from '../../kinds/pod/types.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import type { ClusterEvent, HintContext } from './cluster-events.ts';
import { hintsFor } from './hints.ts';
import { PodHeap } from './pod-heap.ts';
import { PodInfo } from './pod-info.ts';
import {
  compareQueueOrder,
  queueOrderOf,
  schedulingRecord,
  type QueueOrder,
  type SchedulingRecord,
} from './queued-pod.ts';

interface ParkedPod {
  readonly info: PodInfo;
  readonly record: SchedulingRecord;
}

interface BackoffOrder extends QueueOrder {
  /** When the pod may be tried even if others wait, in milliseconds. */
  readonly readyAt: number;
}

/** How often upstream looks for pods that were left alone for too long. */
const FLUSH_INTERVAL_MS = 30 * SECOND_MS;

/** How long a pod waits for its volumes: VolumeBindingArgs.bindTimeoutSeconds. */
export const VOLUME_TIMEOUT_MS = 600 * SECOND_MS;

/** Backing off is counted in whole seconds (backoffQOrderingWindowDuration). */
const WINDOW_MS = SECOND_MS;

/**
 * The pods that have no node: those to try now, those that wait out a pause after something happened that may help, and
 * those that wait for such a thing to happen. All of it can be derived from the pods and the notes in their `runtime`.
 * Source: pkg/scheduler/backend/queue.
 */
export class SchedulingQueue {
  private readonly settings: ClusterSettings;
  private readonly active = new PodHeap<QueueOrder>(compareQueueOrder);
  private readonly backingOff = new PodHeap<BackoffOrder>(
    (left, right) => left.readyAt - right.readyAt || compareQueueOrder(left, right),
  );
  /** In the order of their last attempts. */
  private readonly parked = new Map<string, ParkedPod>();
  /** Pods that have their node and wait for volumes, in the order in which they began to. */
  private readonly binding = new Map<string, ParkedPod>();
  private readonly parkedByPlugin = new Map<string, Set<string>>();
  /** Pods that were woken while backing off, of which there is no note yet. */
  private readonly unnoted = new Set<string>();

  constructor(settings: ClusterSettings) {
    this.settings = settings;
  }

  get hasParked(): boolean {
    return this.parked.size > 0 || this.binding.size > 0;
  }

  /** Whether there is a pod to try, or a note to make, at this instant. */
  hasWork(): boolean {
    if (this.active.size > 0 || this.unnoted.size > 0) return true;
    return this.settings.schedulerPopFromBackoff && this.backingOff.size > 0;
  }

  /** The pods of which it must be noted that they were woken, so that nobody who starts anew forgets it. */
  takeUnnoted(): string[] {
    const uids = [...this.unnoted];
    this.unnoted.clear();
    return uids;
  }

  /** Puts a pod where its notes say it belongs. */
  add(pod: Pod, created: number): void {
    const record = schedulingRecord(pod);
    if (!record) this.active.add(pod.metadata.uid, queueOrderOf(pod, created));
    else if (record.wokenAt === undefined) this.park(pod, record);
    else this.backOff(pod, record, created);
  }

  forget(uid: string): void {
    this.active.delete(uid);
    this.backingOff.delete(uid);
    this.unnoted.delete(uid);
    this.unpark(uid);
  }

  isParked(uid: string): boolean {
    return this.find(uid) !== undefined;
  }

  /** Puts the newest version of a parked pod in its place. */
  refresh(pod: Pod): void {
    const known = this.find(pod.metadata.uid);
    const record = schedulingRecord(pod);
    if (!known || !record) return;
    const isSame = known.info.pod.spec === pod.spec && known.info.pod.metadata.labels === pod.metadata.labels;
    if (isSame) known.info.pod = pod;
    else this.placeFor(record).set(pod.metadata.uid, { info: new PodInfo(pod), record });
  }

  /** The pod to try next: by priority and age; those that back off come last, if at all. */
  pop(): string | undefined {
    return this.active.pop() ?? (this.settings.schedulerPopFromBackoff ? this.backingOff.pop() : undefined);
  }

  /** Wakes the parked pods that an event may help; `below` limits it to pods of at most that priority. */
  wake(event: ClusterEvent, context: HintContext, below?: number): void {
    for (const { plugin, hint } of hintsFor(event)) {
      for (const uid of this.parkedByPlugin.get(plugin) ?? []) {
        const pod = this.find(uid);
        if (!pod || (below !== undefined && pod.info.priority > below)) continue;
        if (!hint.helps || hint.helps(pod.info, event, context)) this.requeue(uid, context);
      }
    }
  }

  /** Wakes one parked pod if an event of its own may help it. */
  wakeOne(uid: string, event: ClusterEvent, context: HintContext): void {
    const pod = this.find(uid);
    if (!pod) return;
    const helped = hintsFor(event).some(
      ({ plugin, hint }) =>
        pod.record.plugins.includes(plugin) && (!hint.helps || hint.helps(pod.info, event, context)),
    );
    if (helped) this.requeue(uid, context);
  }

  /** Lets go of what has waited its time: pods that backed off, and pods that were left alone for too long. */
  release(now: number, context: HintContext): void {
    for (const pods of [this.parked, this.binding]) {
      for (const [uid, { record }] of pods) {
        if (this.flushAt(record) > now) break;
        this.requeue(uid, context);
      }
    }
    for (let next = this.backingOff.peek(); next && next.readyAt <= now; next = this.backingOff.peek()) {
      const uid = this.backingOff.pop();
      if (uid !== undefined) this.active.add(uid, next);
    }
  }

  /** When a pod will have backed off, as far as it is not tried before; in milliseconds. */
  nextBackoffEnd(): number | undefined {
    return this.backingOff.peek()?.readyAt;
  }

  /** When the pod that was parked first will be tried even though nothing happened. */
  nextFlush(): number | undefined {
    const [first] = this.parked.values();
    const [waiting] = this.binding.values();
    const times = [first, waiting].flatMap((pod) => (pod ? [this.flushAt(pod.record)] : []));
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  private find(uid: string): ParkedPod | undefined {
    return this.parked.get(uid) ?? this.binding.get(uid);
  }

  private placeFor({ bindingSince }: SchedulingRecord): Map<string, ParkedPod> {
    return bindingSince === undefined ? this.parked : this.binding;
  }

  private flushAt({ at, bindingSince }: SchedulingRecord): number {
    if (bindingSince !== undefined) return bindingSince + VOLUME_TIMEOUT_MS;
    const end = at + this.settings.schedulerMaxUnschedulableMs;
    return (Math.floor(end / FLUSH_INTERVAL_MS) + 1) * FLUSH_INTERVAL_MS;
  }

  private park(pod: Pod, record: SchedulingRecord): void {
    const { uid } = pod.metadata;
    this.placeFor(record).set(uid, { info: new PodInfo(pod), record });
    for (const plugin of record.plugins) {
      const known = this.parkedByPlugin.get(plugin);
      if (known) known.add(uid);
      else this.parkedByPlugin.set(plugin, new Set([uid]));
    }
  }

  private unpark(uid: string): void {
    const pod = this.find(uid);
    if (!pod) return;
    this.placeFor(pod.record).delete(uid);
    for (const plugin of pod.record.plugins) this.parkedByPlugin.get(plugin)?.delete(uid);
  }

  /** From waiting for help to being tried: at once, or when the pause after the last attempt is over. */
  private requeue(uid: string, { view }: HintContext): void {
    const parked = this.find(uid);
    if (!parked) return;
    this.unpark(uid);
    const { pod } = parked.info;
    const created = view.createdRevision(uid) ?? 0;
    if (this.backoffEnd(parked.record) <= view.now) {
      this.active.add(uid, queueOrderOf(pod, created));
      return;
    }
    this.backOff(pod, parked.record, created);
    if (!this.settings.schedulerPopFromBackoff) this.unnoted.add(uid);
  }

  private backOff(pod: Pod, record: SchedulingRecord, created: number): void {
    this.backingOff.add(pod.metadata.uid, { ...queueOrderOf(pod, created), readyAt: this.backoffEnd(record) });
  }

  private backoffEnd({ attempts, at }: SchedulingRecord): number {
    const { schedulerInitialBackoffMs: initial, schedulerMaxBackoffMs: longest } = this.settings;
    const pause = Math.min(initial * 2 ** Math.min(attempts - 1, 30), longest);
    if (!this.settings.schedulerPopFromBackoff) return at + pause;
    // The pause ends with the window of a second in which it runs out.
    return Math.floor((at + pause) / WINDOW_MS) * WINDOW_MS + WINDOW_MS;
  }
}
