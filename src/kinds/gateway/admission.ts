import { duplicate, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { dns1123SubdomainProblems } from '../../machinery/metadata-validation.ts';
import { wildcardSubdomainProblems } from '../../machinery/network-validation.ts';
import { ownSchema } from '../../machinery/schema/own-schema.ts';
import type { Gateway, Listener } from './types.ts';

/** Fields, defaults and rules of a Gateway, as its definition has them (sigs.k8s.io/gateway-api, apis/v1). */

export const gatewaySchema = ownSchema('v1', 'Gateway', {
  Gateway: { spec: 'GatewaySpec', status: 'any' },
  GatewaySpec: {
    gatewayClassName: 'string',
    listeners: '[]Listener',
    addresses: '[]GatewayAddress',
    infrastructure: 'any',
    allowedListeners: 'any',
    tls: 'any',
  },
  GatewayAddress: { type: 'string', value: 'string' },
  Listener: {
    name: 'string',
    hostname: 'string',
    port: 'int32',
    protocol: 'string',
    tls: 'ListenerTls',
    allowedRoutes: 'AllowedRoutes',
  },
  ListenerTls: { mode: 'string', certificateRefs: '[]SecretReference', options: '{}string', frontendValidation: 'any' },
  SecretReference: { group: 'string', kind: 'string', name: 'string', namespace: 'string' },
  AllowedRoutes: { namespaces: 'RouteNamespaces', kinds: '[]RouteGroupKind' },
  RouteNamespaces: { from: 'string', selector: 'meta/v1.LabelSelector' },
  RouteGroupKind: { group: 'string', kind: 'string' },
});

export function applyGatewayDefaults(gateway: Gateway): void {
  const { spec } = gateway;
  if (!Array.isArray(spec?.listeners)) return;
  gateway.spec = { ...spec, listeners: spec.listeners.map(withDefaults) };
}

function withDefaults(listener: Listener): Listener {
  const { allowedRoutes = {}, tls } = listener;
  const namespaces = { ...allowedRoutes.namespaces, from: allowedRoutes.namespaces?.from ?? ('Same' as const) };
  const next = { ...listener, allowedRoutes: { ...allowedRoutes, namespaces } };
  return tls ? { ...next, tls: { ...tls, mode: tls.mode ?? 'Terminate' } } : next;
}

const LISTENERS_LIMIT = 64;
const FROM = ['All', 'Selector', 'Same', 'None'];

export function validateGateway({ spec }: Gateway): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!spec?.gatewayClassName) problems.push(required('spec.gatewayClassName'));
  const listeners = spec?.listeners;
  if (!listeners) return [...problems, required('spec.listeners')];
  if (listeners.length === 0) {
    problems.push(invalid('spec.listeners', 0, 'spec.listeners in body should have at least 1 items'));
  }
  if (listeners.length > LISTENERS_LIMIT) {
    const words = `must have at most ${LISTENERS_LIMIT} items`;
    problems.push({ type: 'FieldValueTooMany', field: 'spec.listeners', value: listeners.length, detail: words });
  }
  const names = new Set<string>();
  const places = new Set<string>();
  for (const [index, listener] of listeners.entries()) {
    const path = `spec.listeners[${index}]`;
    problems.push(...validateListener(listener, path));
    if (names.has(listener.name)) problems.push(duplicate(path, { name: listener.name }));
    names.add(listener.name);
    places.add(`${listener.port}/${listener.protocol}/${listener.hostname ?? ''}`);
  }
  if (places.size < listeners.length && names.size === listeners.length) {
    const words = 'Combination of port, protocol and hostname must be unique for each listener';
    problems.push(invalid('spec.listeners', 'array', words));
  }
  return problems;
}

function validateListener(
  { name, hostname, port, protocol, tls, allowedRoutes }: Listener,
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!name) problems.push(required(`${path}.name`));
  else for (const words of dns1123SubdomainProblems(name)) problems.push(invalid(`${path}.name`, name, words));
  if (hostname) problems.push(...validateHostname(hostname, `${path}.hostname`));
  if (port === undefined) problems.push(required(`${path}.port`));
  else if (port < 1 || port > 65_535) {
    const bound = port < 1 ? 'greater than or equal to 1' : 'less than or equal to 65535';
    problems.push(invalid(`${path}.port`, port, `${path}.port in body should be ${bound}`));
  }
  if (!protocol) problems.push(required(`${path}.protocol`));
  if (tls && ['HTTP', 'TCP', 'UDP'].includes(protocol)) {
    const words = "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']";
    problems.push(invalid('spec.listeners', 'array', words));
  }
  const from = allowedRoutes?.namespaces?.from;
  if (from !== undefined && !FROM.includes(from)) {
    problems.push(notSupported(`${path}.allowedRoutes.namespaces.from`, from, FROM));
  }
  return problems;
}

/** Hostname of the API's types: a DNS name that may start with "*.". */
function validateHostname(hostname: string, path: string): FieldProblem[] {
  const words = hostname.startsWith('*') ? wildcardSubdomainProblems(hostname) : dns1123SubdomainProblems(hostname);
  return words.map((text) => invalid(path, hostname, text));
}
