import { expect, it } from 'vitest';
import { readManifest } from '../../src/api/manifest-reader.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';

const document = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;
const LONG = Array.from({ length: 1_000 }, (_, i) => document(`number-${i}`)).join('---\n');

it('a long manifest is read in a thread to the same documents as by a call', async () => {
  expect(await readManifest(LONG)).toEqual(parseManifest(LONG));
});

it('more manifests than there are threads are all read, the bad ones with their errors', async () => {
  const bad = `${LONG}---\nkind: [\n`;
  const read = await Promise.all([LONG, bad, LONG, bad, LONG].map((text) => readManifest(text)));
  expect(read.map((documents) => documents.length)).toEqual([1_000, 1_001, 1_000, 1_001, 1_000]);
  expect(read[3]?.[1_000]?.errors?.[0]?.line).toBe(4_002);
});

it('other work goes on while a manifest is read', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await readManifest('{a: '.repeat(10_000));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});
