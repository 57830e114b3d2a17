import { ClusterState } from '../machinery/cluster-state.ts';
import type { ClusterView, Index } from '../machinery/cluster-view.ts';
import type { At, ClusterRecord } from '../machinery/ports.ts';
import { readCluster } from '../store/cluster-rows.ts';
import type { Database } from '../store/database.ts';
import { toTimestamp } from '../machinery/time.ts';
import { loadState, revisionAtTime } from '../store/objects.ts';

type Past = ClusterView | 'expired' | 'future';

const OBJECTS_PER_TURN = 500;

/** A cluster's past, built from the store when somebody asks; the few that were asked for last are kept. */
export class PastViews {
  private readonly database: Database;
  private readonly record: ClusterRecord;
  private readonly indexes: readonly Index[];
  private readonly limit: number;
  private readonly known = new Map<string, Promise<Past>>();

  constructor(database: Database, record: ClusterRecord, indexes: readonly Index[], limit: number) {
    this.database = database;
    this.record = record;
    this.indexes = indexes;
    this.limit = limit;
  }

  /** `settled`: everything up to then has happened, so that the answer will always be the same. */
  at(at: At, settled: boolean): Promise<Past> {
    if (!settled) return this.build(at);
    const key = 'revision' in at ? `revision ${at.revision}` : `time ${at.time}`;
    const known = this.known.get(key);
    if (known) {
      this.known.delete(key);
      this.known.set(key, known);
      return known;
    }
    const building = this.build(at);
    this.known.set(key, building);
    building.then(
      (view) => typeof view === 'string' && this.known.delete(key),
      () => this.known.delete(key),
    );
    for (const oldest of this.known.keys()) {
      if (this.known.size <= this.limit) break;
      this.known.delete(oldest);
    }
    return building;
  }

  private async build(at: At): Promise<Past> {
    const revision = 'revision' in at ? at.revision : await this.revisionAt(at.time);
    if (typeof revision === 'string') return revision;
    const state = await loadState(this.database, this.record.id, revision);
    if (state === undefined) return 'expired';
    if (typeof state === 'string') return state;
    const view = new ClusterState(this.record.name, this.record.seed, this.indexes);
    view.revision = revision;
    view.now = 'time' in at ? at.time : state.timeMs;
    const newest = toTimestamp(view.now);
    for (const [position, { object, created }] of state.objects.entries()) {
      // Events share no clock with revisions when nothing else changes.
      if (object.metadata.creationTimestamp <= newest) view.put(object, created);
      if (position % OBJECTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return view;
  }

  private async revisionAt(timeMs: number): Promise<number | 'expired'> {
    const row = await readCluster(this.database, this.record.id);
    return !row || timeMs < row.record.startTime ? 'expired' : revisionAtTime(this.database, row, timeMs);
  }
}
