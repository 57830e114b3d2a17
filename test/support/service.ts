import { randomUUID } from 'node:crypto';
import { pino, type Logger } from 'pino';
import type { Registry } from '../../src/engine/registry.ts';
import { Reconciler } from '../../src/reconciler/reconciler.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { ReplicatedClusters } from '../../src/views/clusters.ts';
import { Replicas } from '../../src/views/replicas.ts';
import type { ReplicaLimits } from '../../src/views/replica.ts';
import { countingRegistry } from './counting.ts';

export interface ServiceOptions {
  registry?: Registry;
  /** Without a reconciler: a process that only reads and submits. */
  role?: 'all' | 'api';
  name?: string;
  leaseMs?: number;
  pollMs?: number;
  retainedRevisions?: number;
  limits?: Partial<ReplicaLimits>;
  logger?: Logger;
}

/** What one process is made of, as main puts it together, on a database that others may share. */
export interface Service {
  database: Database;
  replicas: Replicas;
  clusters: ReplicatedClusters;
  reconciler: Reconciler | undefined;
  stop(): Promise<void>;
}

export async function startService(url: string, options: ServiceOptions = {}): Promise<Service> {
  const { registry = countingRegistry, name = randomUUID(), pollMs = 100 } = options;
  const logger = options.logger ?? pino({ level: process.env['TEST_LOG'] ?? 'silent' });
  const database = await openDatabase(url, { maxConnections: 6 });
  const replicas = new Replicas({ database, logger, pollMs, indexes: registry.indexes, limits: options.limits ?? {} });
  await replicas.start();
  const reconciler =
    options.role === 'api'
      ? undefined
      : new Reconciler({ ...options, database, registry, replicas, logger, name, pollMs });
  await reconciler?.start();
  const clusters = new ReplicatedClusters(database, replicas, reconciler);
  const stop = async () => {
    await reconciler?.stop();
    await replicas.stop();
    await database.close();
  };
  return { database, replicas, clusters, reconciler, stop };
}
