import type { ChangeType, Version } from '../machinery/version.ts';
import type { ClusterReplica, CommittedBatch } from '../machinery/ports.ts';
import { liveScope } from './cluster-source.ts';
import { Change } from './change.ts';
import { EventQueue } from './event-queue.ts';
import type { Predicate } from './object-filter.ts';
import { Topic } from './topics.ts';

/** The messages of `objectChanges`. */
export class ChangeBatch {
  readonly replica: ClusterReplica;
  readonly revision: number;
  readonly time: number;
  readonly changes: readonly Change[];

  constructor(replica: ClusterReplica, revision: number, time: number, versions: readonly Version[]) {
    this.replica = replica;
    this.revision = revision;
    this.time = time;
    const scope = liveScope(replica);
    this.changes = versions.map((version) => new Change(scope, version));
  }
}

export class Bookmark {
  readonly revision: number;
  readonly time: number;

  constructor(revision: number, time: number) {
    this.revision = revision;
    this.time = time;
  }
}

export type ExpiredReason = 'TOO_OLD' | 'SLOW_CONSUMER' | 'CLUSTER_DELETED';

export class WatchExpired {
  readonly reason: ExpiredReason;
  readonly oldestRevision: number;

  constructor(reason: ExpiredReason, oldestRevision: number) {
    this.reason = reason;
    this.oldestRevision = oldestRevision;
  }
}

export type WatchMessage = ChangeBatch | Bookmark | WatchExpired;

/** How long a watch may be silent while the cluster moves on. */
const BOOKMARK_INTERVAL_MS = 5_000;

/**
 * What a change is to somebody who sees only the objects that match: an object that begins to match is added, one that
 * stops matching is deleted.
 */
export function seenThrough(version: Version, matches: Predicate | undefined): Version | undefined {
  if (!matches) return version;
  const before = version.previous !== undefined && matches(version.previous);
  const after = version.type !== 'DELETED' && matches(version.object);
  if (!before && !after) return undefined;
  const type: ChangeType = !before ? 'ADDED' : after ? 'MODIFIED' : 'DELETED';
  return type === version.type ? version : { ...version, type };
}

/** One change per object: the newest, with what it was before the first. What came and went within the time is left out. */
export function coalesced(versions: readonly Version[]): Version[] {
  const newest = new Map<string, Version>();
  for (const version of versions) {
    const { uid } = version.object.metadata;
    const known = newest.get(uid);
    newest.delete(uid);
    if (!known) {
      newest.set(uid, version);
    } else if (version.type !== 'DELETED') {
      newest.set(uid, {
        ...version,
        type: known.type === 'DELETED' ? 'MODIFIED' : known.type,
        previous: known.previous,
      });
    } else if (known.type !== 'ADDED') {
      newest.set(uid, { ...version, previous: known.previous });
    }
  }
  return [...newest.values()];
}

/** Gathers the changes that match for `coalesceMs` of wall time and publishes them as one batch. */
export class WatchTopic {
  readonly topic: Topic<WatchMessage>;
  private readonly replica: ClusterReplica;
  private readonly matches: Predicate | undefined;
  private readonly coalesceMs: number;
  private pending: Version[] = [];
  private timer: NodeJS.Timeout | undefined;
  private publish: ((message: WatchMessage) => void) | undefined;
  private published = 0;

  constructor(replica: ClusterReplica, matches: Predicate | undefined, coalesceMs: number) {
    this.replica = replica;
    this.matches = matches;
    this.coalesceMs = coalesceMs;
    this.topic = new Topic((publish, closed) => this.start(publish, closed));
  }

  /** Publishes what is gathered, so that a newcomer gets nothing that it has seen already. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const versions = this.coalesceMs > 0 ? coalesced(this.pending) : this.pending;
    const revision = this.pending.at(-1)?.revision ?? 0;
    this.pending = [];
    if (versions.length === 0) return;
    this.published = Math.max(revision, this.published);
    this.publish?.(new ChangeBatch(this.replica, this.published, this.replica.view.now, versions));
  }

  private start(publish: (message: WatchMessage) => void, closed: () => void): () => void {
    this.publish = publish;
    this.published = this.replica.view.revision;
    const unsubscribe = this.replica.subscribe((batch) => this.take(batch), closed);
    const bookmarks = setInterval(() => this.bookmark(), BOOKMARK_INTERVAL_MS);
    bookmarks.unref();
    return () => {
      unsubscribe();
      clearInterval(bookmarks);
      clearTimeout(this.timer);
      this.timer = undefined;
      this.pending = [];
    };
  }

  private take(batch: CommittedBatch): void {
    for (const version of batch.versions) {
      const seen = seenThrough(version, this.matches);
      if (seen) this.pending.push(seen);
    }
    if (this.pending.length === 0) return;
    if (this.coalesceMs === 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.coalesceMs);
  }

  private bookmark(): void {
    const { revision, now } = this.replica.view;
    if (this.pending.length > 0 || revision <= this.published) return;
    this.published = revision;
    this.publish?.(new Bookmark(revision, now));
  }
}

/**
 * A watch: what happened since a revision (if one is given), a bookmark, and then what happens. It ends with
 * `WatchExpired` when the revision is too old, the cluster is deleted or the subscriber too slow: list and watch again.
 */
export function watchObjects(
  replica: ClusterReplica,
  watch: WatchTopic,
  matches: Predicate | undefined,
  since: number | undefined,
): EventQueue<WatchMessage> {
  const expired = (reason: ExpiredReason) => new WatchExpired(reason, replica.oldestRevision);
  const queue: EventQueue<WatchMessage> = new EventQueue<WatchMessage>(
    () => expired('SLOW_CONSUMER'),
    () => unlisten(),
  );
  watch.flush();
  const { revision, now } = replica.view;
  const held: WatchMessage[] = [];
  let live = since === undefined;
  const unlisten = watch.topic.listen(
    (message) => {
      if (live) queue.push(message);
      else held.push(message);
    },
    () => queue.end(expired('CLUSTER_DELETED')),
  );
  if (since === undefined) {
    queue.push(new Bookmark(revision, now));
    return queue;
  }
  const catchUp = async (): Promise<void> => {
    const batches = await replica.since(since);
    if (batches === 'expired') return queue.end(expired('TOO_OLD'));
    for (const batch of batches) {
      const versions = batch.versions.flatMap((version) => {
        return version.revision <= revision ? (seenThrough(version, matches) ?? []) : [];
      });
      if (versions.length > 0) {
        queue.push(new ChangeBatch(replica, versions.at(-1)?.revision ?? batch.revision, batch.time, versions));
      }
    }
    queue.push(new Bookmark(revision, now));
    for (const message of held) queue.push(message);
    live = true;
  };
  catchUp().catch((error: unknown) => queue.fail(error as Error));
  return queue;
}
