import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { headerNameProblems, validateNotNegative, validatePort } from './field-rules.ts';
import type { Container, Probe } from './types.ts';

/** Rules of probes and life cycle hooks. Source: pkg/apis/core/validation/validation.go (validateProbe, validateHandler). */

type Handler = NonNullable<NonNullable<Container['lifecycle']>['preStop']> & Pick<Probe, 'grpc'>;

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

export function validateHandler(handler: Handler, gracePeriod: number | undefined, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  let found = false;
  for (const name of HANDLERS) {
    if (!handler[name]) continue;
    const at = `${path}.${name}`;
    if (found) problems.push(forbidden(at, 'may not specify more than 1 handler type'));
    else problems.push(...validateOneHandler(name, handler, gracePeriod, at));
    found = true;
  }
  if (!found) problems.push(required(path, 'must specify a handler type'));
  return problems;
}

function validateOneHandler(
  name: (typeof HANDLERS)[number],
  handler: Handler,
  gracePeriod: number | undefined,
  path: string,
): FieldProblem[] {
  switch (name) {
    case 'exec':
      return handler.exec?.command?.length ? [] : [required(`${path}.command`)];
    case 'httpGet':
      return validateHttp(handler.httpGet, path);
    case 'tcpSocket':
      return validatePort(handler.tcpSocket?.port, `${path}.port`);
    case 'grpc':
      return validatePort(handler.grpc?.port, `${path}.port`);
    default: {
      const seconds = handler.sleep?.seconds ?? 0;
      if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return [];
      const words = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
      return [invalid(path, seconds, words)];
    }
  }
}

function validateHttp(action: Handler['httpGet'], path: string): FieldProblem[] {
  if (!action) return [];
  const problems: FieldProblem[] = [];
  if (!action.path) problems.push(required(`${path}.path`));
  problems.push(...validatePort(action.port, `${path}.port`));
  if (action.scheme !== 'HTTP' && action.scheme !== 'HTTPS') {
    problems.push(notSupported(`${path}.scheme`, action.scheme ?? '', ['HTTP', 'HTTPS']));
  }
  for (const header of action.httpHeaders ?? []) {
    for (const text of headerNameProblems(header.name)) {
      problems.push(invalid(`${path}.httpHeaders`, header.name, text));
    }
  }
  return problems;
}

function validateProbe(probe: Probe, gracePeriod: number | undefined, path: string): FieldProblem[] {
  const problems = validateHandler(probe, gracePeriod, path);
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    problems.push(...validateNotNegative(probe[name], `${path}.${name}`));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    problems.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
  return problems;
}

/** The probes and hooks of a container that may have them. */
export function validateProbesAndHooks(
  container: Container,
  gracePeriod: number | undefined,
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  for (const name of ['postStart', 'preStop'] as const) {
    const hook = lifecycle?.[name];
    if (hook) problems.push(...validateHandler(hook, gracePeriod, `${path}.lifecycle.${name}`));
  }
  if (livenessProbe) problems.push(...validateOnceIsEnough(livenessProbe, gracePeriod, `${path}.livenessProbe`));
  if (readinessProbe) {
    const at = `${path}.readinessProbe`;
    problems.push(...validateProbe(readinessProbe, gracePeriod, at));
    const grace = readinessProbe.terminationGracePeriodSeconds;
    if (grace !== undefined) {
      problems.push(invalid(`${at}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'));
    }
  }
  if (startupProbe) problems.push(...validateOnceIsEnough(startupProbe, gracePeriod, `${path}.startupProbe`));
  return problems;
}

function validateOnceIsEnough(probe: Probe, gracePeriod: number | undefined, path: string): FieldProblem[] {
  const problems = validateProbe(probe, gracePeriod, path);
  if (probe.successThreshold !== 1) {
    problems.push(invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
  }
  return problems;
}
