import { invalid, invalidObject, type ApiError, type FieldProblem } from '../../machinery/api-error.ts';
import type { AdmissionContext } from '../../machinery/definition.ts';
import { parseIp, type IpFamily } from '../../machinery/ip-address.ts';
import { serviceRanges } from './cluster-ip.ts';
import { isHeadless } from './queries.ts';
import { HEADLESS, type Service } from './types.ts';
import { validateClusterIpFields } from './validate-families.ts';

/**
 * Which IP families a Service gets: what its author asks for, checked against what the cluster has, and otherwise what
 * the cluster prefers. Source: pkg/registry/core/service/storage/alloc.go (initIPFamilyFields). In place.
 */
export function initialiseFamilies(
  service: Service,
  old: Service | undefined,
  context: AdmissionContext,
): ApiError | undefined {
  const { spec } = service;
  if (spec.type === 'ExternalName' || keepsDualStackAsItIs(service, old)) return undefined;
  spec.ipFamilyPolicy ??= inferPolicy(service, old);
  const loose = validateClusterIpFields(service);
  if (loose.length > 0) return refusal(service, loose);
  const configured = serviceRanges(context.settings.serviceCidr);
  const problems = [
    ...checkReduction(service, old),
    ...checkSingleStack(service),
    ...inferFamilies(service, configured),
  ];
  if (problems.length > 0) return refusal(service, problems);
  if (isHeadless(spec) && !hasSelector(service)) {
    fillHeadlessFamilies(service, configured);
    return undefined;
  }
  const unconfigured = checkConfigured(service, configured);
  if (unconfigured.length > 0) return refusal(service, unconfigured);
  spec.ipFamilies = spec.ipFamilies?.length ? spec.ipFamilies : [defaultFamily(configured)];
  if (spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies.length === 1 && configured.size === 2) {
    spec.ipFamilies = [...spec.ipFamilies, otherFamily(spec.ipFamilies[0])];
  }
  return undefined;
}

function refusal(service: Service, problems: FieldProblem[]): ApiError {
  return invalidObject('Service', '', service.metadata.name, problems);
}

function hasSelector({ spec }: Service): boolean {
  return spec.selector !== undefined && Object.keys(spec.selector).length > 0;
}

function defaultFamily(configured: ReadonlyMap<IpFamily, unknown>): IpFamily {
  return configured.keys().next().value ?? 'IPv4';
}

function otherFamily(family: IpFamily | undefined): IpFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}

/** A Service that prefers two families keeps what it has when nothing about them changes. */
export function keepsDualStackAsItIs({ spec }: Service, old: Service | undefined): boolean {
  if (!old || spec.ipFamilyPolicy !== 'PreferDualStack' || old.spec.type !== spec.type) return false;
  if (old.spec.ipFamilyPolicy !== undefined && old.spec.ipFamilyPolicy !== 'PreferDualStack') return false;
  return sameList(old.spec.clusterIPs, spec.clusterIPs) && sameList(old.spec.ipFamilies, spec.ipFamilies);
}

function inferPolicy(service: Service, old: Service | undefined): Service['spec']['ipFamilyPolicy'] {
  if (old?.spec.ipFamilyPolicy) return old.spec.ipFamilyPolicy;
  return service.spec.clusterIP === HEADLESS && !hasSelector(service) ? 'RequireDualStack' : 'SingleStack';
}

/** On an update: a single stack drops the second address and family; any other policy may not lose them. */
function checkReduction({ spec }: Service, old: Service | undefined): FieldProblem[] {
  if (!old) return [];
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (sameList(old.spec.clusterIPs, spec.clusterIPs) && spec.clusterIPs)
      spec.clusterIPs = spec.clusterIPs.slice(0, 1);
    if (sameList(old.spec.ipFamilies, spec.ipFamilies) && spec.ipFamilies)
      spec.ipFamilies = spec.ipFamilies.slice(0, 1);
    return [];
  }
  const problems: FieldProblem[] = [];
  const path = 'spec.ipFamilyPolicy';
  if (isReduced(old.spec.clusterIPs, spec.clusterIPs)) {
    problems.push(invalid(path, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP"));
  }
  if (isReduced(old.spec.ipFamilies, spec.ipFamilies)) {
    problems.push(invalid(path, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family"));
  }
  return problems;
}

function isReduced(old: readonly string[] | undefined, current: readonly string[] | undefined): boolean {
  return current !== undefined && current.length > 0 && current.length < (old?.length ?? 0);
}

function checkSingleStack({ spec }: Service): FieldProblem[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return [];
  const problems: FieldProblem[] = [];
  const words = (what: string) => `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
  const path = 'spec.ipFamilyPolicy';
  if (spec.clusterIPs?.length === 2) problems.push(invalid(path, spec.ipFamilyPolicy, words('cluster IPs')));
  if (spec.ipFamilies?.length === 2) problems.push(invalid(path, spec.ipFamilyPolicy, words('IP families')));
  return problems;
}

/** The families of the addresses that are named, where they are not named themselves. */
function inferFamilies({ spec }: Service, configured: ReadonlyMap<IpFamily, unknown>): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === HEADLESS) break;
    const family = parseIp(ip)?.family;
    if (!family || index < (spec.ipFamilies?.length ?? 0)) continue;
    if (configured.has(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else {
      const words = `${family} is not configured on this cluster`;
      problems.push(invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, words));
    }
  }
  return problems;
}

/** Without a selector, a headless Service may have families that the cluster has not. */
function fillHeadlessFamilies({ spec }: Service, configured: ReadonlyMap<IpFamily, unknown>): void {
  const families = spec.ipFamilies?.length ? spec.ipFamilies : [defaultFamily(configured)];
  const wantsBoth = families.length < 2 && spec.ipFamilyPolicy !== 'SingleStack';
  spec.ipFamilies = wantsBoth ? [...families, otherFamily(families[0])] : families;
}

function checkConfigured({ spec }: Service, configured: ReadonlyMap<IpFamily, unknown>): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack' && configured.size < 2) {
    const words = 'this cluster is not configured for dual-stack services';
    problems.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, words));
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (configured.has(family)) continue;
    problems.push(invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  }
  return problems;
}

/** Whether two lists of texts hold the same; none is the same as an empty one. */
export function sameList(left: readonly string[] | undefined, right: readonly string[] | undefined): boolean {
  if ((left?.length ?? 0) !== (right?.length ?? 0)) return false;
  return (left ?? []).every((text, index) => text === right?.[index]);
}
