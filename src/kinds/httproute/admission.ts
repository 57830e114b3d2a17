import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { wildcardSubdomainProblems } from '../../machinery/network-validation.ts';
import { dns1123SubdomainProblems } from '../../machinery/metadata-validation.ts';
import { ownSchema } from '../../machinery/schema/own-schema.ts';
import type { BackendReference, HttpRoute, ParentReference, RouteMatch, RouteRule } from './types.ts';

/** Fields, defaults and rules of an HTTPRoute, as its definition has them (sigs.k8s.io/gateway-api, apis/v1). */

export const httpRouteSchema = ownSchema('v1', 'HTTPRoute', {
  HTTPRoute: { spec: 'HTTPRouteSpec', status: 'any' },
  HTTPRouteSpec: {
    parentRefs: '[]ParentReference',
    hostnames: '[]string',
    rules: '[]HTTPRouteRule',
    useDefaultGateways: 'string',
  },
  ParentReference: {
    group: 'string',
    kind: 'string',
    namespace: 'string',
    name: 'string',
    sectionName: 'string',
    port: 'int32',
  },
  HTTPRouteRule: {
    name: 'string',
    matches: '[]HTTPRouteMatch',
    filters: '[]HTTPRouteFilter',
    backendRefs: '[]HTTPBackendRef',
    timeouts: 'any',
    retry: 'any',
    sessionPersistence: 'any',
  },
  HTTPRouteMatch: { path: 'HTTPPathMatch', headers: '[]ValueMatch', queryParams: '[]ValueMatch', method: 'string' },
  HTTPPathMatch: { type: 'string', value: 'string' },
  ValueMatch: { type: 'string', name: 'string', value: 'string' },
  HTTPRouteFilter: {
    type: 'string',
    requestHeaderModifier: 'any',
    responseHeaderModifier: 'any',
    requestMirror: 'any',
    requestRedirect: 'any',
    urlRewrite: 'any',
    extensionRef: 'any',
    cors: 'any',
    externalAuth: 'any',
  },
  HTTPBackendRef: {
    group: 'string',
    kind: 'string',
    namespace: 'string',
    name: 'string',
    port: 'int32',
    weight: 'int32',
    filters: '[]HTTPRouteFilter',
  },
});

const ANY_PATH = { type: 'PathPrefix', value: '/' };

export function applyHttpRouteDefaults(route: HttpRoute): void {
  const spec = { ...route.spec };
  spec.rules = (spec.rules ?? [{}]).map(ruleWithDefaults);
  if (spec.parentRefs) spec.parentRefs = spec.parentRefs.map(parentWithDefaults);
  route.spec = spec;
}

function parentWithDefaults(parent: ParentReference): ParentReference {
  return { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...parent };
}

function ruleWithDefaults(rule: RouteRule): RouteRule {
  const matches = (rule.matches ?? [{}]).map(matchWithDefaults);
  const next = { ...rule, matches };
  if (rule.backendRefs) next.backendRefs = rule.backendRefs.map(backendWithDefaults);
  return next;
}

function matchWithDefaults(match: RouteMatch): RouteMatch {
  const withType = (each: { type?: string; name: string; value: string }) => ({ type: 'Exact', ...each });
  const next: RouteMatch = { ...match, path: { ...ANY_PATH, ...match.path } };
  if (match.headers) next.headers = match.headers.map(withType);
  if (match.queryParams) next.queryParams = match.queryParams.map(withType);
  return next;
}

function backendWithDefaults(backend: BackendReference): BackendReference {
  return { group: '', kind: 'Service', weight: 1, ...backend };
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];
const PATH_TYPES = ['Exact', 'PathPrefix', 'RegularExpression'];
const WEIGHT_LIMIT = 1_000_000;
const HOSTNAMES_LIMIT = 16;
const RULES_LIMIT = 16;

export function validateHttpRoute({ spec }: HttpRoute): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { hostnames = [], rules = [], parentRefs = [] } = spec;
  problems.push(...tooMany('spec.hostnames', hostnames.length, HOSTNAMES_LIMIT));
  problems.push(...tooMany('spec.rules', rules.length, RULES_LIMIT));
  for (const [index, parent] of parentRefs.entries()) {
    if (!parent.name) problems.push(required(`spec.parentRefs[${index}].name`));
  }
  for (const [index, hostname] of hostnames.entries()) {
    const words = hostname.startsWith('*') ? wildcardSubdomainProblems(hostname) : dns1123SubdomainProblems(hostname);
    for (const text of words) problems.push(invalid(`spec.hostnames[${index}]`, hostname, text));
  }
  for (const [index, rule] of rules.entries()) problems.push(...validateRule(rule, `spec.rules[${index}]`));
  return problems;
}

function tooMany(field: string, count: number, limit: number): FieldProblem[] {
  if (count <= limit) return [];
  return [{ type: 'FieldValueTooMany', field, value: count, detail: `must have at most ${limit} items` }];
}

function validateRule({ matches = [], backendRefs = [], filters = [] }: RouteRule, path: string): FieldProblem[] {
  const problems = matches.flatMap((match, index) => validateMatch(match, `${path}.matches[${index}]`));
  for (const [index, { name, port, weight, ...backend }] of backendRefs.entries()) {
    const place = `${path}.backendRefs[${index}]`;
    if (!name) problems.push(required(`${place}.name`));
    const isService = (backend.group ?? '') === '' && (backend.kind ?? 'Service') === 'Service';
    if (isService && port === undefined) {
      problems.push(invalid(place, 'object', 'Must have port for Service reference'));
    }
    if (weight !== undefined && (weight < 0 || weight > WEIGHT_LIMIT)) {
      const bound = weight < 0 ? 'greater than or equal to 0' : `less than or equal to ${WEIGHT_LIMIT}`;
      problems.push(invalid(`${place}.weight`, weight, `${place}.weight in body should be ${bound}`));
    }
  }
  if (backendRefs.length > 0 && filters.some(({ type }) => type === 'RequestRedirect')) {
    problems.push(invalid(path, 'object', 'RequestRedirect filter must not be used together with backendRefs'));
  }
  return problems;
}

/** What a path may not have in it, and at its end. */
const FORBIDDEN = ['//', '/./', '/../', '%2f', '%2F', '#'];
const FORBIDDEN_ENDS = ['/..', '/.'];
const SUFFIX = "when type one of ['Exact', 'PathPrefix']";

function validateMatch({ path: match, method }: RouteMatch, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (method !== undefined && !METHODS.includes(method)) problems.push(notSupported(`${path}.method`, method, METHODS));
  const { type = 'PathPrefix', value = '/' } = match ?? {};
  const place = `${path}.path`;
  if (!PATH_TYPES.includes(type)) problems.push(notSupported(`${place}.type`, type, PATH_TYPES));
  if (type !== 'Exact' && type !== 'PathPrefix') return problems;
  const complain = (words: string) => problems.push(invalid(place, 'object', `${words} ${SUFFIX}`));
  if (!value.startsWith('/')) complain("value must be an absolute path and start with '/'");
  for (const text of FORBIDDEN) if (value.includes(text)) complain(`must not contain '${text}'`);
  for (const text of FORBIDDEN_ENDS) if (value.endsWith(text)) complain(`must not end with '${text}'`);
  return problems;
}
