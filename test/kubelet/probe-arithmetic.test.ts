import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attemptsUpTo,
  countsAt,
  initialCounts,
  nextEvent,
  type OutcomeStretch,
  type ProbeClock,
  type ProbeThresholds,
} from '../../src/kinds/pod/probes.ts';
import type { ProbeCounts, ProbeType } from '../../src/kinds/pod/runtime.ts';

/** The same by trying each attempt in turn, as a kubelet does. */
class NaiveProbe {
  counts: ProbeCounts;
  readonly events: number[] = [];
  private readonly stretches: readonly OutcomeStretch[];
  private readonly thresholds: ProbeThresholds;

  constructor(type: ProbeType, thresholds: ProbeThresholds, stretches: readonly OutcomeStretch[]) {
    this.counts = initialCounts(type);
    this.thresholds = thresholds;
    this.stretches = stretches;
  }

  outcomeAt(time: number): boolean {
    return this.stretches.findLast(({ from }) => from <= time)?.success ?? this.stretches[0]!.success;
  }

  attempt(time: number): void {
    const success = this.outcomeAt(time);
    const { attempts, success: before, run, passing } = this.counts;
    const length = before === success ? run + 1 : 1;
    const decided = length >= (success ? this.thresholds.success : this.thresholds.failure);
    const after = decided ? success : passing;
    const told = !success && length <= this.thresholds.failure;
    if (told || after !== passing) this.events.push(time);
    this.counts = { attempts: attempts + 1, success, run: length, ...(after === undefined ? {} : { passing: after }) };
  }
}

const probes = fc.record({
  type: fc.constantFrom<ProbeType>('startup', 'readiness', 'liveness'),
  clock: fc.record({ origin: fc.integer({ min: 0, max: 5000 }), periodMs: fc.integer({ min: 1, max: 3000 }) }),
  thresholds: fc.record({ success: fc.integer({ min: 1, max: 4 }), failure: fc.integer({ min: 1, max: 5 }) }),
  stretches: fc
    .array(fc.record({ length: fc.integer({ min: 1, max: 9000 }), success: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    })
    .map((list) => {
      let from = 0;
      return list.map(({ length, success }): OutcomeStretch => {
        const stretch = { from, success, message: '' };
        from += length;
        return stretch;
      });
    }),
  end: fc.integer({ min: 0, max: 60_000 }),
});

function naive(
  type: ProbeType,
  clock: ProbeClock,
  thresholds: ProbeThresholds,
  stretches: OutcomeStretch[],
  end: number,
) {
  const probe = new NaiveProbe(type, thresholds, stretches);
  for (let time = clock.origin; time <= end; time += clock.periodMs) probe.attempt(time);
  return probe;
}

describe('the arithmetic of probes', () => {
  it('gives the counts that trying each attempt gives, in one step or in two', () => {
    fc.assert(
      fc.property(probes, fc.nat(60_000), ({ type, clock, thresholds, stretches, end }, middle) => {
        const expected = naive(type, clock, thresholds, stretches, end).counts;
        const initial = initialCounts(type);
        expect(countsAt(initial, clock, thresholds, stretches, end)).toEqual(expected);
        const half = countsAt(initial, clock, thresholds, stretches, Math.min(middle, end));
        expect(countsAt(half, clock, thresholds, stretches, end)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('finds exactly the attempts that change something or fail within the threshold', () => {
    fc.assert(
      fc.property(probes, ({ type, clock, thresholds, stretches, end }) => {
        const found: number[] = [];
        let counts = initialCounts(type);
        for (;;) {
          const event = nextEvent(counts, clock, thresholds, stretches);
          if (!event || event.time > end) break;
          found.push(event.time);
          counts = countsAt(counts, clock, thresholds, stretches, event.time);
        }
        expect(found).toEqual(naive(type, clock, thresholds, stretches, end).events);
      }),
      { numRuns: 500 },
    );
  });

  it('lists the last attempts with their outcomes', () => {
    fc.assert(
      fc.property(probes, fc.integer({ min: 1, max: 20 }), ({ type, clock, thresholds, stretches, end }, last) => {
        const probe = naive(type, clock, thresholds, stretches, end);
        const times: number[] = [];
        for (let time = clock.origin; time <= end; time += clock.periodMs) times.push(time);
        expect(attemptsUpTo(clock, stretches, end, last)).toEqual(
          times.slice(-last).map((at) => ({ at, success: probe.outcomeAt(at), message: '' })),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('asks for no time where nothing can change', () => {
    const clock = { origin: 0, periodMs: 1000 };
    const thresholds = { success: 1, failure: 3 };
    const up = [{ from: 0, success: true, message: '' }];
    const passing = countsAt(initialCounts('readiness'), clock, thresholds, up, 0);
    expect(nextEvent(passing, clock, thresholds, up)).toBeUndefined();
    const down = [{ from: 0, success: false, message: '' }];
    const failing = countsAt(initialCounts('readiness'), clock, thresholds, down, 2000);
    expect(nextEvent(failing, clock, thresholds, down)).toBeUndefined();
  });

  it('knows a year of attempts at once', () => {
    const clock = { origin: 0, periodMs: 1000 };
    const stretches = [
      { from: 0, success: true, message: '' },
      { from: 31_536_000_000, success: false, message: '' },
    ];
    const counts = countsAt(initialCounts('liveness'), clock, { success: 1, failure: 3 }, stretches, 31_536_001_000);
    expect(counts).toEqual({ attempts: 31_536_002, success: false, run: 2, passing: true });
  });
});
