import { expect, it } from 'vitest';
import { unitRandom } from '../../src/machinery/random.ts';
import { killAgainAndAgain } from './killing.ts';

it(
  'loses nothing it acknowledged when it is killed at random moments, and converges',
  { timeout: 120_000 },
  async () => {
    let draws = 0;
    const result = await killAgainAndAgain({ kills: 3, longestLifeMs: 600, random: () => unitRandom('kill', ++draws) });
    expect(result.acknowledged).toBeGreaterThan(10);
  },
);
