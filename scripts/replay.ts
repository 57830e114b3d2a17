import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { readConfig } from '../src/config.ts';
import { standardRegistry } from '../src/engine/standard-registry.ts';
import { ClusterState } from '../src/machinery/cluster-state.ts';
import { replay } from '../src/reconciler/replay.ts';
import { listClusters, readCluster } from '../src/store/cluster-rows.ts';
import { openDatabase, type Database } from '../src/store/database.ts';
import { EmbeddedPostgres } from '../src/store/embedded/embedded-postgres.ts';
import { readLog } from '../src/store/inbox.ts';
import { loadState } from '../src/store/objects.ts';
import { stateHash } from '../src/views/state-hash.ts';

/**
 * `npm run replay [cluster]`: runs a cluster again in memory, from its seed and its log of commands, and compares what
 * comes of it with what is stored. Exits with 1 when the two differ.
 */
const name = process.argv[2] ?? 'default';
const config = readConfig(process.env);

/** The database of the configuration: of a service that runs, or started for the occasion. */
async function databaseUrl(): Promise<{ url: string; stop: () => Promise<void> }> {
  const nothing = () => Promise.resolve();
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, stop: nothing };
  try {
    const postgres = await EmbeddedPostgres.start({
      directory: config.dataDirectory,
      logger: pino({ level: 'error' }, pino.destination(2)),
    });
    return { url: postgres.url, stop: () => postgres.stop() };
  } catch (error) {
    if ((error as Error).name !== 'DataInUseError') throw error;
    const url = await readFile(path.join(config.dataDirectory, 'postgres.url'), 'utf8');
    return { url: url.trim(), stop: nothing };
  }
}

async function compare(database: Database): Promise<boolean> {
  const found = (await listClusters(database)).find(({ record }) => record.name === name);
  if (!found) throw new Error(`there is no cluster ${JSON.stringify(name)}`);
  // A cluster that runs moves on between two reads: ask until the log and the objects are of one moment.
  for (;;) {
    const row = await readCluster(database, found.record.id);
    const log = await readLog(database, found.record.id);
    const stored = await loadState(database, found.record.id);
    if (!row || typeof stored !== 'object') throw new Error(`the cluster ${JSON.stringify(name)} is gone`);
    if (stored.row.revision !== row.revision || stored.row.commandCount !== log.length) continue;
    const view = new ClusterState(name, row.record.seed, standardRegistry.indexes);
    for (const { object, created } of stored.objects) view.put(object, created);
    const engine = replay(standardRegistry, stored.row, log);
    const [before, again] = [await stateHash(view), await stateHash(engine.view)];
    process.stdout.write(`stored    ${before}  revision ${stored.row.revision}\n`);
    process.stdout.write(`replayed  ${again}  revision ${engine.view.revision}  (${log.length} commands)\n`);
    return before === again;
  }
}

const { url, stop } = await databaseUrl();
try {
  const database = await openDatabase(url, { maxConnections: 4 });
  try {
    process.exitCode = (await compare(database)) ? 0 : 1;
  } finally {
    await database.close();
  }
} finally {
  await stop();
}
