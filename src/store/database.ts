import path from 'node:path';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg, { type Client, type ClientConfig, type Pool, type PoolClient, type QueryConfig, type QueryResult } from 'pg';
import { copyInto } from './copy.ts';

const OLDEST_POSTGRES = 150_000;
/** Names Orrery's advisory locks among those of others in the same database. */
export const LOCK_SPACE = 0x0_4e_11;
const MIGRATION_LOCK = 0;
const CONNECT_TIMEOUT_MS = 10_000;

/** The rows of an answer; `count` is also that of the rows a statement changed. */
export type Rows<Row> = Row[] & { readonly count: number };

/** Statements by template, whose values go as parameters, or as text with `$1`, `$2` …. */
export interface Sql {
  <Row = Record<string, unknown>>(parts: TemplateStringsArray, ...values: unknown[]): Promise<Rows<Row>>;
  /** With a name the statement is prepared, once for each connection. */
  run<Row = Record<string, unknown>>(text: string, values?: readonly unknown[], name?: string): Promise<Rows<Row>>;
}

/** Two ways of asking: what is typed goes through drizzle; the rest, and what must be fast, as it stands. */
export interface Session {
  readonly sql: Sql;
  readonly drizzle: NodePgDatabase;
}

/** One connection, within a transaction. */
export interface Transaction extends Session {
  /** Bulk writing: lines in COPY's text format. */
  copy(statement: string, lines: AsyncIterable<Buffer>): Promise<void>;
}

export interface Database extends Session {
  readonly url: string;
  /** `mode`: what stands behind BEGIN. */
  transaction<T>(mode: string, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  maxConnections?: number;
}

/** Connects, checks the server's version and brings the tables up to date. Errors name what is wrong and what to do. */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const pool = new pg.Pool({ ...clientConfig(url), max: options.maxConnections ?? 10, idleTimeoutMillis: 60_000 });
  // A connection that is lost is noticed by whoever uses it, or by nobody; neither may take the process with it.
  pool.on('error', () => {});
  pool.on('connect', (client: Client) => client.on('error', () => {}));
  const database: Database = {
    url,
    ...session(pool),
    transaction: (mode, work) => inTransaction(pool, mode, work),
    close: () => pool.end(),
  };
  try {
    await checkVersion(database.sql);
    await migrateTables(pool);
    return database;
  } catch (error) {
    await pool.end();
    throw describe(error, url);
  }
}

/** How every connection is made. */
export function clientConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'orrery',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // Revisions and times fit into a number.
    types: {
      getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)),
    },
  };
}

function session(client: Pool | Client): Session {
  return { sql: sqlOn(client), drizzle: drizzle(client) };
}

/** Both ways of giving a statement, on a pool or on one connection. */
export function sqlOn(client: { query(config: QueryConfig): Promise<QueryResult> }): Sql {
  const run = async (text: string, values: readonly unknown[] = [], name?: string) => {
    const config = { text, values: [...values] };
    const { rows, rowCount } = await client.query(name === undefined ? config : { ...config, name });
    return Object.assign(rows, { count: rowCount ?? 0 });
  };
  const tag = (parts: TemplateStringsArray, ...values: unknown[]) =>
    run(
      parts.reduce((text, part, position) => `${text}$${position}${part}`),
      values,
    );
  return Object.assign(tag, { run }) as Sql;
}

async function inTransaction<T>(pool: Pool, mode: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query(`begin ${mode}`);
    const result = await work({ ...session(client), copy: (statement, lines) => copyInto(client, statement, lines) });
    await client.query('commit');
    isBroken = false;
    return result;
  } catch (error) {
    isBroken = !(await rolledBack(client));
    throw error;
  } finally {
    client.release(isBroken);
  }
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  );
}

async function checkVersion(sql: Sql): Promise<void> {
  const [row] = await sql<{ number: string; version: string }>`
    select current_setting('server_version_num') as number, current_setting('server_version') as version`;
  if (Number(row?.number) < OLDEST_POSTGRES) {
    throw new Error(`DATABASE_URL is a Postgres ${row?.version}; Orrery needs 15 or newer.`);
  }
}

/** Several processes may start at once: the one that gets the lock migrates, the others then find it done. */
async function migrateTables(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1, $2)', [LOCK_SPACE, MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: path.join(import.meta.dirname, '../../drizzle') });
    await client.query('select pg_advisory_unlock($1, $2)', [LOCK_SPACE, MIGRATION_LOCK]);
    client.release();
  } catch (error) {
    // Closing the connection gives the lock back.
    client.release(true);
    throw error;
  }
}

function describe(error: unknown, url: string): Error {
  const { message } = error as Error;
  const code = errorCode(error);
  const place = placeOf(url);
  const unreachable = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ECONNRESET'];
  if ((code !== undefined && unreachable.includes(code)) || message === 'timeout expired') {
    return new Error(`There is no Postgres to be reached at ${place} (${code ?? message}).`, { cause: error });
  }
  if (code === '28P01' || code === '28000') {
    return new Error(`Postgres at ${place} refused the user or password: ${message}`, { cause: error });
  }
  if (code === '3D000') return new Error(`Postgres at ${place}: ${message}. Create it first.`, { cause: error });
  return error as Error;
}

/** A database's address without its password. */
function placeOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}:${port || 5432}${pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

/** The class of an error of Postgres or its driver, e.g. "53100" or "ECONNREFUSED". */
export function errorCode(error: unknown): string | undefined {
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === 'string') return code;
  const inner = cause ?? errors?.[0];
  return inner === undefined ? undefined : errorCode(inner);
}
