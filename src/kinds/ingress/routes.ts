import { classNameOf, type Ingress, type IngressBackend } from './types.ts';

/**
 * Which rule gets a request. Source: the documentation of Ingress (path types, multiple matches, hostname wildcards) and
 * the field descriptions of networking/v1.
 */

/** One path of one host of one Ingress. */
export interface IngressRoute {
  ingress: Ingress;
  /** Undefined: any host. "*.foo.com": each name with one more label. */
  host: string | undefined;
  path: string;
  /** ImplementationSpecific is taken as Prefix, which the API leaves to the controller. */
  pathType: string;
  backend: IngressBackend;
}

/** The routes of one Ingress in the order of its rules, without its default backend. */
export function routesOf(ingress: Ingress): IngressRoute[] {
  return (ingress.spec.rules ?? []).flatMap(({ host, http }) =>
    (http?.paths ?? []).map(({ path, pathType = 'ImplementationSpecific', backend }) => ({
      ingress,
      host: host || undefined,
      path: path || '/',
      pathType,
      backend,
    })),
  );
}

export interface Chosen {
  ingress: Ingress;
  backend: IngressBackend;
  /** Undefined where the default backend takes the request. */
  route: IngressRoute | undefined;
}

/**
 * The route of a request over several Ingresses, oldest first: the rules of its host, or else of a wildcard that covers
 * it, or else of any host; among their paths the longest that matches, an exact one before a prefix, the older Ingress
 * before the newer. Where none matches, a default backend: of the Ingresses that have the host, of those without rules,
 * of any. Undefined where there is none: the controller answers 404 by itself.
 */
export function chooseRoute(ingresses: readonly Ingress[], host: string, path: string): Chosen | undefined {
  const name = hostName(host);
  const wanted = pathOf(path);
  const best = mostSpecificHost(ingresses, name);
  const owners = best === undefined ? [] : ingresses.filter((ingress) => ownsHost(ingress, best));
  const matching = owners
    .flatMap(routesOf)
    .filter((route) => (route.host ?? '') === best && matchesPath(route, wanted))
    .sort(comparePaths);
  const [route] = matching;
  if (route) return { ingress: route.ingress, backend: route.backend, route };
  const withoutRules = ingresses.filter(({ spec }) => !spec.rules?.length);
  const fallback = [...owners, ...withoutRules, ...ingresses].find(({ spec }) => spec.defaultBackend);
  const backend = fallback?.spec.defaultBackend;
  return fallback && backend ? { ingress: fallback, backend, route: undefined } : undefined;
}

/** Host names are compared without port and case. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
}

/** The path alone: without query and fragment. */
function pathOf(path: string): string {
  const [bare = ''] = path.split(/[?#]/);
  return bare.startsWith('/') ? bare : `/${bare}`;
}

function ownsHost({ spec }: Ingress, host: string): boolean {
  return (spec.rules ?? []).some((rule) => (rule.host ?? '') === host);
}

/** The rule's host that decides: the name itself, its wildcard, or '' for any host. */
function mostSpecificHost(ingresses: readonly Ingress[], name: string): string | undefined {
  const dot = name.indexOf('.');
  const wildcard = dot > 0 ? `*${name.slice(dot)}` : undefined;
  const candidates = [name, ...(wildcard === undefined ? [] : [wildcard]), ''];
  return candidates.find((host) => ingresses.some((ingress) => ownsHost(ingress, host)));
}

function matchesPath({ path, pathType }: IngressRoute, wanted: string): boolean {
  if (pathType === 'Exact') return path === wanted;
  const prefix = trimmed(path);
  return wanted === prefix || wanted.startsWith(`${prefix}/`) || prefix === '';
}

/** A slash at the end of a prefix does not count. */
function trimmed(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** The longest first; of equal ones an exact path first. Sorting keeps the order of the Ingresses otherwise. */
function comparePaths(left: IngressRoute, right: IngressRoute): number {
  const lengths = trimmed(right.path).length - trimmed(left.path).length;
  return lengths || Number(right.pathType === 'Exact') - Number(left.pathType === 'Exact');
}

/** Whether the certificate of a `tls` entry is for a host; an entry without hosts is for all. */
export function coversHost(hosts: readonly string[] | undefined, host: string): boolean {
  if (!hosts?.length) return true;
  const name = hostName(host);
  return hosts.some(
    (each) => each === name || (each.startsWith('*.') && name.slice(name.indexOf('.')) === each.slice(1)),
  );
}

/** "shop/web" with its class, for sentences. */
export function ingressText(ingress: Ingress): string {
  const { namespace, name } = ingress.metadata;
  return `${namespace}/${name} of class ${classNameOf(ingress) ?? '<none>'}`;
}
