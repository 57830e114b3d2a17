/**
 * Randomness that depends on what it is for and on nothing else: a hash of (seed, purpose, …). The same question gets
 * the same answer in live running, in a replay and after a restart, whatever was asked before it.
 */

/** 32-bit hash of the parts, well mixed (FNV-1a over the text, then murmur3's finalizer). */
export function hash32(...parts: readonly (string | number)[]): number {
  let hash = FIRST;
  for (const part of parts) hash = hashPart(hash, part);
  return finish(hash);
}

const FIRST = 0x811c9dc5;

function hashPart(start: number, part: string | number): number {
  const text = typeof part === 'string' ? part : String(part);
  let hash = start;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= 0x1f;
  return Math.imul(hash, 0x01000193);
}

function finish(mixed: number): number {
  let hash = mixed;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number in [0, 1) from a hash of the parts. */
export function unitRandom(...parts: readonly (string | number)[]): number {
  return hash32(...parts) / 0x1_0000_0000;
}

/** Kubernetes' alphabet for generated names: no vowels, no 0, 1 or 3 (apimachinery/pkg/util/rand). */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** `length` characters of Kubernetes' safe alphabet from a hash of the parts. */
export function randomSuffix(length: number, ...parts: readonly (string | number)[]): string {
  let text = '';
  for (let index = 0; index < length; index++) {
    text += SAFE_ALPHABET[hash32(index, ...parts) % SAFE_ALPHABET.length];
  }
  return text;
}

/** rand.SafeEncodeString: maps each character of a text into the safe alphabet. */
export function safeEncode(text: string): string {
  let encoded = '';
  for (let index = 0; index < text.length; index++) {
    encoded += SAFE_ALPHABET[text.charCodeAt(index) % SAFE_ALPHABET.length];
  }
  return encoded;
}

/** The codes of the characters 0 … f. */
const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const DASH = '-'.charCodeAt(0);
const VERSION = '4'.charCodeAt(0);

function digit(value: number): number {
  return HEX[value & 15] ?? 0;
}

const STARTS = [0, 1, 2, 3].map((number) => hashPart(FIRST, number)) as [number, number, number, number];

/**
 * A UUID (version 4 layout) from a hash of the parts. Every object and every event has one, so the text is put together
 * at once from the codes of its characters: 32 digits of which the 13th and the 17th are not free.
 */
export function randomUid(...parts: readonly (string | number)[]): string {
  let a = STARTS[0];
  let b = STARTS[1];
  let c = STARTS[2];
  let d = STARTS[3];
  for (const part of parts) {
    const text = typeof part === 'string' ? part : String(part);
    a = hashPart(a, text);
    b = hashPart(b, text);
    c = hashPart(c, text);
    d = hashPart(d, text);
  }
  a = finish(a);
  b = finish(b);
  c = finish(c);
  d = finish(d);
  // prettier-ignore
  return String.fromCharCode(
    digit(a >>> 28), digit(a >>> 24), digit(a >>> 20), digit(a >>> 16), digit(a >>> 12), digit(a >>> 8), digit(a >>> 4), digit(a),
    DASH, digit(b >>> 28), digit(b >>> 24), digit(b >>> 20), digit(b >>> 16),
    DASH, VERSION, digit(b >>> 8), digit(b >>> 4), digit(b),
    DASH, digit(8 | ((c >>> 28) & 3)), digit(c >>> 24), digit(c >>> 20), digit(c >>> 16),
    DASH, digit(c >>> 12), digit(c >>> 8), digit(c >>> 4), digit(c),
    digit(d >>> 28), digit(d >>> 24), digit(d >>> 20), digit(d >>> 16), digit(d >>> 12), digit(d >>> 8), digit(d >>> 4), digit(d),
  );
}

/** The eight hexadecimal digits of a 32-bit number. */
export function hex32(a: number): string {
  // prettier-ignore
  return String.fromCharCode(
    digit(a >>> 28), digit(a >>> 24), digit(a >>> 20), digit(a >>> 16), digit(a >>> 12), digit(a >>> 8), digit(a >>> 4), digit(a),
  );
}
