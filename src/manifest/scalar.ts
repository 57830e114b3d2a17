/**
 * What an unquoted YAML scalar stands for, as kubectl reads it: Go's yaml.v2 rules (YAML 1.1 booleans and octals, the
 * 1.2 octal prefix, no base-60 numbers), dates left as text.
 * Source: sigs.k8s.io/yaml goyaml.v2/resolve.go.
 */

const WORDS = new Map<string, boolean | null | number>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

const DECIMAL = /^[-+]?(0|[1-9][0-9]*)$/;
const OCTAL = /^([-+]?)0[oO]?([0-7]+)$/;
const HEXADECIMAL = /^([-+]?)0[xX]([0-9a-fA-F]+)$/;
const BINARY = /^([-+]?)0[bB]([01]+)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/** Whether a text could be anything but a string: most scalars are told apart by their first character. */
const SPECIAL_START = /^[-+.0-9yYnNtTfFoO~]/;

export type Scalar = string | number | boolean | null;

/** The value of a plain (unquoted, untagged) scalar. */
export function resolvePlain(text: string): Scalar {
  if (text !== '' && !SPECIAL_START.test(text)) return text;
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  return resolveNumber(text) ?? text;
}

function resolveNumber(text: string): number | undefined {
  if (!/^[-+.0-9]/.test(text)) return undefined;
  const plain = text.includes('_') && text[0] !== '.' ? text.replaceAll('_', '') : text;
  if (DECIMAL.test(plain)) return withoutMinusZero(Number(plain));
  for (const [pattern, base] of [
    [OCTAL, 8],
    [HEXADECIMAL, 16],
    [BINARY, 2],
  ] as const) {
    const match = pattern.exec(plain);
    if (match) return withoutMinusZero(Number.parseInt(`${match[1]}${match[2]}`, base));
  }
  return FLOAT.test(plain) ? withoutMinusZero(Number(plain)) : undefined;
}

function withoutMinusZero(value: number): number {
  return value === 0 ? 0 : value;
}

/** The value of a scalar with an explicit tag (`!!str 8080`); unknown tags are ignored. */
export function resolveTagged(tag: string, text: string): Scalar {
  switch (tag) {
    case 'tag:yaml.org,2002:int':
    case 'tag:yaml.org,2002:float':
      return resolveNumber(text) ?? text;
    case 'tag:yaml.org,2002:bool':
    case 'tag:yaml.org,2002:null':
      return WORDS.get(text) ?? text;
    default:
      return text;
  }
}

/** How Go writes a scalar that stands as the key of a map; undefined for null, which can be no key. */
export function keyText(key: Scalar): string | undefined {
  return key === null ? undefined : String(key);
}
