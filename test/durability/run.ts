import { unitRandom } from '../../src/machinery/random.ts';
import { killAgainAndAgain } from './killing.ts';

/** `node test/durability/run.ts [kills] [seed]`: the long version of the test, 30 kills unless told otherwise. */
const kills = Number(process.argv[2] ?? 30);
const seed = process.argv[3] ?? String(Date.now());
let draws = 0;

process.stdout.write(`${kills} kills, seed ${seed}\n`);
const result = await killAgainAndAgain({ kills, longestLifeMs: 1_500, random: () => unitRandom(seed, ++draws) });
process.stdout.write(`${JSON.stringify(result)}\n`);
