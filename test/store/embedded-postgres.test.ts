import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts';

const logger = pino({ level: 'silent' });
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'orrery-embedded-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Starts one in a process of its own, which can then be killed. */
async function startElsewhere(
  user: { uid?: number; gid?: number } = {},
): Promise<{ child: ChildProcess; url: string }> {
  const program = path.join(directory, 'holder.ts');
  const module = path.join(import.meta.dirname, '../../src/store/embedded/embedded-postgres.ts');
  const root = path.join(import.meta.dirname, '../..');
  await writeFile(
    program,
    `import { EmbeddedPostgres } from ${JSON.stringify(module)};
     const logger = { debug() {}, info() {}, error() {}, warn() {} };
     const postgres = await EmbeddedPostgres.start({ directory: ${JSON.stringify(path.join(directory, 'data'))}, logger });
     process.stdout.write(postgres.url + '\\n');
     setInterval(() => {}, 1000);`,
  );
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'], cwd: root, ...user });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: line.toString().trim() };
}

describe('the bundled Postgres', () => {
  it('keeps its data from one start to the next, and listens on the loopback interface alone', async () => {
    const data = path.join(directory, 'not/there/yet');
    const first = await EmbeddedPostgres.start({ directory: data, logger });
    expect(new URL(first.url).hostname).toBe('127.0.0.1');
    await query(first.url, 'create table kept as select 42 as answer');
    expect(await query(first.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    await first.stop();
    const second = await EmbeddedPostgres.start({ directory: data, logger });
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.stop();
    await expect(query(second.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('asks for its password, which only the owner of the directory can read', async () => {
    const embedded = await EmbeddedPostgres.start({ directory, logger });
    const wrong = new URL(embedded.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    for (const file of ['postgres.password', 'postgres.url']) {
      expect((await stat(path.join(directory, file))).mode & 0o777).toBe(0o600);
    }
    await embedded.stop();
  });

  it('tells a second process that the directory is in use', async () => {
    const { child, url } = await startElsewhere();
    const second = EmbeddedPostgres.start({ directory: path.join(directory, 'data'), logger });
    await expect(second).rejects.toThrow(`Another Orrery (process ${child.pid}) is running with the data directory`);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    await exited;
  });

  it('takes over from a process that was killed, and keeps the data', async () => {
    const { child, url } = await startElsewhere();
    await query(url, 'create table kept as select 42 as answer');
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    const second = await EmbeddedPostgres.start({ directory: path.join(directory, 'data'), logger });
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await expect(query(url, 'select 1')).rejects.toThrow();
    await second.stop();
  });

  it('starts where a pid file names a process that is something else by now', async () => {
    const first = await EmbeddedPostgres.start({ directory, logger });
    const pidFile = await readFile(path.join(directory, 'postgres/postmaster.pid'), 'utf8');
    await first.stop();
    await writeFile(path.join(directory, 'postgres/postmaster.pid'), pidFile.replace(/^\d+/, String(process.pid)));
    await writeFile(path.join(directory, 'orrery.lock'), JSON.stringify({ pid: process.pid, born: 'long ago' }));
    const second = await EmbeddedPostgres.start({ directory, logger });
    await second.stop();
  });

  it('starts over where making the files was interrupted', async () => {
    await mkdir(path.join(directory, 'postgres.new/base'), { recursive: true });
    const embedded = await EmbeddedPostgres.start({ directory, logger });
    expect(await query(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await embedded.stop();
  });

  it('comes back on the same port when it dies', async () => {
    const embedded = await EmbeddedPostgres.start({ directory, logger });
    const pid = Number((await readFile(path.join(directory, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    let rows: unknown;
    for (const deadline = Date.now() + 15_000; !rows && Date.now() < deadline; await sleep(50)) {
      rows = await query(embedded.url, 'select 1 as one').catch(() => undefined);
    }
    expect(rows).toEqual([{ one: 1 }]);
    await embedded.stop();
  });

  it('runs as an ordinary user', { skip: process.getuid?.() !== 0 }, async () => {
    const nobody = 65_534;
    await chown(directory, nobody, nobody);
    const { child, url } = await startElsewhere({ uid: nobody, gid: nobody });
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect((await stat(path.join(directory, 'data/postgres'))).uid).toBe(nobody);
    // Somebody else may start it next, be it root.
    const second = await EmbeddedPostgres.start({ directory: path.join(directory, 'data'), logger });
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await second.stop();
  });

  it('runs below a directory that is closed to others, as a checkout in the home of root is', async () => {
    await chmod(directory, 0o700);
    const embedded = await EmbeddedPostgres.start({ directory: path.join(directory, 'data'), logger });
    expect(await query(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await embedded.stop();
  });
});
