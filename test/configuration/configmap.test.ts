import { describe, expect, it } from 'vitest';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { Secret } from '../../src/kinds/secret/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';
import { configMap, secret } from './support.ts';

const MEBIBYTE = 1024 * 1024;
const KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

function createRefusal(object: NewObject): string | undefined {
  let sentence: string | undefined;
  new Model().do((api) => {
    const answer = api.create(object);
    if (!answer.ok) sentence = answer.error.message;
  });
  return sentence;
}

const map = (data: Record<string, string>, more: object = {}) => configMap('map', data, more) as NewObject;
/** Base64 of so many bytes. */
const bytes = (length: number) => Buffer.alloc(length).toString('base64');

describe('a ConfigMap', () => {
  it.each<[string, NewObject]>([
    ['may be empty', map({})],
    ['may hold 1 MiB', map({ a: 'x'.repeat(MEBIBYTE) })],
    ['may hold 1 MiB of text and binary data', map({ a: 'x'.repeat(MEBIBYTE - 3) }, { binaryData: { b: bytes(3) } })],
    ['may have dots, dashes and underscores in its keys', map({ '.a': '', 'a..b': '', '-': '', _: '', 'A.b-C_9': '' })],
    ['may have a key of 253 characters', map({ ['k'.repeat(253)]: '' })],
  ])('%s', (_rule, object) => {
    expect(createRefusal(object)).toBeUndefined();
  });

  it.each<[string, NewObject, string]>([
    [
      'may hold no more than 1 MiB',
      map({ a: 'x'.repeat(MEBIBYTE + 1) }),
      'ConfigMap "map" is invalid: []: Too long: may not be more than 1048576 bytes',
    ],
    [
      'is measured in bytes, not in characters',
      map({ a: 'é'.repeat(MEBIBYTE / 2) + '!' }),
      'ConfigMap "map" is invalid: []: Too long: may not be more than 1048576 bytes',
    ],
    [
      'is measured with its binary data, decoded',
      map({ a: 'x' }, { binaryData: { b: bytes(MEBIBYTE) } }),
      'ConfigMap "map" is invalid: []: Too long: may not be more than 1048576 bytes',
    ],
    [
      'has no key with other characters',
      map({ 'a/b': '' }),
      `ConfigMap "map" is invalid: data[a/b]: Invalid value: "a/b": ${KEY_RULE}`,
    ],
    [
      'nor one that is a path',
      map({ '..': '' }),
      'ConfigMap "map" is invalid: data[..]: Invalid value: "..": must not be \'..\'',
    ],
    [
      'nor one that leads up',
      map({}, { binaryData: { '..a': '' } }),
      'ConfigMap "map" is invalid: binaryData[..a]: Invalid value: "..a": must not start with \'..\'',
    ],
    [
      'nor one that is too long',
      map({ ['k'.repeat(254)]: '' }),
      `ConfigMap "map" is invalid: data[${'k'.repeat(254)}]: Invalid value: "${'k'.repeat(254)}": must be no more than 253 characters`,
    ],
    [
      'nor one twice',
      map({ a: '' }, { binaryData: { a: '' } }),
      'ConfigMap "map" is invalid: data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ],
    [
      'takes binary data in base64 alone',
      map({}, { binaryData: { a: 'no base64!' } }),
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte 2',
    ],
  ])('%s', (_rule, object, expected) => {
    expect(createRefusal(object)).toBe(expected);
  });
});

describe('what is immutable', () => {
  const WORDS = 'Forbidden: field is immutable when `immutable` is set';
  it.each<[string, object, string | undefined]>([
    ['keeps its data', { data: { a: '2' } }, `data: ${WORDS}`],
    ['gets no data', { data: { a: '1', b: '2' } }, `data: ${WORDS}`],
    ['gets no binary data', { binaryData: { b: 'AAEC' } }, `binaryData: ${WORDS}`],
    ['stays so', { immutable: false }, `immutable: ${WORDS}`],
    ['stays so, also when nothing is said of it', { immutable: undefined }, `immutable: ${WORDS}`],
    ['may have other labels', { metadata: { labels: { a: 'b' } } }, undefined],
  ])('%s', (_rule, change, expected) => {
    const model = new Model();
    model.create(map({ a: '1' }, { immutable: true }));
    let sentence: string | undefined;
    model.do((api) => {
      const old = api.get(ConfigMap, 'default', 'map')!;
      const metadata = { ...old.metadata, ...('metadata' in change ? (change.metadata as object) : {}) };
      const answer = api.update<ConfigMap>({ ...old, ...change, metadata });
      if (!answer.ok) sentence = answer.error.message;
    });
    expect(sentence).toBe(expected && `ConfigMap "map" is invalid: ${expected}`);
  });
});

describe('a Secret', () => {
  it('has the limits of a ConfigMap, and words that tell no value', () => {
    expect(createRefusal(secret('sealed', { a: 'x'.repeat(MEBIBYTE) }) as NewObject)).toBeUndefined();
    const tooLong = createRefusal(secret('sealed', { a: 'topsecret'.repeat(MEBIBYTE / 8) }));
    expect(tooLong).toBe('Secret "sealed" is invalid: data: Too long: may not be more than 1048576 bytes');
  });

  it('takes stringData before data, and never gives it back', () => {
    const model = new Model();
    model.create({ ...secret('sealed', { a: 'new' }), data: { a: 'b2xk', b: 'b2xk' } } as NewObject);
    const stored = model.view.get(Secret, 'default', 'sealed')!;
    expect(stored.data).toEqual({ a: 'bmV3', b: 'b2xk' });
    expect(stored).not.toHaveProperty('stringData');
  });
});
