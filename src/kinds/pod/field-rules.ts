import { invalid, type FieldProblem } from '../../machinery/api-error.ts';
import {
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  qualifiedNameProblems,
} from '../../machinery/metadata-validation.ts';

/** Rules of single values that pods share. Source: apimachinery/pkg/util/validation/validation.go. */

export const MAX_INT32 = 2_147_483_647;

export function inclusiveRange(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** validation.IsValidPortNum */
export function portNumberProblems(port: unknown): string[] {
  return typeof port === 'number' && port >= 1 && port <= 65_535 ? [] : [inclusiveRange(1, 65_535)];
}

/** validation.IsValidPortName (IANA_SVC_NAME) */
export function portNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** ValidatePortNumOrName */
export function validatePort(port: unknown, path: string): FieldProblem[] {
  const texts = typeof port === 'string' ? portNameProblems(port) : portNumberProblems(port);
  return texts.map((text) => invalid(path, port ?? 0, text));
}

export function validateLabelName(name: string | undefined, path: string): FieldProblem[] {
  return qualifiedNameProblems(name ?? '').map((text) => invalid(path, name ?? '', text));
}

export function validateDnsLabel(name: string, path: string): FieldProblem[] {
  return dns1123LabelProblems(name).map((text) => invalid(path, name, text));
}

export function validateDnsSubdomain(name: string | undefined, path: string): FieldProblem[] {
  return dns1123SubdomainProblems(name ?? '').map((text) => invalid(path, name ?? '', text));
}

/** ValidateNonnegativeField */
export function validateNotNegative(value: number | undefined, path: string): FieldProblem[] {
  return value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : [];
}

/** validation.IsRelaxedEnvVarName */
export function variableNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name === '') problems.push('environment variable name must be non-empty');
  if (/[^\x20-\x7e]|=/.test(name)) {
    problems.push("a valid environment variable name must consist only of printable ASCII characters other than '='");
  }
  return problems;
}

/** validation.IsHTTPHeaderName */
export function headerNameProblems(name: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(name)) return [];
  return [
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
  ];
}

/** validateLocalDescendingPath */
export function validateLocalDescendingPath(target: string, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (target.startsWith('/')) problems.push(invalid(path, target, 'must be a relative path'));
  problems.push(...validateNoBacksteps(target, path));
  return problems;
}

/** ValidateLocalNonReservedPath */
export function validateLocalNonReservedPath(target: string, path: string): FieldProblem[] {
  const problems = validateLocalDescendingPath(target, path);
  if (target.startsWith('..') && !target.startsWith('../')) {
    problems.push(invalid(path, target, "must not start with '..'"));
  }
  return problems;
}

/** validatePathNoBacksteps */
export function validateNoBacksteps(target: string, path: string): FieldProblem[] {
  return target.split('/').includes('..') ? [invalid(path, target, "must not contain '..'")] : [];
}

/** validation.IsValidUserID, IsValidGroupID */
export function identityProblems(id: number): string[] {
  return id >= 0 && id <= MAX_INT32 ? [] : [inclusiveRange(0, MAX_INT32)];
}

/** validation.IsValidIP */
export function validateAddress(address: string, path: string): FieldProblem[] {
  const parts = address.split('.');
  const v4 = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  const v6 = address.includes(':') && /^[0-9a-fA-F:.]+$/.test(address);
  return v4 || v6 ? [] : [invalid(path, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
}
