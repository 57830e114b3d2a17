/** The environment, read once at the start. Every variable that Orrery knows is named here. */

export type Role = 'all' | 'api' | 'reconciler';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export interface Config {
  /** PORT: where the API listens. 0 takes any free port. */
  port: number;
  /** HOST: the address it listens on. Only this machine can reach the default. */
  host: string;
  /** ORRERY_DATA: the directory of the bundled Postgres. */
  dataDirectory: string;
  /** DATABASE_URL: a Postgres (15 or newer) to use instead of the bundled one. */
  databaseUrl: string | undefined;
  /** ORRERY_ROLE: `api` serves, `reconciler` runs clusters, `all` does both. The first two need DATABASE_URL. */
  role: Role;
  /** ORRERY_LOG_LEVEL: of the log on standard error. */
  logLevel: (typeof LOG_LEVELS)[number];
  /** ORRERY_DATABASE_CONNECTIONS: connections to Postgres, at the most. */
  databaseConnections: number;
  /** ORRERY_RETAINED_REVISIONS: revisions of each cluster that can be looked at and resumed from. */
  retainedRevisions: number;
  /** ORRERY_RECENT_VERSIONS: changes of each cluster kept in memory for watches that resume. */
  recentVersions: number;
  /** ORRERY_PAST_VIEWS: past states of each cluster kept in memory. */
  pastViews: number;
  /** ORRERY_LEASE_SECONDS: how long a cluster stays with a process that has stopped answering. */
  leaseMs: number;
  /** ORRERY_JIT: whether queries are compiled (`on`, `off`). */
  jit: boolean;
}

/** Something in the environment cannot be used; the message names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Record<string, string | undefined>;

/** Reads the configuration, or throws a ConfigError that names the variable. */
export function readConfig(environment: Environment): Config {
  const databaseUrl = environment['DATABASE_URL'] || undefined;
  const config: Config = {
    port: wholeNumber(environment, 'PORT', 4000, 0, 65_535),
    host: environment['HOST'] || '127.0.0.1',
    dataDirectory: environment['ORRERY_DATA'] || './.orrery',
    databaseUrl,
    role: oneOf(environment, 'ORRERY_ROLE', ['all', 'api', 'reconciler'] as const, 'all'),
    logLevel: oneOf(environment, 'ORRERY_LOG_LEVEL', LOG_LEVELS, 'info'),
    databaseConnections: wholeNumber(environment, 'ORRERY_DATABASE_CONNECTIONS', 10, 4, 1_000),
    retainedRevisions: wholeNumber(environment, 'ORRERY_RETAINED_REVISIONS', 1_000_000, 100, 1_000_000_000),
    recentVersions: wholeNumber(environment, 'ORRERY_RECENT_VERSIONS', 20_000, 0, 10_000_000),
    pastViews: wholeNumber(environment, 'ORRERY_PAST_VIEWS', 4, 0, 1_000),
    leaseMs: 1_000 * wholeNumber(environment, 'ORRERY_LEASE_SECONDS', 10, 1, 3_600),
    jit: oneOf(environment, 'ORRERY_JIT', ['on', 'off'] as const, 'off') === 'on',
  };
  checkDatabaseUrl(databaseUrl);
  if (config.role !== 'all' && databaseUrl === undefined) {
    throw new ConfigError(
      `ORRERY_ROLE=${config.role} shares a database with other processes: set DATABASE_URL to it as well.`,
    );
  }
  return config;
}

function checkDatabaseUrl(url: string | undefined): void {
  if (url === undefined || /^postgres(ql)?:\/\/\S+$/.test(url)) return;
  throw new ConfigError('DATABASE_URL must look like postgres://user:password@host:5432/database.');
}

function wholeNumber(environment: Environment, name: string, fallback: number, least: number, most: number): number {
  const text = environment[name]?.trim();
  if (!text) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new ConfigError(`${name} must be a whole number between ${least} and ${most}, not ${JSON.stringify(text)}.`);
}

function oneOf<T extends string>(environment: Environment, name: string, allowed: readonly T[], fallback: T): T {
  const text = environment[name]?.trim().toLowerCase();
  if (!text) return fallback;
  const found = allowed.find((word) => word === text);
  if (found !== undefined) return found;
  throw new ConfigError(`${name} must be one of ${allowed.join(', ')}, not ${JSON.stringify(text)}.`);
}
