/** IP addresses and ranges as numbers, so that they can be compared and counted. Pure arithmetic, no text tricks. */

export type IpFamily = 'IPv4' | 'IPv6';

export interface IpAddress {
  family: IpFamily;
  value: bigint;
}

export interface IpRange {
  family: IpFamily;
  /** The network's address. */
  base: bigint;
  prefixLength: number;
  /** How many addresses it spans, network and broadcast included. */
  size: bigint;
}

const IPV4_BITS = 32;
const IPV6_BITS = 128;

/** Reads an address as netutils.ParseIPSloppy does: IPv4 may have leading zeros; undefined when it is none. */
export function parseIp(text: string): IpAddress | undefined {
  const value = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (value === undefined) return undefined;
  return { family: text.includes(':') ? 'IPv6' : 'IPv4', value };
}

const DOT = 46;
const DIGIT_0 = 48;

/** Digit by digit: addresses of pods are read over and over. */
function parseIpv4(text: string): bigint | undefined {
  let value = 0;
  let dots = 0;
  let octet = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return undefined;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
    } else {
      const digit = code - DIGIT_0;
      if (digit < 0 || digit > 9 || ++digits > 3) return undefined;
      octet = octet * 10 + digit;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? BigInt(value * 256 + octet) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? '');
  const tail = halves.length === 2 ? groups(halves[1] ?? '') : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array.from({ length: missing }, () => 0), ...tail]) {
    value = value * 65_536n + BigInt(group);
  }
  return value;
}

/** The 16-bit groups of one side of "::"; an IPv4 address may stand at the end. */
function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const numbers: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const embedded = parseIpv4(part);
      if (embedded === undefined) return undefined;
      numbers.push(Number(embedded >> 16n), Number(embedded & 0xffffn));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) numbers.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return numbers;
}

/** Writes an address in its canonical form (RFC 5952 for IPv6). */
export function formatIp({ family, value }: IpAddress): string {
  if (family === 'IPv4') {
    const bits = Number(value);
    return `${(bits >>> 24) & 255}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
  }
  const words: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) words.push(Number((value >> shift) & 0xffffn));
  const { start, length } = longestZeroRun(words);
  const text = (part: number[]) => part.map((word) => word.toString(16)).join(':');
  if (length < 2) return text(words);
  return `${text(words.slice(0, start))}::${text(words.slice(start + length))}`;
}

function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  words.forEach((word, index) => {
    if (word !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  });
  return best;
}

/** Reads "10.96.0.0/12" or "fd00::/112"; bits beyond the prefix are dropped. Undefined when it is none. */
export function parseRange(text: string): IpRange | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match && parseIp(match[1] ?? '');
  if (!address) return undefined;
  const bits = address.family === 'IPv4' ? IPV4_BITS : IPV6_BITS;
  const prefixLength = Number(match[2]);
  if (prefixLength > bits) return undefined;
  const size = 1n << BigInt(bits - prefixLength);
  return { family: address.family, base: address.value - (address.value % size), prefixLength, size };
}

/** Whether the range holds the address. */
export function rangeHolds(range: IpRange, address: IpAddress): boolean {
  return range.family === address.family && address.value >= range.base && address.value < range.base + range.size;
}
