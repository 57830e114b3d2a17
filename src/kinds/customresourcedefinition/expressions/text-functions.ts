import type { Environment } from '@marcbachmann/cel-js';
import { ExpressionError } from './expression-error.ts';

/**
 * charAt, replace, and find, findAll by regular expression. Positions count code points.
 * Source: cel-go/ext/strings.go (version 2), k8s.io/apiserver/pkg/cel/library/regex.go.
 */
export function addTextFunctions(environment: Environment): void {
  environment
    .registerFunction('string.charAt(int): string', charAt)
    .registerFunction('string.replace(string, string): string', (text: string, old: string, by: string) =>
      text.replaceAll(old, () => by),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      return regularExpression(pattern, '').exec(text)?.[0] ?? '';
    })
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => findAll(text, pattern))
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, most: bigint) =>
      findAll(text, pattern, Number(most)),
    );
}

function charAt(text: string, index: bigint): string {
  const characters = Array.from(text);
  if (index < 0n || index > BigInt(characters.length)) throw new ExpressionError(`index out of range: ${index}`);
  return characters[Number(index)] ?? '';
}

/** The first so many only; all when it is negative. */
function replaceSome(text: string, old: string, by: string, most: bigint): string {
  let left = most < 0n ? Number.POSITIVE_INFINITY : Number(most);
  return text.replaceAll(old, (found) => (left-- > 0 ? by : found));
}

function findAll(text: string, pattern: string, most = -1): string[] {
  const found = [...text.matchAll(regularExpression(pattern, 'g'))].map(([whole]) => whole);
  return most < 0 ? found : found.slice(0, most);
}

function regularExpression(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, `u${flags}`);
  } catch {
    throw new ExpressionError(`Illegal regex: error parsing regexp: ${pattern}`);
  }
}
