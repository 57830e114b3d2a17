import { LOCK_SPACE, type Database } from './database.ts';
import { openStandingSession } from './standing-session.ts';

/**
 * Keeps a sign of life in the database, an advisory lock, for as long as this process and its connection live: others may
 * take its clusters as soon as it is gone, without waiting for leases to run out. Returns the way to give it back.
 */
export function showLife(database: Database, owner: string): Promise<() => Promise<void>> {
  return openStandingSession(database, {
    open: (sql) => sql`select pg_advisory_lock_shared(${LOCK_SPACE}, hashtext(${owner}))`,
  });
}
