import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentOf, expandWords } from '../../src/kinds/pod/environment.ts';
import { configMap, kubeletModel, podNamed, podWith, secret, seconds } from './support.ts';

const NAMES = ['A', 'B', 'C', 'D', 'KUBERNETES_SERVICE_HOST'];
const name = fc.constantFrom(...NAMES);

/** Words with references, escapes and stray signs in them. */
const words = fc
  .array(
    fc.oneof(
      name.map((other) => `$(${other})`),
      fc.constantFrom('$', '$$', '(', ')', '$(', 'x', ' ', '$(NONE)', '$$(A)'),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

type Entry =
  | { name: string; value: string }
  | { name: string; valueFrom: { configMapKeyRef: object } | { secretKeyRef: object } };

const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ name, value: words }),
  fc
    .record({ name, key: fc.constantFrom('A', 'B', 'Z'), sealed: fc.boolean() })
    .map(({ name: variable, key, sealed }) => {
      const reference = { name: sealed ? 'sealed' : 'map', key, optional: true };
      return { name: variable, valueFrom: sealed ? { secretKeyRef: reference } : { configMapKeyRef: reference } };
    }),
);

interface Given {
  envFrom: ({ configMapRef: { name: string } } | { secretRef: { name: string; optional?: boolean } })[];
  env: Entry[];
  args: string[];
}

const container: fc.Arbitrary<Given> = fc.record({
  envFrom: fc.array(
    fc.constantFrom(
      { configMapRef: { name: 'map' } },
      { secretRef: { name: 'sealed' } },
      { secretRef: { name: 'none', optional: true } },
    ),
    { maxLength: 3 },
  ),
  env: fc.array(entry, { maxLength: 8 }),
  args: fc.array(words, { maxLength: 4 }),
});

/** Values that stand nowhere else: whoever sees one of them sees a Secret. */
const SEALED = { A: '<<secret A>>', B: '<<secret B>>' };
const PLAIN = { A: 'plain A', B: 'plain B' };
const MARK = /<<secret/;

/** What the rules say, read letter by letter. */
function expand(text: string, values: ReadonlyMap<string, string>): string {
  let result = '';
  for (let index = 0; index < text.length; index++) {
    const next = text[index + 1];
    const end = next === '(' ? text.indexOf(')', index) : -1;
    if (text[index] === '$' && next === '$') {
      result += '$';
      index++;
    } else if (text[index] === '$' && end >= 0) {
      const reference = text.slice(index + 2, end);
      result += values.get(reference) ?? `$(${reference})`;
      index = end;
    } else result += text[index];
  }
  return result;
}

function expectedValues({ envFrom, env }: Given, services: ReadonlyMap<string, string>) {
  const own = new Map<string, string>();
  for (const source of envFrom) {
    const sealed: Partial<typeof SEALED> = 'secretRef' in source && source.secretRef.name === 'sealed' ? SEALED : {};
    const data: Record<string, string> = 'configMapRef' in source ? PLAIN : sealed;
    for (const [key, value] of Object.entries(data)) own.set(key, value);
  }
  for (const variable of env) {
    if ('value' in variable) own.set(variable.name, expand(variable.value, new Map([...services, ...own])));
    else {
      const reference = Object.values(variable.valueFrom)[0] as { name: string; key: 'A' };
      const value = (reference.name === 'sealed' ? SEALED : PLAIN)[reference.key];
      if (value !== undefined) own.set(variable.name, value);
    }
  }
  return new Map([...services, ...own]);
}

describe('any environment', () => {
  it('has the values that the rules say, and tells of every Secret in them', () => {
    const model = kubeletModel();
    model.create(configMap('map', PLAIN), secret('sealed', SEALED), podWith(''));
    seconds(model, 5);
    const pod = podNamed(model)!;
    const services = new Map(
      environmentOf(model.view, pod, pod.spec.containers[0]!).variables.map((variable) => [
        variable.name,
        variable.value ?? '',
      ]),
    );
    fc.assert(
      fc.property(container, (given) => {
        // As it would be made now: a container that was never started.
        const { runtime: _, ...fresh } = pod;
        const environment = environmentOf(model.view, fresh, { ...pod.spec.containers[0]!, ...(given as object) });
        const values = new Map(environment.variables.map((variable) => [variable.name, variable.value]));
        expect(Object.fromEntries(values)).toEqual(Object.fromEntries(expectedValues(given, services)));
        for (const { value, secrets } of environment.variables) {
          if (MARK.test(value ?? '')) expect(secrets).toEqual(['sealed']);
        }
        const shown = expandWords(given.args, environment, '******', () => false);
        expect(shown.join('\n')).not.toMatch(MARK);
        const all = expandWords(given.args, environment, '******', () => true);
        expect(all).toEqual(given.args.map((word) => expand(word, values as Map<string, string>)));
      }),
      { numRuns: 500 },
    );
  });
});
