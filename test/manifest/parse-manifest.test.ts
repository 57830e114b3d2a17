import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';

/** The value of `v` in the only document of a text. */
function valueOf(text: string): unknown {
  const [document] = parseManifest(text);
  expect(document?.errors).toBeUndefined();
  return document?.object?.['v'];
}

function problemOf(text: string, options = {}) {
  const documents = parseManifest(text, options);
  return documents.find(({ errors }) => errors)?.errors?.[0];
}

describe('a plain scalar', () => {
  it.each([
    ['a bare equals sign is text', '=', '='],
    ['yes is true', 'yes', true],
    ['On is true', 'On', true],
    ['n is false', 'n', false],
    ['off is false', 'off', false],
    ['quoted yes is text', '"yes"', 'yes'],
    ['a tilde is null', '~', null],
    ['nothing is null', '', null],
    ['nULL is text', 'nULL', 'nULL'],
    ['a date stays text', '2026-01-01', '2026-01-01'],
    ['a time stamp stays text', '2026-01-01T10:00:00Z', '2026-01-01T10:00:00Z'],
    ['0777 is octal', '0777', 511],
    ['0o777 is octal', '0o777', 511],
    ['0x1F is hexadecimal', '0x1F', 31],
    ['0b101 is binary', '0b101', 5],
    ['a number with underscores', '1_000', 1000],
    ['08 is no octal but a number', '08', 8],
    ['1e3 is a thousand', '1e3', 1000],
    ['.5 is a half', '.5', 0.5],
    ['-1 is negative', '-1', -1],
    ['a quoted number is text', "'8080'", '8080'],
    ['a tagged number is text', '!!str 8080', '8080'],
    ['a quoted number with a tag is a number', '!!int "80"', 80],
    ['base 60 is text', '12:30', '12:30'],
    ['a version is text', '1.2.3', '1.2.3'],
    ['a quantity is text', '250m', '250m'],
    ['an image with a digest is text', 'nginx@sha256:0a', 'nginx@sha256:0a'],
    ['a word that begins like null', 'nullable', 'nullable'],
    ['a folded text', '>-\n  a\n  b', 'a b'],
    ['a literal text', '|\n  a\n  b\n', 'a\nb\n'],
  ])('%s', (_, text, expected) => {
    expect(valueOf(`v: ${text}\n`)).toEqual(expected);
  });

  it('becomes text as a key', () => {
    expect(parseManifest('1: a\ny: b\n1.5: c\n')[0]?.object).toEqual({ '1': 'a', true: 'b', '1.5': 'c' });
  });

  it('refuses infinity, which JSON does not have', () => {
    expect(problemOf('v: .inf\n')?.message).toBe('error converting YAML to JSON: json: unsupported value: +Inf');
  });
});

