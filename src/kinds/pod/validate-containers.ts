import type { IVolume } from 'kubernetes-models/v1/Volume';
import {
  duplicate,
  forbidden,
  invalid,
  notFoundField,
  notSupported,
  required,
  type FieldProblem,
} from '../../machinery/api-error.ts';
import { identityProblems, validateDnsLabel } from './field-rules.ts';
import type { Container, PodSpec } from './types.ts';
import {
  validateHostPortsUnique,
  validatePorts,
  validateVariables,
  validateVariableSources,
} from './validate-environment.ts';
import { validateProbesAndHooks } from './validate-probe.ts';
import { validateResources } from './validate-resources.ts';
import { validateMounts } from './validate-volumes.ts';

/** Rules of the containers of a pod. Source: pkg/apis/core/validation/validation.go (validateContainers and others). */

export interface ContainerContext {
  volumes: ReadonlyMap<string, IVolume>;
  claims: ReadonlySet<string>;
  gracePeriod: number | undefined;
  restartPolicy: string | undefined;
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];

function validateCommon(container: Container, context: ContainerContext, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!container.name) problems.push(required(`${path}.name`));
  else problems.push(...validateDnsLabel(container.name, `${path}.name`));
  if (!container.image) problems.push(required(`${path}.image`));
  const messages = container.terminationMessagePolicy;
  if (!messages) problems.push(required(`${path}.terminationMessagePolicy`));
  else if (!MESSAGE_POLICIES.includes(messages)) {
    problems.push(notSupported(`${path}.terminationMessagePolicy`, messages, MESSAGE_POLICIES));
  }
  problems.push(...validatePorts(container.ports, `${path}.ports`));
  problems.push(...validateVariables(container.env, `${path}.env`));
  problems.push(...validateVariableSources(container.envFrom, `${path}.envFrom`));
  problems.push(...validateMounts(container, context.volumes, path));
  const policy = container.imagePullPolicy;
  if (!policy) problems.push(required(`${path}.imagePullPolicy`));
  else if (!PULL_POLICIES.includes(policy)) {
    problems.push(notSupported(`${path}.imagePullPolicy`, policy, PULL_POLICIES));
  }
  problems.push(...validateResources(container.resources, context.claims, `${path}.resources`));
  problems.push(...validateResizePolicy(container, context.restartPolicy, `${path}.resizePolicy`));
  problems.push(...validateSecurityContext(container.securityContext, `${path}.securityContext`));
  return problems;
}

function validateResizePolicy(
  { resizePolicy }: Container,
  restartPolicy: string | undefined,
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  for (const [index, { resourceName, restartPolicy: restart }] of (resizePolicy ?? []).entries()) {
    if (seen.has(resourceName)) problems.push(duplicate(`${path}[${index}]`, resourceName));
    seen.add(resourceName);
    if (!resourceName) problems.push(required(path));
    else if (resourceName !== 'cpu' && resourceName !== 'memory') {
      problems.push(notSupported(path, resourceName, ['cpu', 'memory']));
    }
    if (!restart) problems.push(required(path));
    else if (restart !== 'NotRequired' && restart !== 'RestartContainer') {
      problems.push(notSupported(path, restart, ['NotRequired', 'RestartContainer']));
    }
    if (restartPolicy === 'Never' && restart !== 'NotRequired') {
      problems.push(invalid(path, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
  }
  return problems;
}

/** ValidateSecurityContext */
function validateSecurityContext(context: Container['securityContext'], path: string): FieldProblem[] {
  if (!context) return [];
  const problems: FieldProblem[] = [];
  for (const name of ['runAsUser', 'runAsGroup'] as const) {
    const id = context[name];
    if (id === undefined || id === null) continue;
    for (const text of identityProblems(id)) problems.push(invalid(`${path}.${name}`, id, text));
  }
  const mount = context.procMount as string | undefined;
  if (mount !== undefined && mount !== 'Default' && mount !== 'Unmasked') {
    problems.push(notSupported(`${path}.procMount`, mount, ['Default', 'Unmasked']));
  }
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) {
      const words = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
      problems.push(invalid(path, context, words));
    }
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
      const words = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
      problems.push(invalid(path, context, words));
    }
  }
  return problems;
}

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

