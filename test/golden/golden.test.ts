import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ScenarioDriver } from './driver.ts';
import { formatScenario, parseScenario } from './scenario.ts';

const FOLDER = join(import.meta.dirname, 'scenarios');
const update = process.env['ORRERY_GOLDEN_UPDATE'] === '1';

describe('golden scenarios (npm run golden:update rewrites them; review the diff)', () => {
  for (const file of readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .sort()) {
    it(file, async () => {
      const path = join(FOLDER, file);
      const text = readFileSync(path, 'utf8');
      const { blocks, tail } = parseScenario(text);
      expect(blocks.length).toBeGreaterThan(0);
      const driver = new ScenarioDriver();
      const ran = [];
      for (const block of blocks) ran.push({ ...block, actual: await driver.run(block) });
      const actual = formatScenario(ran, tail);
      if (update) writeFileSync(path, actual);
      expect(actual).toBe(update ? actual : text);
    });
  }
});

it('there is a scenario for each of the eighteen concepts', () => {
  const concepts = new Set(readdirSync(FOLDER).map((name) => Number(name.slice(0, 2))));
  expect([...concepts].sort((left, right) => left - right)).toEqual(
    Array.from({ length: 18 }, (_, place) => place + 1),
  );
});
