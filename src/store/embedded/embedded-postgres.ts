import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { chooseAccount, type Account } from './account.ts';
import { findBinaries, type PostgresBinaries } from './binaries.ts';
import { lockDataDirectory } from './data-lock.ts';
import { stopLeftover } from './leftover.ts';

const USER = 'orrery';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const RESTART_DELAYS_MS = [0, 1_000, 5_000, 15_000, 30_000];
/** After this long without dying, the next restart is as prompt as the first. */
const STABLE_AFTER_MS = 60_000;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  logging_collector: 'off',
  max_connections: '60',
  shared_buffers: '128MB',
  // Containers often give little shared memory, which parallel queries would need.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  log_min_messages: 'warning',
};

export interface EmbeddedPostgresOptions {
  /** ORRERY_DATA: made when missing. */
  directory: string;
  logger: Logger;
  /** Postgres settings that go before the built-in ones (tests). */
  settings?: Record<string, string>;
}

/**
 * The Postgres that comes with Orrery, as a child process: in `directory/postgres`, on a free port of the loopback
 * interface, behind a password. It is started again when it dies by itself.
 */
export class EmbeddedPostgres {
  readonly url: string;
  private readonly directory: string;
  private readonly data: string;
  private readonly logger: Logger;
  private readonly settings: Record<string, string>;
  private readonly binaries: PostgresBinaries;
  private readonly account: Account;
  private readonly unlock: () => void;
  private port: number;
  private child: ChildProcess | undefined;
  private stopping = false;
  private readonly killOnExit = () => this.child?.kill('SIGINT');

  private constructor(
    options: EmbeddedPostgresOptions,
    parts: { binaries: PostgresBinaries; account: Account; unlock: () => void; password: string; port: number },
  ) {
    this.directory = options.directory;
    this.data = path.join(options.directory, 'postgres');
    this.logger = options.logger;
    this.settings = { ...SETTINGS, ...options.settings };
    this.binaries = parts.binaries;
    this.account = parts.account;
    this.unlock = parts.unlock;
    this.port = parts.port;
    this.url = `postgres://${USER}:${parts.password}@127.0.0.1:${parts.port}/postgres`;
  }

  /** Resolves when Postgres takes connections. Throws DataInUseError when another Orrery has the directory. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const directory = path.resolve(options.directory);
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const unlock = await lockDataDirectory(directory);
    try {
      const binaries = await findBinaries();
      const account = await chooseAccount(path.join(directory, 'postgres'), Object.values(binaries));
      const password = await readPassword(directory);
      const parts = { binaries, account, unlock, password, port: await freePort() };
      const embedded = new EmbeddedPostgres({ ...options, directory }, parts);
      await stopLeftover(embedded.data, options.logger);
      await embedded.initialise(password);
      await embedded.launch();
      await writeFile(path.join(directory, 'postgres.url'), `${embedded.url}\n`, { mode: 0o600 });
      process.on('exit', embedded.killOnExit);
      return embedded;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Stops Postgres in good order and gives the directory back. */
  async stop(): Promise<void> {
    this.stopping = true;
    process.off('exit', this.killOnExit);
    const { child } = this;
    if (child && !hasExited(child)) {
      const exited = once(child, 'exit');
      child.kill('SIGINT');
      const late = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(late);
    }
    await rm(path.join(this.directory, 'postgres.url'), { force: true });
    this.unlock();
  }

  /** Makes the database files where there are none; a half-made set from an interrupted start is thrown away. */
  private async initialise(password: string): Promise<void> {
    if (existsSync(path.join(this.data, 'PG_VERSION'))) return;
    const fresh = `${this.data}.new`;
    const passwordFile = `${fresh}.password`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { mode: 0o700 });
    await this.account.own(fresh);
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await this.account.own(passwordFile);
    try {
      const args = [
        `--pgdata=${fresh}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--no-locale',
      ];
      const child = this.account.spawn(this.binaries.initdb, args, ['ignore', 'pipe', 'pipe']);
      const output = collectOutput(child);
      const [code] = (await exitOf(child)) as [number | null];
      if (code !== 0) throw new Error(`Postgres could not make its files in ${this.data}:\n${output()}`);
      await rm(this.data, { recursive: true, force: true });
      await rename(fresh, this.data);
    } finally {
      await rm(passwordFile, { force: true });
    }
  }

  private async launch(): Promise<void> {
    const args = ['-D', this.data, '-p', String(this.port)];
    for (const [name, value] of Object.entries(this.settings)) args.push('-c', `${name}=${value}`);
    const child = this.account.spawn(this.binaries.postgres, args, ['ignore', 'ignore', 'pipe']);
    const output = collectOutput(child, (line) => this.logger.debug({ component: 'postgres' }, line));
    this.child = child;
    const startedAt = Date.now();
    await untilReady(child, output, path.join(this.data, 'postmaster.pid'));
    child.once('exit', (code, signal) => void this.revive(startedAt, code ?? signal, output()));
  }

  /** Postgres died by itself: start it again on the same port, so that connections come back. */
  private async revive(startedAt: number, reason: unknown, output: string): Promise<void> {
    if (this.stopping) return;
    this.logger.error({ reason, output }, 'Postgres died; starting it again');
    const first = Date.now() - startedAt > STABLE_AFTER_MS ? 0 : 1;
    for (let attempt = first; ; attempt++) {
      await sleep(RESTART_DELAYS_MS[Math.min(attempt, RESTART_DELAYS_MS.length - 1)]);
      if (this.stopping) return;
      try {
        await stopLeftover(this.data, this.logger);
        await this.launch();
        this.logger.info('Postgres is running again');
        return;
      } catch (error) {
        this.logger.error({ error }, 'Postgres does not start; trying again');
      }
    }
  }
}

/** The password of the bundled database: made at the first start, readable for the owner of the directory alone. */
async function readPassword(directory: string): Promise<string> {
  const file = path.join(directory, 'postgres.password');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known.trim()) return known.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  return password;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Keeps the last of what a program prints. */
function collectOutput(child: ChildProcess, onLine?: (line: string) => void): () => string {
  let text = '';
  const take = (chunk: Buffer) => {
    const added = chunk.toString('utf8');
    text = (text + added).slice(-4_000);
    if (onLine) for (const line of added.split('\n')) if (line) onLine(line);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return () => text.trim();
}

function exitOf(child: ChildProcess): Promise<unknown[]> {
  return Promise.race([
    once(child, 'close'),
    once(child, 'error').then(([error]) => {
      throw error;
    }),
  ]);
}

/** postmaster.pid says in its eighth line when connections are taken; the file is there before that. */
async function untilReady(child: ChildProcess, output: () => string, pidFile: string): Promise<void> {
  let failure: unknown;
  child.once('error', (error) => (failure = error));
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(15)) {
    if (failure) throw failure;
    if (hasExited(child)) throw new Error(`Postgres did not start:\n${output()}`);
    const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return;
  }
  child.kill('SIGQUIT');
  throw new Error(`Postgres did not take connections within ${START_TIMEOUT_MS / 1000} s:\n${output()}`);
}
