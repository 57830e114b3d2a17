import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../src/store/database.ts';
import { listClusters } from '../../src/store/cluster-rows.ts';
import { readLog } from '../../src/store/inbox.ts';
import { loadState } from '../../src/store/objects.ts';
import { replay } from '../../src/reconciler/replay.ts';
import { ClusterState } from '../../src/machinery/cluster-state.ts';
import type { CommandReceipt } from '../../src/machinery/ports.ts';
import { stateHash } from '../../src/views/state-hash.ts';
import { Counter, countingRegistry } from '../support/counting.ts';

/**
 * Kills a whole service with SIGKILL, again and again, at random moments under a stream of mutations, and looks at what
 * is there afterwards.
 */

interface Answer {
  id?: number;
  ready?: string;
  receipt?: CommandReceipt;
  error?: string;
}

/** A child process with the service, and what it was asked. */
class Child {
  readonly url: string;
  private readonly process: ChildProcess;
  private readonly waiting: Map<number, (answer: Answer | undefined) => void>;
  private asked = 0;

  private constructor(child: ChildProcess, url: string, waiting: Child['waiting']) {
    this.process = child;
    this.url = url;
    this.waiting = waiting;
  }

  static async start(directory: string): Promise<Child> {
    const program = path.join(import.meta.dirname, 'child.ts');
    const child = spawn(process.execPath, [program, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    const waiting: Child['waiting'] = new Map();
    const ready = Promise.withResolvers<string>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      if (answer.ready !== undefined) ready.resolve(answer.ready);
      else waiting.get(answer.id ?? -1)?.(answer);
    });
    child.stdin.on('error', () => {});
    child.once('exit', (code) => {
      ready.reject(new Error(`the service ended with ${code} before it was ready`));
      for (const answer of waiting.values()) answer(undefined);
    });
    return new Child(child, await ready.promise, waiting);
  }

  /** The answer; undefined when the child died before it gave one. */
  async ask(name: string, input: unknown, idempotencyKey?: string): Promise<Answer | undefined> {
    const id = ++this.asked;
    const answered = Promise.withResolvers<Answer | undefined>();
    this.waiting.set(id, answered.resolve);
    this.process.stdin?.write(`${JSON.stringify({ id, name, input, idempotencyKey })}\n`);
    if (this.isGone) answered.resolve(undefined);
    const answer = await answered.promise;
    this.waiting.delete(id);
    return answer;
  }

  get isGone(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async kill(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.stdin?.write('stop\n');
    await exited;
  }
}

export interface KillingResult {
  kills: number;
  acknowledged: number;
  /** Commands whose answer was lost with the process, and sent again under the same key. */
  sentAgain: number;
  /** Those of them that had been carried out before. */
  replayed: number;
  /** How long the service took from its start to being ready after a kill, at the longest. */
  longestStartMs: number;
}

export interface KillingOptions {
  kills: number;
  /** The longest time between the service being ready and its death. */
  longestLifeMs: number;
  random: () => number;
}

const STREAMS = 4;

/** Throws when anything that was acknowledged is missing, anything is there twice, or the cluster does not converge. */
export async function killAgainAndAgain({ kills, longestLifeMs, random }: KillingOptions): Promise<KillingResult> {
  const directory = await mkdtemp(path.join(tmpdir(), 'orrery-kill-'));
  const result: KillingResult = { kills, acknowledged: 0, sentAgain: 0, replayed: 0, longestStartMs: 0 };
  const acknowledged = new Set<string>();
  const uncertain: string[] = [];
  let named = 0;
  let child = await Child.start(directory);
  try {
    await child.ask('setClockSpeed', { speed: 20 });
    const send = async (to: Child, name: string, isKeyed: boolean) => {
      const answer = await to.ask('createCounter', { name, target: 3, everyMs: 400 }, isKeyed ? name : undefined);
      if (answer?.receipt && !answer.receipt.outcome.errors) acknowledged.add(name);
      else if (isKeyed) uncertain.push(name);
      return answer;
    };
    const stream = async (to: Child, isKeyed: boolean) => {
      while (!to.isGone) await send(to, `n${++named}`, isKeyed);
    };
    for (let kill = 0; kill < kills; kill++) {
      const streams = Array.from({ length: STREAMS }, (_, number) => stream(child, number % 2 === 0));
      await sleep(random() * longestLifeMs);
      await child.kill();
      await Promise.all(streams);
      const startedAt = performance.now();
      child = await Child.start(directory);
      result.longestStartMs = Math.max(result.longestStartMs, Math.round(performance.now() - startedAt));
      for (const name of uncertain.splice(0)) {
        result.sentAgain++;
        const answer = await send(child, name, true);
        if (answer?.receipt?.replayed) result.replayed++;
        if (answer?.receipt?.outcome.errors)
          throw new Error(`${name}: ${JSON.stringify(answer.receipt.outcome.errors)}`);
      }
    }
    await child.ask('pauseClock', {});
    await child.ask('stepClock', { durationMs: 60_000 });
    result.acknowledged = acknowledged.size;
    await check(child.url, acknowledged);
    return result;
  } finally {
    await child.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function check(url: string, acknowledged: ReadonlySet<string>): Promise<void> {
  const database = await openDatabase(url);
  try {
    const [row] = await listClusters(database);
    const state = row && (await loadState(database, row.record.id));
    if (!row || typeof state !== 'object') throw new Error('the cluster is gone');
    const view = new ClusterState(row.record.name, row.record.seed, countingRegistry.indexes);
    for (const { object, created } of state.objects) view.put(object, created);
    const counters = view.list(Counter);
    const names = new Set(counters.map(({ metadata }) => metadata.name));
    if (names.size !== counters.length) throw new Error('a counter is there twice');
    for (const name of acknowledged) if (!names.has(name)) throw new Error(`${name} was acknowledged and is missing`);
    for (const { metadata, status } of counters) {
      if (status?.count !== 3) throw new Error(`${metadata.name} has counted to ${status?.count} instead of 3`);
    }
    const again = replay(countingRegistry, row, await readLog(database, row.record.id));
    const [stored, replayed] = [await stateHash(view), await stateHash(again.view)];
    if (stored !== replayed) throw new Error(`the replay comes to ${replayed} instead of ${stored}`);
  } finally {
    await database.close();
  }
}
