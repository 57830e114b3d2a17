import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test.each([
  'query.ts',
  'fan-out.ts',
  'pods-in-memory.ts',
  'change-cost.ts',
  'pods-committed.ts',
  'idle.ts',
  'storm.ts',
])('bench/%s still works', { timeout: 180_000 }, async (file) => {
  const { stdout } = await run(process.execPath, [new URL(`../../bench/${file}`, import.meta.url).pathname], {
    env: { ...process.env, ORRERY_BENCH_TINY: '1' },
  });
  for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ value: expect.any(Number) });
});
