import { parseQuantity } from './quantity.ts';

/**
 * Quantities as the API server writes them back: "0.5" becomes "500m", "1024Mi" becomes "1Gi", 2 becomes "2".
 * Source: apimachinery/pkg/api/resource/quantity.go (CanonicalizeBytes).
 */

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: Record<number, string> = {
  [-9]: 'n',
  [-6]: 'u',
  [-3]: 'm',
  0: '',
  3: 'k',
  6: 'M',
  9: 'G',
  12: 'T',
  15: 'P',
  18: 'E',
};
const FINEST_DIGITS = 9;

const known = new Map<string | number, string>();
const KNOWN_LIMIT = 10_000;

/** The canonical text of a quantity; what is none is returned as text, for validation to refuse. */
export function canonicalQuantity(quantity: string | number): string {
  const cached = known.get(quantity);
  if (cached !== undefined) return cached;
  const text = canonicalize(String(quantity));
  if (known.size >= KNOWN_LIMIT) known.clear();
  known.set(quantity, text);
  return text;
}

function canonicalize(text: string): string {
  const value = parseQuantity(text);
  if (value === undefined) return text;
  if (value === 0) return '0';
  const binary = text.endsWith('i');
  if (binary && Math.abs(value) >= 1024) return binaryText(value);
  const exponentForm = /\d[eE]/.test(text);
  return decimalText(value, exponentForm);
}

function binaryText(value: number): string {
  let amount = Math.sign(value) * Math.ceil(Math.abs(value));
  let step = 0;
  while (amount % 1024 === 0 && step < BINARY.length - 1) {
    amount /= 1024;
    step++;
  }
  return `${amount}${BINARY[step]}`;
}

function decimalText(value: number, exponentForm: boolean): string {
  const sign = value < 0 ? '-' : '';
  let digits = BigInt(Math.ceil(Math.abs(Math.round(value * 10 ** FINEST_DIGITS))));
  let exponent = -FINEST_DIGITS;
  while (digits % 1000n === 0n && exponent < 18) {
    digits /= 1000n;
    exponent += 3;
  }
  if (exponentForm) return exponent === 0 ? `${sign}${digits}` : `${sign}${digits}e${exponent}`;
  return `${sign}${digits}${DECIMAL[exponent]}`;
}

/** The list with every quantity in canonical form; the same list when nothing changed. */
export function canonicalResources<T extends Record<string, string | number>>(list: T | undefined): T | undefined {
  if (!list) return list;
  let changed: Record<string, string | number> | undefined;
  for (const name in list) {
    const quantity = list[name] as string | number;
    const text = canonicalQuantity(quantity);
    if (text !== quantity) (changed ??= { ...list })[name] = text;
  }
  return (changed as T | undefined) ?? list;
}