/** validateContainerRestartPolicy: restart policy and rules of one container (ContainerRestartRules). */
function validateRestart(container: Container, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  if (restartPolicy !== undefined && !RESTART_POLICIES.includes(restartPolicy)) {
    problems.push(notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  }
  const at = `${path}.restartPolicyRules`;
  if (rules.length > 0 && restartPolicy === undefined) {
    problems.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  }
  if (rules.length > MAX_RULES) {
    problems.push({
      type: 'FieldValueTooMany',
      field: at,
      value: rules.length,
      detail: `must have at most ${MAX_RULES} items`,
    });
  }
  for (const [index, rule] of rules.entries()) {
    const { action, exitCodes } = rule;
    if (action !== 'Restart') {
      problems.push(notSupported(`${at}[${index}].action`, action, ['Restart']));
    }
    if (!exitCodes) {
      problems.push(required(`${at}[${index}].exitCodes`, 'must be specified'));
      continue;
    }
    if (exitCodes.operator !== 'In' && exitCodes.operator !== 'NotIn') {
      problems.push(notSupported(`${at}[${index}].exitCodes.operator`, exitCodes.operator, ['In', 'NotIn']));
    }
    const count = exitCodes.values?.length ?? 0;
    if (count === 0) problems.push(required(`${at}[${index}].exitCodes.values`, 'must have at least one value'));
    if (count > MAX_EXIT_CODES) {
      const detail = `must have at most ${MAX_EXIT_CODES} items`;
      problems.push({ type: 'FieldValueTooMany', field: `${at}[${index}].exitCodes.values`, value: count, detail });
    }
  }
  return problems;
}

export function validateContainers(
  containers: readonly Container[] | undefined,
  context: ContainerContext,
  path: string,
): FieldProblem[] {
  if (!containers?.length) return [required(path)];
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    problems.push(...validateCommon(container, context, at));
    if (names.has(container.name)) problems.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    problems.push(...validateProbesAndHooks(container, context.gracePeriod, at), ...validateRestart(container, at));
  }
  return [...problems, ...validateHostPortsUnique(containers, path)];
}

export function validateInitContainers(
  containers: readonly Container[] | undefined,
  regular: readonly Container[],
  context: ContainerContext,
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = new Set(regular.map((container) => container.name));
  for (const [index, container] of (containers ?? []).entries()) {
    const at = `${path}[${index}]`;
    problems.push(...validateCommon(container, context, at), ...validateRestart(container, at));
    if (names.has(container.name)) problems.push(duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    problems.push(...validateHostPortsUnique([container], path));
    if (container.restartPolicy === 'Always') {
      problems.push(...validateProbesAndHooks(container, context.gracePeriod, at));
      continue;
    }
    for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (!container[name]) continue;
      problems.push(forbidden(`${at}.${name}`, 'may not be set for init containers without restartPolicy=Always'));
    }
  }
  return problems;
}

const EPHEMERAL_FORBIDDEN = [
  'ports',
  'lifecycle',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'resizePolicy',
  'restartPolicy',
] as const;

export function validateEphemeralContainers(spec: PodSpec, context: ContainerContext, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  for (const [index, container] of (spec.ephemeralContainers ?? []).entries()) {
    const at = `${path}[${index}]`;
    problems.push(...validateCommon(container, context, at));
    if (names.has(container.name)) problems.push(duplicate(`${at}.name`, container.name));
    else names.add(container.name);
    if (container.targetContainerName && !others.has(container.targetContainerName)) {
      problems.push(notFoundField(`${at}.targetContainerName`, container.targetContainerName));
    }
    for (const name of EPHEMERAL_FORBIDDEN) {
      if (container[name] === undefined) continue;
      problems.push(forbidden(`${at}.${name}`, 'cannot be set for an Ephemeral Container'));
    }
    const { limits, requests, claims } = container.resources ?? {};
    if (limits ?? requests ?? claims) {
      problems.push(forbidden(`${at}.resources`, 'cannot be set for an Ephemeral Container'));
    }
  }
  return problems;
}
