import { spawn } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Figure } from './report.ts';

/**
 * Runs the benchmarks (all, or those named) each in a process of its own, and prints their figures as a table.
 * Figures of different machines cannot be compared; ratios within one run can.
 */
const SUPPORT = new Set([
  'run.ts',
  'report.ts',
  'engine-cluster.ts',
  'api-server.ts',
  'api-process.ts',
  'sql-server.ts',
]);
const named = process.argv.slice(2);

function benchmarks(): string[] {
  const all = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !SUPPORT.has(file));
  return all.filter((file) => named.length === 0 || named.some((name) => file.includes(name))).sort();
}

async function run(file: string): Promise<Figure[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const figures: Figure[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) figures.push(JSON.parse(line) as Figure);
  }
  const code =
    child.exitCode ?? (await new Promise<number>((resolve) => child.once('exit', (exit) => resolve(exit ?? 1))));
  if (code !== 0) throw new Error(`${file} ended with code ${code}`);
  return figures;
}

const processor = cpus();
console.log(
  `${processor.length} × ${processor[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n`,
);
console.log('| what | figure | ratio |');
console.log('|---|---|---|');
for (const file of benchmarks()) {
  for (const { what, value, unit, ratio } of await run(file)) {
    const relative = ratio ? `${ratio.value.toFixed(2)} × ${ratio.to}` : '';
    console.log(`| ${what} | ${value.toLocaleString('en')} ${unit} | ${relative} |`);
  }
}
