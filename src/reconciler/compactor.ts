import type { Logger } from 'pino';
import type { ClusterRow } from '../store/cluster-rows.ts';
import { compactVersions } from '../store/compaction.ts';
import type { Database } from '../store/database.ts';
import type { Replica } from '../views/replica.ts';

const DEFAULT_RETAINED_REVISIONS = 1_000_000;
/** Revisions folded in one transaction. */
const PORTION = 10_000;

export interface CommittedCluster {
  row: ClusterRow;
  replica: Replica;
  revision: number;
}

/** Keeps the history of the clusters owned here from growing without bound, in the background, a portion at a time. */
export class Compactor {
  private readonly database: Database;
  private readonly logger: Logger;
  private readonly retained: number;
  private readonly running = new Map<number, Promise<void>>();
  private stopped = false;

  constructor(database: Database, logger: Logger, retained = DEFAULT_RETAINED_REVISIONS) {
    this.database = database;
    this.logger = logger;
    this.retained = retained;
  }

  /** Starts compacting a cluster when enough has gathered since the last time. */
  committed(cluster: CommittedCluster): void {
    const { row, replica, revision } = cluster;
    const { id } = row.record;
    const slack = Math.min(PORTION, Math.ceil(this.retained / 5));
    if (this.stopped || this.running.has(id) || revision - this.retained < replica.oldestRevision + slack) return;
    const running = this.compact(cluster)
      .catch((error: unknown) => this.logger.warn({ error, cluster: row.record.name }, 'compaction failed'))
      .finally(() => this.running.delete(id));
    this.running.set(id, running);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running.values());
  }

  private async compact({ row, replica, revision }: CommittedCluster): Promise<void> {
    const target = revision - this.retained;
    while (!this.stopped && replica.oldestRevision < target) {
      const from = replica.oldestRevision;
      const to = Math.min(target, from + PORTION);
      if (!(await compactVersions(this.database, row.record.id, row.epoch, from, to))) return;
      replica.oldestRevision = to;
    }
  }
}
