import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { chown, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * The account that Postgres runs under. Postgres refuses to run as root, so that a service started by root has to hand
 * it to somebody else, who then must be able to reach the programs and the data.
 */
export interface Account {
  /** Starts a program under the account, in a process group of its own. */
  spawn(program: string, args: readonly string[], stdio: StdioOptions): ChildProcess;
  /** Gives a file or directory to the account. */
  own(file: string): Promise<void>;
}

/** Postgres needs next to nothing of the environment; its messages must be in English to be understood. */
const ENVIRONMENT = { PATH: process.env['PATH'] ?? '', TZ: 'UTC', LC_ALL: 'C', LC_MESSAGES: 'C' };

/**
 * `dataDirectory` need not be there yet. Started by an ordinary user, everything stays with that user. Started by root,
 * the data's owner is taken, else the user `postgres`, else `nobody`. Where a directory above the programs or the data is
 * closed to others (a checkout under /root), the account gets the one capability to pass through (util-linux' setpriv).
 */
export async function chooseAccount(dataDirectory: string, programs: readonly string[]): Promise<Account> {
  if (process.getuid?.() !== 0) return ordinaryAccount();
  const { uid, gid, name } = await unprivilegedUser(dataDirectory);
  const own = (file: string) => chown(file, uid, gid);
  const closed = await firstClosed([path.dirname(dataDirectory), ...programs], uid, gid);
  if (closed === undefined) {
    return { own, spawn: (program, args, stdio) => start(program, args, { stdio, uid, gid }) };
  }
  const passage = [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ];
  if (spawnSync('setpriv', [...passage, 'true'], { stdio: 'ignore' }).status !== 0) {
    throw new Error(
      `Postgres cannot run as root, and the user ${name} cannot get into ${closed}. Start Orrery as an ordinary user, ` +
        'move it (and ORRERY_DATA) to where every user may go, install util-linux (setpriv), or set DATABASE_URL.',
    );
  }
  return { own, spawn: (program, args, stdio) => start('setpriv', [...passage, program, ...args], { stdio }) };
}

function ordinaryAccount(): Account {
  return {
    own: () => Promise.resolve(),
    spawn: (program, args, stdio) => start(program, args, { stdio }),
  };
}

/**
 * Detached, so that Ctrl-C in a terminal reaches Orrery alone, which then stops Postgres in good order. The working
 * directory is one that everybody may enter.
 */
function start(
  program: string,
  args: readonly string[],
  options: { stdio: StdioOptions; uid?: number; gid?: number },
): ChildProcess {
  return spawn(program, args, { ...options, env: ENVIRONMENT, cwd: path.parse(program).root || '/', detached: true });
}

async function unprivilegedUser(dataDirectory: string): Promise<{ uid: number; gid: number; name: string }> {
  const owner = await stat(dataDirectory).catch(() => undefined);
  const users = (await readFile('/etc/passwd', 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name: name ?? '', uid: Number(uid), gid: Number(gid) }));
  if (owner && owner.uid !== 0) {
    const name = users.find((user) => user.uid === owner.uid)?.name ?? String(owner.uid);
    return { uid: owner.uid, gid: owner.gid, name };
  }
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody');
  if (!user) {
    throw new Error(
      'Postgres cannot run as root, and there is neither a user `postgres` nor `nobody` to run it as. ' +
        'Start Orrery as an ordinary user, or set DATABASE_URL.',
    );
  }
  return user;
}

/** The first directory on the way to one of the paths that the user may not pass through. */
async function firstClosed(paths: readonly string[], uid: number, gid: number): Promise<string | undefined> {
  for (const target of paths) {
    for (let place = path.resolve(target); ; place = path.dirname(place)) {
      const found = await stat(place).catch(() => undefined);
      if (found && !mayPass(found, uid, gid)) return place;
      if (place === path.dirname(place)) break;
    }
  }
  return undefined;
}

function mayPass(found: { mode: number; uid: number; gid: number }, uid: number, gid: number): boolean {
  const shift = found.uid === uid ? 6 : found.gid === gid ? 3 : 0;
  return ((found.mode >> shift) & 1) === 1;
}
