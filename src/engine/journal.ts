import type { ClusterState } from '../machinery/cluster-state.ts';
import { kindKey } from '../machinery/kind.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { Version } from '../machinery/version.ts';

interface Pending {
  previous: KubeObject | undefined;
  latest: KubeObject | undefined;
  last: KubeObject;
  created: number;
  revision: number;
  cause: string;
}

interface Undo {
  uid: string;
  object: KubeObject | undefined;
  created: number;
  pending: Pending | undefined;
}

/**
 * Applies writes to the state and gathers them: all writes to one object within one instant become one version. While a
 * mark is set, every write can be taken back.
 */
export class Journal {
  private readonly state: ClusterState;
  private readonly pending = new Map<string, Pending>();
  private undo: Undo[] | undefined;
  /** Changes whenever writes are taken back or out: what was remembered of the state before is void. */
  epoch = 0;

  constructor(state: ClusterState) {
    this.state = state;
  }

  /** Puts `next` in the place of `previous`, at a revision of its own. Undefined stands for "is not there". */
  write(previous: KubeObject | undefined, next: KubeObject | undefined, revision: number, cause: string): void {
    const last = next ?? previous;
    if (!last) return;
    const uid = last.metadata.uid;
    const created = (previous && this.state.createdRevision(uid)) ?? revision;
    const known = this.pending.get(uid);
    this.undo?.push({ uid, object: previous, created, pending: known && { ...known } });
    if (known) {
      known.latest = next;
      known.last = last;
      known.revision = revision;
      known.cause = cause;
    } else {
      this.pending.set(uid, { previous, latest: next, last, created, revision, cause });
    }
    this.state.revision = revision;
    if (next) this.state.put(next, created);
    else this.state.remove(uid);
  }

  /** Starts remembering how to take writes back. */
  mark(): void {
    this.undo = [];
  }

  /** Takes back every write since the mark; returns the changes that this was, in their order. */
  rollBack(): { from: KubeObject | undefined; to: KubeObject | undefined }[] {
    const undo = this.undo ?? [];
    this.undo = undefined;
    this.epoch++;
    return undo.reverse().map(({ uid, object, created, pending }) => {
      const from = this.state.byUid(uid);
      if (object) this.state.put(object, created);
      else this.state.remove(uid);
      if (pending) this.pending.set(uid, pending);
      else this.pending.delete(uid);
      return { from, to: object };
    });
  }

  /** Keeps the writes since the mark. */
  keep(): void {
    this.undo = undefined;
  }

  get isEmpty(): boolean {
    return this.pending.size === 0;
  }

  /** Takes out the versions of this instant, in the order of their revisions. */
  take(time: number): Version[] {
    this.epoch++;
    const versions: Version[] = [];
    for (const { previous, latest, last, created, revision, cause } of this.pending.values()) {
      if (!previous && !latest) continue;
      const type = previous ? (latest ? 'MODIFIED' : 'DELETED') : 'ADDED';
      const key = kindKey(last.apiVersion, last.kind);
      versions.push({ revision, created, type, kindKey: key, object: last, previous, time, cause });
    }
    this.pending.clear();
    return versions.sort((left, right) => left.revision - right.revision);
  }
}
