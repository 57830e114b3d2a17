import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { clientConfig, sqlOn, type Database, type Sql } from './database.ts';

const RETRY_MS = 500;

export interface StandingSessionOptions {
  /** What makes the session what it is: a lock, a LISTEN. Done again on every new connection. */
  open: (sql: Sql) => Promise<unknown>;
  /** Something was notified on a channel that `open` listens to, or the connection was made again and may have missed it. */
  notified?: (payload: string | undefined) => void;
}

/**
 * A connection of its own that stays open, for what lives as long as a session does. It is made again when it is lost.
 * Resolves when it stands for the first time; returns the way to close it.
 */
export async function openStandingSession(
  database: Database,
  options: StandingSessionOptions,
): Promise<() => Promise<void>> {
  const stop = new AbortController();
  let session = await connect(database, options);
  const staying = (async () => {
    for (;;) {
      await Promise.race([session.lost, aborted(stop.signal)]);
      if (stop.signal.aborted) return session.end();
      session = await reconnect(database, options, stop.signal, session);
      options.notified?.(undefined);
    }
  })();
  return async () => {
    stop.abort();
    await staying;
  };
}

interface Connected {
  lost: Promise<void>;
  end: () => Promise<void>;
}

async function connect(database: Database, { open, notified }: StandingSessionOptions): Promise<Connected> {
  const client = new pg.Client(clientConfig(database.url));
  const lost = new Promise<void>((resolve) => {
    client.once('end', resolve);
    client.on('error', () => resolve());
  });
  client.on('notification', ({ payload }: { payload?: string }) => notified?.(payload));
  const end = () => client.end().catch(() => undefined);
  try {
    await client.connect();
    await open(sqlOn(client));
  } catch (error) {
    await end();
    throw error;
  }
  return { lost, end };
}

async function reconnect(
  database: Database,
  options: StandingSessionOptions,
  stop: AbortSignal,
  before: Connected,
): Promise<Connected> {
  await before.end();
  while (!stop.aborted) {
    const session = await connect(database, options).catch(() => undefined);
    if (session) return session;
    await sleep(RETRY_MS, undefined, { signal: stop, ref: false }).catch(() => undefined);
  }
  return before;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
