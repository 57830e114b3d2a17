import { duplicate, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { parseIp } from '../../machinery/ip-address.ts';
import { validateIp } from '../../machinery/network-validation.ts';
import { isHeadless } from './queries.ts';
import { HEADLESS, type Service } from './types.ts';

const FAMILIES = ['IPv4', 'IPv6'] as const;
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'] as const;

/** ValidateServiceClusterIPsRelatedFields (pkg/apis/core/validation/validation.go). */
export function validateClusterIpFields(service: Service): FieldProblem[] {
  const { spec } = service;
  if (spec.type === 'ExternalName') return [];
  const problems = [...validateFirst(service), ...validateFamilies(service)];
  const addresses = validateAddresses(service);
  problems.push(...addresses.problems);
  if (spec.clusterIPs && spec.clusterIPs.length > 2) {
    problems.push(invalid('spec.clusterIPs', spec.clusterIPs, 'may only hold up to 2 values'));
  }
  if (addresses.broken) return problems;
  return [...problems, ...validateOneOfEach(service), ...validateMatch(service)];
}

function validateFirst({ spec }: Service): FieldProblem[] {
  const path = 'spec.clusterIPs';
  if (spec.clusterIP) {
    if (!spec.clusterIPs?.length) return [required(path)];
    if (spec.clusterIPs[0] === spec.clusterIP) return [];
    return [invalid(path, spec.clusterIPs, 'first value must match `clusterIP`')];
  }
  if (!spec.clusterIPs?.length) return [];
  return [invalid(path, spec.clusterIPs, 'must be empty when `clusterIP` is not specified')];
}

function validateFamilies({ spec }: Service): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    const path = `spec.ipFamilies[${index}]`;
    if (!FAMILIES.includes(family)) problems.push(notSupported(path, family, FAMILIES));
    if (seen.has(family)) problems.push(duplicate(path, family));
    seen.add(family);
  }
  if (spec.ipFamilyPolicy !== undefined && !POLICIES.includes(spec.ipFamilyPolicy)) {
    problems.push(notSupported('spec.ipFamilyPolicy', spec.ipFamilyPolicy, POLICIES));
  }
  return problems;
}

function validateAddresses({ spec }: Service): { problems: FieldProblem[]; broken: boolean } {
  const problems: FieldProblem[] = [];
  const ips = spec.clusterIPs ?? [];
  for (const [index, ip] of ips.entries()) {
    if (index > 0 || ip !== HEADLESS) problems.push(...validateIp(ip, `spec.clusterIPs[${index}]`));
    else if (ips.length > 1) problems.push(invalid('spec.clusterIPs', ips, "'None' must be the first and only value"));
  }
  return { problems, broken: problems.length > 0 };
}

function validateOneOfEach({ spec }: Service): FieldProblem[] {
  const ips = spec.clusterIPs ?? [];
  const families = new Set(ips.map((ip) => parseIp(ip)?.family));
  if (ips.length < 2 || families.size === 2) return [];
  return [invalid('spec.clusterIPs', ips, 'may specify no more than one IP for each IP family')];
}

function validateMatch({ spec }: Service): FieldProblem[] {
  if (isHeadless(spec)) return [];
  const problems: FieldProblem[] = [];
  for (const [index, ip] of (spec.clusterIPs ?? []).entries()) {
    const wanted = spec.ipFamilies?.[index];
    if (wanted === undefined || parseIp(ip)?.family === wanted) continue;
    const words = `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``;
    problems.push(invalid(`spec.clusterIPs[${index}]`, ip, words));
  }
  return problems;
}

/** validateUpgradeDowngradeClusterIPs and validateUpgradeDowngradeIPFamilies. */
export function validateFamilyChange(service: Service, old: Service): FieldProblem[] {
  if (service.spec.type === 'ExternalName' || old.spec.type === 'ExternalName') return [];
  const wasHeadless = isHeadless(old.spec);
  const headless = isHeadless(service.spec);
  if (wasHeadless && headless) return [];
  const problems = validateClusterIpChange(service, old);
  if (wasHeadless === headless) problems.push(...validateIpFamilyChange(service, old));
  return problems;
}

const UNCHANGEABLE = 'may not change once set';

function validateClusterIpChange({ spec }: Service, { spec: old }: Service): FieldProblem[] {
  const current = spec.clusterIPs ?? [];
  const before = old.clusterIPs ?? [];
  const path = 'spec.clusterIPs';
  if (before.length === current.length) {
    return before.flatMap((ip, index) =>
      ip === current[index] ? [] : [invalid(`${path}[${index}]`, current, UNCHANGEABLE)],
    );
  }
  const problems: FieldProblem[] = [];
  if (current.length === 0) problems.push(invalid(`${path}[0]`, null, 'primary clusterIP can not be unset'));
  else if (before.length > 0 && current[0] !== before[0]) problems.push(invalid(`${path}[0]`, current, UNCHANGEABLE));
  if (before.length > current.length && current.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const words = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    problems.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, words));
  }
  return problems;
}

function validateIpFamilyChange({ spec }: Service, { spec: old }: Service): FieldProblem[] {
  const current = spec.ipFamilies ?? [];
  const before = old.ipFamilies ?? [];
  const path = 'spec.ipFamilies[0]';
  if (before.length === current.length) {
    return before.flatMap((family, index) => (family === current[index] ? [] : [invalid(path, current, UNCHANGEABLE)]));
  }
  const problems: FieldProblem[] = [];
  const released = before.length > current.length;
  if (released && !spec.clusterIPs?.length) {
    problems.push(invalid(path, current, 'primary ipFamily can not be unset'));
  }
  if (current.length > 0 && before.length > 0 && current[0] !== before[0]) {
    problems.push(invalid(path, spec.clusterIPs ?? null, UNCHANGEABLE));
  }
  if (released && current.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const words = "must be set to 'SingleStack' when releasing the secondary ipFamily";
    problems.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, words));
  }
  return problems;
}
