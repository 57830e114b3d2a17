import { describe, expect, it } from 'vitest';
import { append, countBetween, MAX_STRETCHES } from '../../src/kinds/trafficsource/log.ts';
import type { TrafficStretch } from '../../src/kinds/trafficsource/types.ts';
import { unitRandom } from '../../src/machinery/random.ts';

function grow(count: number): { log: readonly TrafficStretch[]; all: TrafficStretch[]; end: number } {
  let log: readonly TrafficStretch[] = [];
  const all: TrafficStretch[] = [];
  let from = 0;
  for (let index = 0; index < count; index++) {
    const rate = Math.floor(unitRandom('log', index) * 100);
    const stretch = { from, rate, ...(index % 3 === 0 ? { failed: { [`r${index % 2}`]: rate / 4 } } : {}) };
    all.push(stretch);
    log = append(log, stretch);
    from += 100 + Math.floor(unitRandom('gap', index) * 5000);
  }
  return { log, all, end: from };
}

describe('the log of a source', () => {
  it('never holds more stretches than its limit, and counts the same as if it held all of them', () => {
    for (const count of [10, MAX_STRETCHES, MAX_STRETCHES + 1, 5000]) {
      const { log, all, end } = grow(count);
      expect(log.length).toBeLessThanOrEqual(MAX_STRETCHES);
      const kept = countBetween(log, 0, end);
      const whole = countBetween(all, 0, end);
      expect(kept.requests).toBeCloseTo(whole.requests, 3);
      for (const reason of ['r0', 'r1']) expect(kept.reasons[reason]).toBeCloseTo(whole.reasons[reason] ?? 0, 3);
    }
  });

  it('tells what is new to the millisecond, however long it is', () => {
    const { log, all, end } = grow(5000);
    const from = (all.at(-100)?.from ?? 0) + 17;
    expect(countBetween(log, from, end - 3)).toEqual(countBetween(all, from, end - 3));
  });

  it('forgets what was true for no time, and what changed nothing', () => {
    let log = append([], { from: 0, rate: 10 });
    expect(append(log, { from: 5, rate: 10 })).toBe(log);
    log = append(log, { from: 7, rate: 10, failed: { a: 1 } });
    expect(append(log, { from: 7, rate: 10 })).toEqual([{ from: 0, rate: 10 }]);
    expect(append(log, { from: 7, rate: 10, failed: { a: 2 } })).toHaveLength(2);
  });

  it('adds up to the whole whatever the parts', () => {
    const { log, end } = grow(300);
    const whole = countBetween(log, 0, end);
    for (const parts of [1, 7, 60, 1000]) {
      let requests = 0;
      let failed = 0;
      for (let index = 0; index < parts; index++) {
        const part = countBetween(log, (end * index) / parts, (end * (index + 1)) / parts);
        requests += part.requests;
        failed += part.failed;
      }
      expect(requests).toBeCloseTo(whole.requests, 2);
      expect(failed).toBeCloseTo(whole.failed, 2);
    }
  });
});
