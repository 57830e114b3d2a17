/** Base64 as Go's encoding/base64 reads and writes it: padding is needed, line breaks are skipped. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map(Array.from(ALPHABET, (character, value) => [character, value] as const));

export type Decoded = { ok: true; bytes: Uint8Array } | { ok: false; offset: number };

/** The bytes a text stands for, or the offset Go names in "illegal base64 data at input byte 4". */
export function decodeBase64(text: string): Decoded {
  const bytes: number[] = [];
  let group: number[] = [];
  let index = 0;
  const skipBreaks = () => {
    while (text[index] === '\n' || text[index] === '\r') index++;
  };
  for (skipBreaks(); index < text.length; skipBreaks()) {
    const value = VALUES.get(text[index] ?? '');
    index++;
    if (value !== undefined) {
      group.push(value);
      if (group.length < 4) continue;
      bytes.push(...joined(group));
      group = [];
      continue;
    }
    if (text[index - 1] !== '=' || group.length < 2) return { ok: false, offset: index - 1 };
    if (group.length === 2) {
      skipBreaks();
      if (index === text.length) return { ok: false, offset: text.length };
      if (text[index] !== '=') return { ok: false, offset: index - 1 };
      index++;
    }
    skipBreaks();
    if (index < text.length) return { ok: false, offset: index };
    bytes.push(...joined(group).slice(0, group.length - 1));
    return { ok: true, bytes: Uint8Array.from(bytes) };
  }
  if (group.length > 0) return { ok: false, offset: text.length - group.length };
  return { ok: true, bytes: Uint8Array.from(bytes) };
}

function joined([a = 0, b = 0, c = 0, d = 0]: readonly number[]): number[] {
  return [(a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d];
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
