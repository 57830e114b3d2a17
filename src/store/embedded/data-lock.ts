import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { promisify } from 'node:util';

interface Holder {
  pid: number;
  /** Tells a process from a later one that got the same number. */
  born: string;
}

/** Somebody else is at work in the directory. */
export class DataInUseError extends Error {
  override readonly name = 'DataInUseError';
}

/**
 * Takes the data directory for this process, or throws DataInUseError when a living process has it. What a killed
 * process left behind is taken over. Returns the way to give it back.
 */
export async function lockDataDirectory(directory: string): Promise<() => void> {
  const file = path.join(directory, 'orrery.lock');
  const text = JSON.stringify({ pid: process.pid, born: (await birthOf(process.pid)) ?? '' } satisfies Holder);
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      writeFileSync(file, text, { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = await readHolder(file);
      if (holder && (await isAlive(holder))) throw inUse(directory, holder);
      rmSync(file, { force: true });
      continue;
    }
    // Two processes may both have cleared away the same leftover: the one whose text stands has the directory.
    await sleep(20);
    if ((await readFile(file, 'utf8').catch(() => '')) === text) return () => release(file, text);
  }
  throw new DataInUseError(`Another Orrery is starting with the data directory ${directory}.`);
}

function inUse(directory: string, { pid }: Holder): DataInUseError {
  return new DataInUseError(
    `Another Orrery (process ${pid}) is running with the data directory ${directory}. ` +
      'Stop it first, or give this one a directory of its own with ORRERY_DATA (and a PORT).',
  );
}

function release(file: string, text: string): void {
  try {
    if (readFileSync(file, 'utf8') === text) rmSync(file);
  } catch {
    // Gone already: then there is nothing to give back.
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, born }: Holder): Promise<boolean> {
  const actual = await birthOf(pid);
  return actual !== undefined && (born === '' || actual === born);
}

/** When a process began, in the system's own terms; undefined when there is no such process. */
async function birthOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // The second field is the command in parentheses, which may hold spaces; the 22nd is the start in clock ticks.
    const [state, ...fields] = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  }
  const answer = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
  return answer?.stdout.trim() || undefined;
}

/** The command line of a process; undefined when there is no such process. */
export async function commandOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
    return text?.replaceAll('\0', ' ').trim();
  }
  const answer = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => undefined);
  return answer?.stdout.trim() || undefined;
}
