/**
 * Kubernetes quantities ("250m", "1Gi", "1e3", "0.5"): numbers with a suffix. Amounts are compared and added exactly as
 * integers of a small unit: milli-units for CPU, whole units (bytes, pieces) for everything else.
 * Source: apimachinery/pkg/api/resource/quantity.go.
 */

const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)((?:[KMGTPE]i)|[numkMGTPE]|(?:[eE][+-]?\d+))?$/;

const SCALES: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
  Ei: 1024 ** 6,
};

/** The sentence the API server answers for a text that is no quantity. */
export const QUANTITY_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The number a quantity stands for; undefined when it is none. */
export function parseQuantity(text: unknown): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined;
  if (typeof text !== 'string') return undefined;
  const match = QUANTITY.exec(text);
  if (!match) return undefined;
  const [, sign, digits, suffix] = match;
  let scale = 1;
  let exponent = '';
  if (suffix !== undefined) {
    const known = SCALES[suffix];
    if (known === undefined) exponent = suffix;
    else scale = known;
  }
  const number = Number(`${digits}${exponent}`);
  // A decimal suffix divides rather than multiplies, so that "100m" is exactly 0.1.
  const value = scale < 1 ? number / Math.round(1 / scale) : number * scale;
  return sign === '-' ? -value : value;
}

const milliCache = new Map<string, number>();
const valueCache = new Map<string, number>();
const CACHE_LIMIT = 10_000;

/** Quantity.MilliValue: thousandths, rounded up; 0 for what is absent or no quantity. */
export function milliValue(quantity: string | number | undefined): number {
  if (quantity === undefined) return 0;
  if (typeof quantity === 'number') return Math.ceil(quantity * 1000);
  return cached(milliCache, quantity, (value) => Math.ceil(Math.round(value * 1e6) / 1e3));
}

/** Quantity.Value: whole units, rounded up; 0 for what is absent or no quantity. */
export function wholeValue(quantity: string | number | undefined): number {
  if (quantity === undefined) return 0;
  if (typeof quantity === 'number') return Math.ceil(quantity);
  return cached(valueCache, quantity, (value) => Math.ceil(Math.round(value * 1e3) / 1e3));
}

function cached(cache: Map<string, number>, text: string, round: (value: number) => number): number {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const value = round(parseQuantity(text) ?? 0);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(text, value);
  return value;
}

/** What the scheduler counts a resource in: millicores for "cpu", whole units for every other name. */
export function resourceAmount(resource: string, quantity: string | number | undefined): number {
  return resource === 'cpu' ? milliValue(quantity) : wholeValue(quantity);
}

const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Writes millicores as Kubernetes does: "250m", "2". */
export function formatMilliCpu(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

/** Writes bytes in canonical binary form: "1Gi", "1536Mi", "1000". */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '0';
  let value = bytes;
  let step = 0;
  while (value % 1024 === 0 && step < BINARY_SUFFIXES.length - 1) {
    value /= 1024;
    step++;
  }
  return `${value}${BINARY_SUFFIXES[step]}`;
}
