import { setTimeout as sleep } from 'node:timers/promises';
import { LOCK_SPACE, type Database } from './database.ts';

const CHECK_MS = 2_000;
const RETRY_MS = 500;

/**
 * Keeps a sign of life in the database, an advisory lock, for as long as this process and its connection live: others may
 * take its clusters as soon as it is gone, without waiting for leases to run out. The lock is taken again when the
 * connection was lost. Resolves when it is held; returns the way to give it back.
 */
export async function showLife(database: Database, owner: string): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  const holding = hold(database, owner, first.resolve, stop.signal);
  holding.catch(first.reject);
  await first.promise;
  return async () => {
    stop.abort();
    await holding;
  };
}

async function hold({ sql }: Database, owner: string, held: () => void, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      const connection = await sql.reserve();
      try {
        await connection`select pg_advisory_lock_shared(${LOCK_SPACE}, hashtext(${owner}))`;
        held();
        while (await pause(CHECK_MS, stop)) await connection`select 1`;
        await connection`select pg_advisory_unlock_shared(${LOCK_SPACE}, hashtext(${owner}))`;
      } finally {
        connection.release();
      }
    } catch {
      await pause(RETRY_MS, stop);
    }
  }
}

/** Waits; says whether there is reason to go on. */
async function pause(ms: number, stop: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal: stop, ref: false }).catch(() => undefined);
  return !stop.aborted;
}
