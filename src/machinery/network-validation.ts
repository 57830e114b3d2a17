import { invalid, required, type FieldProblem } from './api-error.ts';
import { parseIp, parseRange, rangeHolds } from './ip-address.ts';
import { dns1123SubdomainProblems } from './metadata-validation.ts';

/** Rules about ports, addresses and ranges in Kubernetes' words (apimachinery/pkg/util/validation). */

const IPV4_LOOPBACK = parseRange('127.0.0.0/8');
const IPV4_LINK_LOCAL = parseRange('169.254.0.0/16');
const IPV4_LINK_LOCAL_MULTICAST = parseRange('224.0.0.0/24');
const IPV6_LOOPBACK = parseRange('::1/128');
const IPV6_LINK_LOCAL = parseRange('fe80::/10');
const IPV6_LINK_LOCAL_MULTICAST = parseRange('ff02::/16');

/** validation.IsValidPortNum */
export function portNumberProblems(port: unknown): string[] {
  const inRange = typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535;
  return inRange ? [] : ['must be between 1 and 65535, inclusive'];
}

/** validation.IsValidPortName */
export function portNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** validation.IsValidIP */
export function validateIp(ip: string, path: string): FieldProblem[] {
  if (parseIp(ip)) return [];
  return [invalid(path, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
}

/** validation.IsValidCIDR */
export function validateCidr(cidr: string, path: string): FieldProblem[] {
  if (parseRange(cidr)) return [];
  return [invalid(path, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}

/**
 * IsValidCIDRForLegacyField with StrictIPCIDRValidation, which is on in the modelled release
 * (pkg/apis/core/validation/validation.go, apimachinery/pkg/util/validation/ip.go).
 */
export function validateStrictCidr(cidr: string, path: string): FieldProblem[] {
  const range = parseRange(cidr);
  if (!range) return validateCidr(cidr, path);
  const [address = '', prefixLength = ''] = cidr.split('/');
  const isMapped = range.family === 'IPv6' && range.base >> 32n === IPV4_MAPPED;
  if (hasLeadingZero(prefixLength) || (range.family === 'IPv4' && address.split('.').some(hasLeadingZero))) {
    return [invalid(path, cidr, 'must not have leading 0s in IP or prefix length')];
  }
  if (isMapped) return [invalid(path, cidr, 'must not have an IPv4-mapped IPv6 address')];
  if (parseIp(address)?.value === range.base) return [];
  return [invalid(path, cidr, 'must not have bits set beyond the prefix length')];
}

const IPV4_MAPPED = 0xffffn;

function hasLeadingZero(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0');
}

/** ValidateNonSpecialIP (pkg/apis/core/validation): an address that traffic can be sent to from elsewhere. */
export function validateNonSpecialIp(ip: string, path: string): FieldProblem[] {
  const address = parseIp(ip);
  if (!address) return [invalid(path, ip, 'must be a valid IP address')];
  const problems: FieldProblem[] = [];
  const inside = (...ranges: (ReturnType<typeof parseRange> | undefined)[]) =>
    ranges.some((range) => range !== undefined && rangeHolds(range, address));
  if (address.value === 0n) problems.push(invalid(path, ip, 'may not be unspecified (0.0.0.0 or ::)'));
  if (inside(IPV4_LOOPBACK, IPV6_LOOPBACK)) {
    problems.push(invalid(path, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  }
  if (inside(IPV4_LINK_LOCAL, IPV6_LINK_LOCAL)) {
    problems.push(invalid(path, ip, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  }
  if (inside(IPV4_LINK_LOCAL_MULTICAST, IPV6_LINK_LOCAL_MULTICAST)) {
    problems.push(invalid(path, ip, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  }
  return problems;
}

const WILDCARD_SUBDOMAIN = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const WILDCARD_WORDS =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** validation.IsWildcardDNS1123Subdomain */
export function wildcardSubdomainProblems(host: string): string[] {
  const problems: string[] = [];
  if (host.length > 253) problems.push('must be no more than 253 bytes');
  if (!WILDCARD_SUBDOMAIN.test(host)) problems.push(WILDCARD_WORDS);
  return problems;
}

const HTTP_PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** validation.IsDomainPrefixedPath: "acme.io/foo" */
export function validateDomainPrefixedPath(text: string, path: string): FieldProblem[] {
  if (text === '') return [required(path)];
  const slash = text.indexOf('/');
  const domain = text.slice(0, Math.max(0, slash));
  const rest = text.slice(slash + 1);
  if (domain === '' || rest === '') {
    return [invalid(path, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const problems = dns1123SubdomainProblems(domain).map((words) => invalid(path, domain, words));
  if (HTTP_PATH.test(rest)) return problems;
  const words = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
  return [...problems, invalid(path, rest, words)];
}
