import type { Environment } from '@marcbachmann/cel-js';
import {
  formatIp,
  parseIp,
  parseRange,
  rangeHolds,
  type IpFamily,
  type IpRange,
} from '../../../machinery/ip-address.ts';
import { ExpressionError } from './expression-error.ts';

/** An address inside an expression. */
class Ip {
  readonly family: IpFamily;
  readonly value: bigint;

  constructor(family: IpFamily, value: bigint) {
    this.family = family;
    this.value = value;
  }
}

/** A range inside an expression: the address as it was written, and its network. */
class Cidr {
  readonly address: Ip;
  readonly range: IpRange;

  constructor(address: Ip, range: IpRange) {
    this.address = address;
    this.range = range;
  }
}

/** Source: k8s.io/apiserver/pkg/cel/library/ip.go, cidr.go. */
export function addIpFunctions(environment: Environment): void {
  addAddresses(environment);
  addRanges(environment);
}

function addAddresses(environment: Environment): void {
  environment
    .registerType('net.IP', { ctor: Ip, fields: {} })
    .registerFunction('isIP(string): bool', (text: string) => parseIp(text) !== undefined)
    .registerFunction('ip(string): net.IP', ipOf)
    .registerFunction('string(net.IP): string', (ip: Ip) => formatIp(ip))
    .registerFunction('net.IP.family(): int', ({ family }: Ip) => (family === 'IPv4' ? 4n : 6n))
    .registerFunction('net.IP.isUnspecified(): bool', ({ value }: Ip) => value === 0n)
    .registerFunction('net.IP.isLoopback(): bool', (ip: Ip) => within(ip, '127.0.0.0/8', '::1/128'))
    .registerFunction('net.IP.isLinkLocalMulticast(): bool', (ip: Ip) => within(ip, '224.0.0.0/24', 'ff02::/16'))
    .registerFunction('net.IP.isLinkLocalUnicast(): bool', (ip: Ip) => within(ip, '169.254.0.0/16', 'fe80::/10'))
    .registerFunction('net.IP.isGlobalUnicast(): bool', isGlobalUnicast)
    .registerOperator('net.IP == net.IP', (left: Ip, right: Ip) => isSame(left, right));
}

function addRanges(environment: Environment): void {
  environment
    .registerType('net.CIDR', { ctor: Cidr, fields: {} })
    .registerFunction('isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined)
    .registerFunction('cidr(string): net.CIDR', cidrOf)
    .registerFunction('net.CIDR.ip(): net.IP', ({ address }: Cidr) => address)
    .registerFunction('net.CIDR.prefixLength(): int', ({ range }: Cidr) => BigInt(range.prefixLength))
    .registerFunction(
      'net.CIDR.masked(): net.CIDR',
      ({ range }: Cidr) => new Cidr(new Ip(range.family, range.base), range),
    )
    .registerFunction('net.CIDR.containsIP(net.IP): bool', ({ range }: Cidr, ip: Ip) => rangeHolds(range, ip))
    .registerFunction('net.CIDR.containsIP(string): bool', ({ range }: Cidr, ip: string) => rangeHolds(range, ipOf(ip)))
    .registerFunction('net.CIDR.containsCIDR(net.CIDR): bool', (outer: Cidr, inner: Cidr) => spans(outer, inner))
    .registerFunction('net.CIDR.containsCIDR(string): bool', (outer: Cidr, inner: string) =>
      spans(outer, cidrOf(inner)),
    );
}

function ipOf(text: string): Ip {
  const address = parseIp(text);
  if (!address)
    throw new ExpressionError(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return new Ip(address.family, address.value);
}

function parseCidr(text: string): Cidr | undefined {
  const range = parseRange(text);
  const address = parseIp(text.split('/')[0] ?? '');
  return range && address ? new Cidr(new Ip(address.family, address.value), range) : undefined;
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new ExpressionError('network address parse error during conversion from string');
  return cidr;
}

function within(ip: Ip, ipv4: string, ipv6: string): boolean {
  const range = parseRange(ip.family === 'IPv4' ? ipv4 : ipv6);
  return range !== undefined && rangeHolds(range, ip);
}

function isGlobalUnicast(ip: Ip): boolean {
  const isBroadcast = ip.family === 'IPv4' && ip.value === 0xff_ff_ff_ffn;
  return (
    !isBroadcast &&
    ip.value !== 0n &&
    !within(ip, '127.0.0.0/8', '::1/128') &&
    !within(ip, '224.0.0.0/4', 'ff00::/8') &&
    !within(ip, '169.254.0.0/16', 'fe80::/10')
  );
}

function isSame(left: Ip, right: Ip): boolean {
  return left.family === right.family && left.value === right.value;
}

function spans(outer: Cidr, inner: Cidr): boolean {
  const first = { family: inner.range.family, value: inner.range.base };
  return outer.range.prefixLength <= inner.range.prefixLength && rangeHolds(outer.range, first);
}
