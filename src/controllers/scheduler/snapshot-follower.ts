import { Node } from '../../kinds/node/types.ts';
import { Pod } from '../../kinds/pod/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { Kind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { Snapshot } from './snapshot.ts';

/**
 * A snapshot of a view that nobody tells of changes. Objects are immutable, so that a look at which of them are others
 * than before is enough to catch up.
 */
export class SnapshotFollower {
  private readonly view: ClusterView;
  private readonly snapshot = new Snapshot();
  private readonly nodes = new Map<string, Node>();
  private readonly pods = new Map<string, Pod>();
  private revision = -1;

  constructor(view: ClusterView) {
    this.view = view;
  }

  caughtUp(): Snapshot {
    if (this.revision === this.view.revision) return this.snapshot;
    this.revision = this.view.revision;
    this.follow(Node, this.nodes, (old, current) => this.snapshot.nodeChanged(old, current, this.view));
    this.follow(Pod, this.pods, (old, current) => this.snapshot.podChanged(old, current));
    return this.snapshot;
  }

  private follow<T extends KubeObject>(
    kind: Kind<T>,
    known: Map<string, T>,
    changed: (old: T | undefined, current: T | undefined) => void,
  ): void {
    // What went goes first: another of its name may have come.
    for (const [uid, old] of known) {
      if (this.view.byUid(uid)) continue;
      known.delete(uid);
      changed(old, undefined);
    }
    for (const current of this.view.iterate(kind)) {
      const { uid } = current.metadata;
      const old = known.get(uid);
      if (old === current) continue;
      known.set(uid, current);
      changed(old, current);
    }
  }
}
