/** How benchmarks say what they measured: one line of JSON per figure, gathered by run.ts. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** This figure relative to another one of the same run: the only thing worth comparing between machines. */
  ratio?: { to: string; value: number };
}

/** A small run that only shows that the benchmark still works; its figures mean nothing. */
export const tiny = process.env['ORRERY_BENCH_TINY'] === '1';

export function report(figure: Figure): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

/** Seconds that `work` takes. */
export function seconds(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

export async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
