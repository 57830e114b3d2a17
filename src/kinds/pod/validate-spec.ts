import type { IVolume } from 'kubernetes-models/v1/Volume';
import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { dns1123SubdomainProblems, validateLabels } from '../../machinery/metadata-validation.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import {
  identityProblems,
  inclusiveRange,
  MAX_INT32,
  validateAddress,
  validateDnsLabel,
  validateDnsSubdomain,
  validateLabelName,
} from './field-rules.ts';
import type { PodSpec } from './types.ts';
import {
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
  type ContainerContext,
} from './validate-containers.ts';
import { validateAffinity, validateSpreadConstraints, validateTolerations } from './validate-scheduling.ts';
import { validateVolumes } from './validate-volumes.ts';

/** Rules of a pod's spec. Source: pkg/apis/core/validation/validation.go (ValidatePodSpec). */

export interface SpecOptions {
  /** Where the spec stands: "spec", "spec.template.spec". */
  path: string;
  /** Whether it is a pod's own spec, not that of a template. */
  isPod: boolean;
  podName?: string | undefined;
}

export function validatePodSpec(spec: PodSpec | undefined, options: SpecOptions): FieldProblem[] {
  const { path, podName } = options;
  if (typeof spec !== 'object' || spec === null) return [required(`${path}.containers`)];
  const problems: FieldProblem[] = [];
  if (spec.terminationGracePeriodSeconds === undefined) {
    problems.push(required(`${path}.terminationGracePeriodSeconds`));
  }
  problems.push(
    ...validateParts(spec, path, podName),
    ...validateHostNetwork(spec, options),
    ...validateChoice(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${path}.restartPolicy`),
    ...validateChoice(spec.dnsPolicy, DNS_POLICIES, `${path}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validateSecurity(spec, `${path}.securityContext`),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateDns(spec, `${path}.dnsConfig`),
    ...validateGates(spec, path),
    ...validateSpreadConstraints(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`),
    ...validateNames(spec, path),
    ...validateTolerations(spec.tolerations, `${path}.tolerations`),
  );
  for (const name in spec.overhead) {
    if ((parseQuantity(spec.overhead[name]) ?? -1) < 0) {
      problems.push(invalid(`${path}.overhead[${name}]`, spec.overhead[name], 'must be greater than or equal to 0'));
    }
  }
  return problems;
}

interface Checked {
  volumes: unknown;
  initContainers: unknown;
  ephemeralContainers: unknown;
  resourceClaims: unknown;
  gracePeriod: unknown;
  restartPolicy: unknown;
}

/** Containers found without fault, with what their rules depend on: the pods of one template are checked once. */
const faultless = new WeakMap<object, Checked>();

function validateParts(spec: PodSpec, path: string, podName: string | undefined): FieldProblem[] {
  const { volumes, initContainers, ephemeralContainers, resourceClaims, restartPolicy } = spec;
  const gracePeriod = spec.terminationGracePeriodSeconds;
  const checked: Checked = { volumes, initContainers, ephemeralContainers, resourceClaims, gracePeriod, restartPolicy };
  const perPod = volumes?.some((volume) => volume.ephemeral) ?? false;
  const known = spec.containers && !perPod ? faultless.get(spec.containers) : undefined;
  if (known && (Object.keys(checked) as (keyof Checked)[]).every((key) => known[key] === checked[key])) return [];
  const context: ContainerContext = {
    volumes: new Map((volumes ?? []).map((volume): [string, IVolume] => [volume.name, volume])),
    claims: new Set((resourceClaims ?? []).map(({ name }) => name)),
    gracePeriod,
    restartPolicy,
  };
  const problems = [
    ...validateVolumes(volumes, podName, `${path}.volumes`),
    ...validateContainers(spec.containers, context, `${path}.containers`),
    ...validateInitContainers(initContainers, spec.containers ?? [], context, `${path}.initContainers`),
    ...validateEphemeralContainers(spec, context, `${path}.ephemeralContainers`),
  ];
  if (problems.length === 0 && spec.containers) faultless.set(spec.containers, checked);
  return problems;
}

const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

function validateChoice(value: string | undefined, allowed: readonly string[], path: string): FieldProblem[] {
  if (!value) return [required(path)];
  return allowed.includes(value) ? [] : [notSupported(path, value, allowed)];
}

function validateHostNetwork(spec: PodSpec, { path, isPod }: SpecOptions): FieldProblem[] {
  if (!spec.hostNetwork) return [];
  const problems: FieldProblem[] = [];
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [position, { hostPort = 0, containerPort }] of (container.ports ?? []).entries()) {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) continue;
      const at = `${path}.containers[${index}].ports[${position}].hostPort`;
      problems.push(invalid(at, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    }
  }
  return problems;
}

function validateSecurity({ securityContext, hostPID, shareProcessNamespace }: PodSpec, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const name of ['fsGroup', 'runAsUser', 'runAsGroup'] as const) {
    const id = securityContext?.[name];
    if (id === undefined || id === null) continue;
    for (const text of identityProblems(id)) problems.push(invalid(`${path}.${name}`, id, text));
  }
  for (const [index, id] of (securityContext?.supplementalGroups ?? []).entries()) {
    for (const text of identityProblems(id)) problems.push(invalid(`${path}.supplementalGroups[${index}]`, id, text));
  }
  if (shareProcessNamespace && hostPID) {
    const words = 'ShareProcessNamespace and HostPID cannot both be enabled';
    problems.push(invalid(`${path}.shareProcessNamespace`, true, words));
  }
  const change = securityContext?.fsGroupChangePolicy as string | undefined;
  if (change !== undefined && change !== 'Always' && change !== 'OnRootMismatch') {
    problems.push(notSupported(`${path}.fsGroupChangePolicy`, change, ['Always', 'OnRootMismatch']));
  }
  return problems;
}

function validateDns({ dnsConfig, dnsPolicy }: PodSpec, path: string): FieldProblem[] {
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (!dnsConfig.nameservers?.length) {
      const words = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [required(`${path}.nameservers`, words)];
    }
  }
  if (!dnsConfig) return [];
  const problems: FieldProblem[] = [];
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  if (nameservers.length > 3) {
    problems.push(invalid(`${path}.nameservers`, nameservers, 'must not have more than 3 nameservers'));
  }
  for (const [index, server] of nameservers.entries()) {
    problems.push(...validateAddress(server, `${path}.nameservers[${index}]`));
  }
  if (searches.length > 32) {
    problems.push(invalid(`${path}.searches`, searches, 'must not have more than 32 search paths'));
  }
  if (searches.join(' ').length > 2048) {
    const words = 'must not have more than 2048 characters (including spaces) in the search list';
    problems.push(invalid(`${path}.searches`, searches, words));
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue;
    const name = search.replace(/\.$/, '');
    problems.push(...validateDnsSubdomain(name.replaceAll('_', 'x'), `${path}.searches[${index}]`));
  }
  for (const [index, option] of options.entries()) {
    if (!option.name) problems.push(required(`${path}.options[${index}]`, 'must not be empty'));
  }
  return problems;
}

function validateGates({ readinessGates, schedulingGates }: PodSpec, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, gate] of (readinessGates ?? []).entries()) {
    problems.push(...validateLabelName(gate.conditionType, `${path}.readinessGates[${index}].conditionType`));
  }
  const seen = new Set<string>();
  for (const [index, gate] of (schedulingGates ?? []).entries()) {
    const at = `${path}.schedulingGates[${index}]`;
    problems.push(...validateLabelName(gate.name, at));
    if (seen.has(gate.name)) problems.push({ type: 'FieldValueDuplicate', field: at, value: gate.name, detail: '' });
    seen.add(gate.name);
  }
  return problems;
}

function validateNames(spec: PodSpec, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const name of ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName'] as const) {
    const value = spec[name];
    if (!value) continue;
    for (const text of dns1123SubdomainProblems(value)) problems.push(invalid(`${path}.${name}`, value, text));
  }
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && deadline !== null && (deadline < 1 || deadline > MAX_INT32)) {
    problems.push(invalid(`${path}.activeDeadlineSeconds`, deadline, inclusiveRange(1, MAX_INT32)));
  }
  for (const name of ['hostname', 'subdomain'] as const) {
    const value = spec[name];
    if (value) problems.push(...validateDnsLabel(value, `${path}.${name}`));
  }
  for (const [index, alias] of (spec.hostAliases ?? []).entries()) {
    problems.push(...validateAddress(alias.ip, `${path}.hostAliases[${index}].ip`));
    for (const [position, hostname] of (alias.hostnames ?? []).entries()) {
      problems.push(...validateDnsSubdomain(hostname, `${path}.hostAliases[${index}].hostnames[${position}]`));
    }
  }
  const preemption = spec.preemptionPolicy as string | undefined;
  if (preemption !== undefined && preemption !== 'PreemptLowerPriority' && preemption !== 'Never') {
    problems.push(notSupported(`${path}.preemptionPolicy`, preemption, ['PreemptLowerPriority', 'Never']));
  }
  return problems;
}

/** What only a pod itself must keep, not a template (validateContainersOnlyForPod, ValidatePodCreate's own rules). */
export function validatePodOnly(spec: PodSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const name of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (spec[name] ?? []).entries()) {
      if (container.image === container.image?.trim()) continue;
      const at = `spec.${name}[${index}].image`;
      problems.push(invalid(at, container.image, 'must not have leading or trailing whitespace'));
    }
  }
  return problems;
}
