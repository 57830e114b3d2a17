/** Base64 as Go's encoding/base64 reads and writes it: padding is needed, line breaks are skipped. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** The value of each character by its code; 255 for those that have none. */
const VALUES = new Uint8Array(128).fill(255);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const PADDING = 61;

export type Decoded = { ok: true; bytes: Uint8Array } | { ok: false; offset: number };

/** The bytes a text stands for, or the offset Go names in "illegal base64 data at input byte 4". */
export function decodeBase64(text: string): Decoded {
  const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let length = 0;
  let word = 0;
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === LINE_FEED || code === CARRIAGE_RETURN) continue;
    const value = VALUES[code] ?? 255;
    if (value === 255) {
      if (code !== PADDING || count < 2) return { ok: false, offset: index };
      const broken = brokenPadding(text, index, count);
      if (broken !== undefined) return { ok: false, offset: broken };
      bytes[length++] = word >> (count === 3 ? 10 : 4);
      if (count === 3) bytes[length++] = word >> 2;
      return { ok: true, bytes: bytes.subarray(0, length) };
    }
    word = ((word << 6) | value) & 0xff_ff_ff;
    if (++count < 4) continue;
    bytes[length++] = word >> 16;
    bytes[length++] = word >> 8;
    bytes[length++] = word;
    count = 0;
    word = 0;
  }
  if (count > 0) return { ok: false, offset: text.length - count };
  return { ok: true, bytes: bytes.subarray(0, length) };
}

/** Where the end of a text is wrong that begins with the padding at `index`, after `count` characters of a group. */
function brokenPadding(text: string, index: number, count: number): number | undefined {
  let next = skipBreaks(text, index + 1);
  if (count === 2) {
    if (next === text.length) return text.length;
    if (text.charCodeAt(next) !== PADDING) return next - 1;
    next = skipBreaks(text, next + 1);
  }
  return next < text.length ? next : undefined;
}

function skipBreaks(text: string, from: number): number {
  let index = from;
  while (text.charCodeAt(index) === LINE_FEED || text.charCodeAt(index) === CARRIAGE_RETURN) index++;
  return index;
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const word = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += ALPHABET[word >> 18] ?? '';
    text += ALPHABET[(word >> 12) & 63] ?? '';
    text += left > 1 ? (ALPHABET[(word >> 6) & 63] ?? '') : '=';
    text += left > 2 ? (ALPHABET[word & 63] ?? '') : '=';
  }
  return text;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** How many bytes a text has in UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x800) length += 2;
    else if (code >= 0x80) length += 1;
    // A surrogate pair is 4 bytes in all: 2 for each half.
    if (code >= 0xd800 && code <= 0xdfff) length -= 1;
  }
  return length;
}
