import path from 'node:path';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres, { type Sql } from 'postgres';

const OLDEST_POSTGRES = 150_000;
/** Names Orrery's advisory locks among those of others in the same database. */
export const LOCK_SPACE = 0x0_4e_11;
const MIGRATION_LOCK = 0;

/** Tables whose queries are typed go through drizzle; bulk statements go to the driver directly. */
export interface Database {
  readonly sql: Sql;
  readonly drizzle: PostgresJsDatabase;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  maxConnections?: number;
}

/** Connects, checks the server's version and brings the tables up to date. Errors name what is wrong and what to do. */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const sql = connect(url, options.maxConnections ?? 10);
  try {
    await checkVersion(sql);
    await migrateTables(sql);
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw describe(error, url);
  }
  return { sql, drizzle: drizzle(sql), close: () => sql.end({ timeout: 5 }) };
}

function connect(url: string, max: number): Sql {
  const bigint = { to: 20, from: [20], parse: Number, serialize: String };
  const sql: unknown = postgres(url, {
    max,
    types: { bigint },
    connect_timeout: 10,
    connection: { application_name: 'orrery' },
    onnotice: () => {},
  });
  return sql as Sql;
}

async function checkVersion(sql: Sql): Promise<void> {
  const [row] = await sql<{ number: string; version: string }[]>`
    select current_setting('server_version_num') as number, current_setting('server_version') as version`;
  if (Number(row?.number) < OLDEST_POSTGRES) {
    throw new Error(`DATABASE_URL is a Postgres ${row?.version}; Orrery needs 15 or newer.`);
  }
}

/** Several processes may start at once: the one that gets the lock migrates, the others then find it done. */
async function migrateTables(sql: Sql): Promise<void> {
  const connection = await sql.reserve();
  try {
    await connection`select pg_advisory_lock(${LOCK_SPACE}, ${MIGRATION_LOCK})`;
    const client = Object.assign(connection, {
      options: sql.options,
      begin: (work: (transaction: unknown) => Promise<unknown>) => inTransaction(connection, work),
    });
    await migrate(drizzle(client), { migrationsFolder: path.join(import.meta.dirname, '../../drizzle') });
  } finally {
    await connection`select pg_advisory_unlock(${LOCK_SPACE}, ${MIGRATION_LOCK})`.catch(() => undefined);
    connection.release();
  }
}

async function inTransaction(connection: Sql, work: (transaction: unknown) => Promise<unknown>): Promise<unknown> {
  await connection`begin`;
  try {
    const result = await work(connection);
    await connection`commit`;
    return result;
  } catch (error) {
    await connection`rollback`;
    throw error;
  }
}

/** Both ways of asking, within a transaction of the driver (which lacks the options that drizzle asks a client for). */
export function within(database: Database, transaction: object): Pick<Database, 'sql' | 'drizzle'> {
  const sql = Object.assign(transaction, { options: database.sql.options }) as Sql;
  return { sql, drizzle: drizzle(sql) };
}

function describe(error: unknown, url: string): Error {
  const { code, message } = error as { code?: string; message: string };
  const place = placeOf(url);
  const unreachable = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CONNECT_TIMEOUT', 'ETIMEDOUT', 'EHOSTUNREACH'];
  if (code !== undefined && unreachable.includes(code)) {
    return new Error(`There is no Postgres to be reached at ${place} (${code}).`, { cause: error });
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

/** The class of an error of Postgres or its driver, e.g. "53100" or "CONNECTION_CLOSED". */
export function errorCode(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? undefined : errorCode(cause);
}
