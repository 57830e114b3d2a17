import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { sha256 } from '../../src/machinery/sha256.ts';

it.each([
  ['', 'the empty text'],
  ['abc', 'a short text'],
  ['a'.repeat(55), 'the longest text of one block'],
  ['a'.repeat(56), 'the shortest text of two blocks'],
  ['a'.repeat(64), 'a block'],
  ['a'.repeat(1000), 'many blocks'],
  ['Größe → 大', 'a text of many bytes a letter'],
])('%#: the digest is the one that everybody gives', (text) => {
  expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
});
