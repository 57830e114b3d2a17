import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { pino, type Logger } from 'pino';
import { Metrics } from './api/metrics.ts';
import { startServer, type RunningServer } from './api/server.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import * as scheduling from './controllers/scheduler/explain.ts';
import { standardRegistry } from './engine/standard-registry.ts';
import { loggedError } from './machinery/logged-error.ts';
import type { Clusters } from './machinery/ports.ts';
import { parseManifest } from './manifest/parse-manifest.ts';
import { Reconciler } from './reconciler/reconciler.ts';
import { openDatabase } from './store/database.ts';
import { EmbeddedPostgres } from './store/embedded/embedded-postgres.ts';
import { ReplicatedClusters } from './views/clusters.ts';
import { Replicas } from './views/replicas.ts';

/**
 * Starts what the environment asks for, in this order: Postgres, its tables, the clusters, the API. A signal stops it in
 * the opposite order.
 */

/** What has been started, to be stopped in the opposite order. */
type Stop = () => Promise<void>;

const EXAMPLE = path.join(import.meta.dirname, '../examples/shop.yaml');
const FIRST_CLUSTER = 'default';
const FIRST_NODES = 3;
const STOP_TIMEOUT_MS = 30_000;

async function start(config: Config, logger: Logger, stops: Stop[]): Promise<RunningServer | undefined> {
  const url = config.databaseUrl ?? (await startPostgres(config, logger, stops));
  const database = await openDatabase(url, { maxConnections: config.databaseConnections });
  stops.push(() => database.close());
  const { recentVersions, pastViews } = config;
  const replicas = new Replicas({
    database,
    logger,
    indexes: standardRegistry.indexes,
    limits: { recentVersions, pastViews },
  });
  await replicas.start();
  stops.push(() => replicas.stop());
  const reconciler = config.role === 'api' ? undefined : newReconciler(config, logger, database, replicas);
  if (reconciler) {
    await reconciler.start();
    stops.push(() => reconciler.stop());
  }
  const clusters = new ReplicatedClusters(database, replicas, reconciler);
  if (reconciler) await createFirstCluster(clusters, logger);
  if (config.role === 'reconciler') return undefined;
  const metrics = new Metrics(clusters);
  stops.push(() => Promise.resolve(metrics.stop()));
  const server = await startServer({
    clusters: metrics.clusters,
    metrics: () => metrics.page(),
    definitions: [...standardRegistry.definitions.values()],
    scheduling,
    host: config.host,
    port: config.port,
    log: logger,
    jit: config.jit,
  });
  stops.push(() => server.close());
  metrics.watch(server);
  return server;
}

async function startPostgres(config: Config, logger: Logger, stops: Stop[]): Promise<string> {
  const postgres = await EmbeddedPostgres.start({ directory: config.dataDirectory, logger });
  stops.push(() => postgres.stop());
  return postgres.url;
}

function newReconciler(
  { leaseMs, retainedRevisions }: Config,
  logger: Logger,
  database: Awaited<ReturnType<typeof openDatabase>>,
  replicas: Replicas,
): Reconciler {
  const name = `${hostname()}/${process.pid}/${randomUUID()}`;
  return new Reconciler({ database, replicas, logger, name, leaseMs, retainedRevisions, registry: standardRegistry });
}

/** Nothing is ever empty: where there is no cluster at all, one with a small shop is made. */
async function createFirstCluster(clusters: Clusters, logger: Logger): Promise<void> {
  if (clusters.list().length > 0) return;
  const documents = parseManifest(await readFile(EXAMPLE, 'utf8'));
  const created = await clusters.create({
    name: FIRST_CLUSTER,
    initialCommands: [
      { name: 'addNodes', input: { count: FIRST_NODES } },
      { name: 'applyManifest', input: { documents, fieldManager: 'orrery', namespace: 'default' } },
    ],
  });
  if (!created.ok && created.error.reason !== 'AlreadyExists') {
    logger.error({ error: created.error }, 'the first cluster could not be created');
  }
}

async function stopAll(stops: Stop[], logger: Logger): Promise<void> {
  for (const stop of stops.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      logger.warn({ error }, 'something did not stop in good order');
    }
  }
}

function stopOnSignals(stops: Stop[], logger: Logger): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.error('it takes too long to stop in good order');
      process.exit(1);
    }, STOP_TIMEOUT_MS).unref();
    void stopAll(stops, logger).then(() => process.exit(0));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

function announce(server: RunningServer | undefined): void {
  if (!server) {
    process.stdout.write('Orrery runs clusters (ORRERY_ROLE=reconciler); there is no API here.\n');
    return;
  }
  const { url } = server;
  process.stdout.write(
    [
      'Orrery is a model of Kubernetes: nothing in it runs containers.',
      '',
      `  GraphQL and GraphiQL   ${url}/graphql`,
      `  Subscriptions          ${url.replace(/^http/, 'ws')}/graphql (graphql-ws), or SSE`,
      '',
    ].join('\n'),
  );
}

/** The sentence for a person at a terminal, where the trouble is one that a person can end. */
function explain(error: unknown, config: Config | undefined): string | undefined {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (error instanceof ConfigError || name === 'DataInUseError') return message;
  if (code === 'EADDRINUSE') return `Port ${config?.port} of ${config?.host} is in use; set PORT to another one.`;
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${config?.host} to listen on; check HOST.`;
  if (code === 'EACCES' || code === 'EROFS' || code === 'ENOSPC') return message;
  return error instanceof Error && error.cause !== undefined ? message : undefined;
}

async function main(): Promise<void> {
  let config: Config | undefined;
  const stops: Stop[] = [];
  let logger = pino({}, pino.destination(2));
  try {
    config = readConfig(process.env);
    logger = pino({ level: config.logLevel, serializers: { error: loggedError } }, pino.destination(2));
    stopOnSignals(stops, logger);
    process.on('unhandledRejection', (error) => logger.error({ error }, 'a promise failed unheard: a bug'));
    announce(await start(config, logger, stops));
  } catch (error) {
    const sentence = explain(error, config);
    if (sentence === undefined) logger.fatal({ error }, 'Orrery cannot start');
    else process.stderr.write(`${sentence}\n`);
    await stopAll(stops, logger);
    process.exit(1);
  }
}

await main();
