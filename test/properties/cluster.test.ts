import { describe, expect, it } from 'vitest';
import { Model } from '../support/model.ts';
import { INVARIANTS } from './invariants.ts';
import { Choices, randomStep } from './random-cluster.ts';

/**
 * Random clusters under random manifests, faults, clock steps and restarts. A failure names its seed:
 * ORRERY_PROPERTY_SEED=… npx vitest run test/properties replays it.
 */
const only = process.env['ORRERY_PROPERTY_SEED'];
const runs = Number(process.env['ORRERY_PROPERTY_RUNS'] ?? 12);
const seeds = only === undefined ? Array.from({ length: runs }, (_, run) => `cluster-${run}`) : [only];
const STEPS = 40;

function broken(model: Model): string[] {
  return Object.entries(INVARIANTS).flatMap(([rule, check]) => check(model.view).map((text) => `${rule}: ${text}`));
}

function start(seed: string, trace: string[]): Model {
  const model = new Model({
    seed,
    onRest: (current) => {
      const problems = broken(current);
      if (problems.length > 0) {
        throw new Error(`seed ${seed}, ${current.elapsed} ms, after ${trace.at(-1)}:\n${problems.join('\n')}`);
      }
    },
  });
  model.command('addNodes', { count: 3, template: {} });
  return model;
}

describe('whatever happens to a cluster', () => {
  it.each(seeds)('every rule holds at every instant (%s)', (seed) => {
    const choices = new Choices(seed);
    const trace = ['start'];
    const written: string[] = [];
    let model = start(seed, trace);
    for (let step = 0; step < STEPS; step++) {
      trace.push(randomStep(model, choices));
      model.run(choices.of([0, 100, 1000, 7000, 30_000, 400_000]));
      if (choices.chance(15)) {
        trace.push('restart');
        model = model.restarted();
        written.push(...model.versions.map(({ kindKey, cause }) => `${kindKey} by ${cause}`));
      }
    }
    expect(written, 'a restart by itself writes nothing').toEqual([]);
  });
});
