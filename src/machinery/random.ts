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

/** A UUID (version 4 layout) from a hash of the parts. */
export function randomUid(...parts: readonly (string | number)[]): string {
  const word = (number: number) => {
    let hash = hashPart(FIRST, number);
    for (const part of parts) hash = hashPart(hash, part);
    return finish(hash).toString(16).padStart(8, '0');
  };
  const a = word(0);
  const b = word(1);
  const c = word(2);
  const d = word(3);
  const variant = '89ab'[Number.parseInt(c[0] ?? '0', 16) & 3];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
}
