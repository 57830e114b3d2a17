import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { commandOf } from './data-lock.ts';

const STOP_TIMEOUT_MS = 30_000;

/**
 * Postgres outlives a parent that was killed. Stops the one that still runs on the data directory, and clears away a
 * pid file whose number belongs to some other program by now. Call it only while holding the directory's lock.
 */
export async function stopLeftover(data: string, logger: Logger): Promise<void> {
  const file = path.join(data, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!(pid > 0)) return;
  if (!(await isPostgresOn(pid, data))) {
    await rm(file, { force: true });
    return;
  }
  logger.info({ postmaster: pid }, 'stopping the Postgres that a killed process left behind');
  for (let waitedMs = 0; await isPostgresOn(pid, data); waitedMs += 20) {
    if (waitedMs === 0) signal(pid, 'SIGINT');
    if (waitedMs === STOP_TIMEOUT_MS) signal(pid, 'SIGQUIT');
    if (waitedMs > 2 * STOP_TIMEOUT_MS) throw new Error(`Postgres (process ${pid}) on ${data} does not stop`);
    await sleep(20);
  }
}

async function isPostgresOn(pid: number, data: string): Promise<boolean> {
  const command = await commandOf(pid);
  return command !== undefined && command.includes('postgres') && command.includes(data);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