describe('a manifest', () => {
  it('may hold many documents, and each keeps its line', () => {
    const text = '# head\n---\nkind: A\n---\n\n---\n# nothing\n---\n\nkind: B\n...\n---\nkind: C\n';
    expect(parseManifest(text).map(({ index, line, object }) => [index, line, object?.['kind']])).toEqual([
      [0, 3, 'A'],
      [1, 10, 'B'],
      [2, 13, 'C'],
    ]);
  });

  it('may end its lines as Windows does and begin with a byte order mark', () => {
    expect(parseManifest('\uFEFFkind: A\r\n---\r\nkind: B\r\nv: "1"\r\n').map(({ object }) => object)).toEqual([
      { kind: 'A' },
      { kind: 'B', v: '1' },
    ]);
  });

  it('takes Lists apart, also within Lists, with the lines of their items', () => {
    const text = [
      'apiVersion: v1',
      'kind: List',
      'items:',
      '- kind: A',
      '- kind: ConfigMapList',
      '  items:',
      '  - kind: B',
      '- kind: C',
    ].join('\n');
    expect(parseManifest(text).map(({ line, object }) => [line, object?.['kind']])).toEqual([
      [4, 'A'],
      [5, 'B'],
      [8, 'C'],
    ]);
  });

  it('fills in aliases and merge keys', () => {
    const text = 'base: &b {a: 1, b: 2}\nv:\n  <<: *b\n  b: 3\nlist: [*b]\n';
    expect(parseManifest(text)[0]?.object).toEqual({ base: { a: 1, b: 2 }, v: { a: 1, b: 3 }, list: [{ a: 1, b: 2 }] });
  });

  it.each([
    ['an object', '{"kind": "A"}', [[1, 'A']]],
    [
      'a stream of objects',
      '{"kind": "A"}\n{"kind": "B"} {"kind": "C"}',
      [
        [1, 'A'],
        [2, 'B'],
        [2, 'C'],
      ],
    ],
    [
      'an array',
      '\n[{"kind": "A"},\n {"kind": "B", "v": "}]\\""}]',
      [
        [2, 'A'],
        [3, 'B'],
      ],
    ],
    [
      'a List',
      '{"kind": "List",\n "items": [\n {"kind": "A"},\n {"kind": "B"}]}',
      [
        [3, 'A'],
        [4, 'B'],
      ],
    ],
    ['YAML in flow style', '{kind: A, v: yes}', [[1, 'A']]],
  ])('may be JSON: %s', (_, text, expected) => {
    expect(parseManifest(text).map(({ line, object }) => [line, object?.['kind']])).toEqual(expected);
  });

  it('with a document that cannot be read still has the others', () => {
    const documents = parseManifest('kind: A\n---\na: b: c\n---\nkind: B\n');
    expect(documents.map(({ object, errors }) => object?.['kind'] ?? errors?.[0])).toEqual([
      'A',
      {
        message:
          'error converting YAML to JSON: yaml: line 3, column 4: mapping values are not allowed in this context',
        line: 3,
        column: 4,
      },
      'B',
    ]);
  });

  it.each([
    ['a tab as indentation', 'a:\n\tb: c\n', { line: 2, column: 1 }],
    ['an open bracket', 'kind: A\nv: [1, 2\nw: 3\n', { line: 3, column: 1 }],
    ['an open quote', 'kind: A\nv: "x\n', { line: 3, column: 1 }],
    ['an unknown anchor', 'kind: A\nv: *nope\n', { line: 2, column: 4 }],
    ['a list where a map began', '- a\nb: c\n', { line: 2, column: 1 }],
    ['a null key', '~: x\n', { line: 1, column: 1 }],
    ['text alone', 'just text\n', { line: 1 }],
  ])('says where the mistake is: %s', (_, text, place) => {
    expect(problemOf(text)).toMatchObject(place);
  });

  it('warns of a key that stands twice, takes the last, and refuses it when strict', () => {
    const text = 'kind: A\nspec:\n  replicas: 1\n  replicas: 2\n';
    const [document] = parseManifest(text);
    expect(document?.object).toEqual({ kind: 'A', spec: { replicas: 2 } });
    expect(document?.warnings).toEqual(['line 4: key "replicas" already set in map']);
    expect(problemOf(text, { strict: true })?.message).toContain('line 4: key "replicas" already set in map');
  });
});

describe('the limits of a manifest', () => {
  it.each([
    ['10,000 aliases', `a: &a x\nb:\n${'- *a\n'.repeat(10_000)}`, 'excessive aliasing'],
    ['aliases of aliases', bomb(), 'excessive aliasing'],
    ['brackets 100,000 deep', '['.repeat(100_000), 'line 1'],
    ['maps 1,000 deep', `${'{a: '.repeat(1000)}1${'}'.repeat(1000)}`, 'exceeded max depth of 200'],
    ['JSON 1,000 deep', `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`, 'exceeded max depth of 200'],
    ['20 MB', `v: ${'x'.repeat(20_000_000)}`, 'the limit is 16777216'],
  ])('%s are refused with a sentence and quickly', (_, text, sentence) => {
    const start = performance.now();
    expect(problemOf(text)?.message).toContain(sentence);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('refuses more documents than it may have', () => {
    const documents = parseManifest('kind: A\n---\n'.repeat(5), { limits: { maxDocuments: 3 } });
    expect(documents.map(({ errors }) => errors?.[0]?.message)).toEqual([
      undefined,
      undefined,
      undefined,
      'the manifest has more than 3 documents',
    ]);
  });

  it('keeps a key that has a meaning in JavaScript a key', () => {
    const [document] = parseManifest('__proto__: {polluted: true}\nkind: A\n');
    expect(Object.keys(document?.object ?? {})).toEqual(['__proto__', 'kind']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let n = 1; n < 10; n++)
    lines.push(
      `a${n}: &a${n} [${Array(10)
        .fill(`*a${n - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}
