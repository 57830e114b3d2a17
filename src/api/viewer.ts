import type { IncomingHttpHeaders } from 'node:http';
import type { GraphQLError } from 'graphql';
import { authorize, serviceAccountOf } from '../kinds/clusterrolebinding/queries.ts';
import { badInput } from './bad-input.ts';
import type { Handle, Scope } from './handle.ts';

/** Who asks: a user and its groups, as Kubernetes' authorization knows them. */
export interface Viewer {
  readonly user: string;
  readonly groups: readonly string[];
}

const ANONYMOUS_USER = 'system:anonymous';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

/** Whoever names nobody. May read no value of a Secret. */
export const ANONYMOUS: Viewer = { user: ANONYMOUS_USER, groups: [UNAUTHENTICATED] };

/** What stands in the place of text that the viewer may not see. */
export const MASKED_TEXT = '******';

const USER = 'impersonate-user';
const GROUP = 'impersonate-group';

/** Who asks by the headers of an HTTP request; an error where they name groups of nobody. */
export function viewerOfHeaders(headers: Headers): Viewer {
  return newViewer(headers.get(USER) ?? undefined, textList(headers.get(GROUP) ?? undefined));
}

/**
 * Who asks on a WebSocket: by the headers of its upgrade, which a proxy sets, and where those name nobody by the
 * connection's parameters, whose names are those of the headers in any case.
 */
export function viewerOfConnection(
  headers: IncomingHttpHeaders,
  parameters: Readonly<Record<string, unknown>> | undefined,
): Viewer | GraphQLError {
  const named = new Map(Object.entries(headers[USER] === undefined ? (parameters ?? {}) : headers).map(inLowerCase));
  const user = named.get(USER);
  try {
    return newViewer(typeof user === 'string' ? user : undefined, textList(named.get(GROUP)));
  } catch (error) {
    return error as GraphQLError;
  }
}

function inLowerCase([name, value]: [string, unknown]): [string, unknown] {
  return [name.toLowerCase(), value];
}

/** "a, b", or a list of such texts. */
function textList(value: unknown): string[] {
  const texts = (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string');
  return texts.flatMap((text) => text.split(',')).flatMap((text) => text.trim() || []);
}

/**
 * The viewer of a name and the groups that were named with it. ServiceAccounts bring their own groups, everybody is
 * authenticated or not. Source: apiserver/pkg/endpoints/filters/impersonation (impersonation.go).
 */
export function newViewer(user: string | undefined, groups: readonly string[]): Viewer {
  if (!user) {
    if (groups.length > 0) throw badInput(`requested ${JSON.stringify(groups)} without impersonating a user`);
    return ANONYMOUS;
  }
  const all = groups.length > 0 ? [...groups] : serviceAccountGroups(user);
  if (!all.includes(AUTHENTICATED) && !all.includes(UNAUTHENTICATED)) {
    all.push(user === ANONYMOUS_USER ? UNAUTHENTICATED : AUTHENTICATED);
  }
  return { user, groups: all };
}

/** The groups of `system:serviceaccount:<namespace>:<name>`; none for other users. */
function serviceAccountGroups(user: string): string[] {
  const account = serviceAccountOf(user);
  return account ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`] : [];
}

/** The same text for viewers who may see the same. */
export function viewerKey({ user, groups }: Viewer): string {
  return user === ANONYMOUS_USER && groups === ANONYMOUS.groups ? '' : JSON.stringify([user, ...groups]);
}

/**
 * Whether the viewer may see the values of a Secret: by the cluster's RBAC rules, the verb `get` on this Secret. The
 * rules that count are those of now, also where the scope is in the past.
 */
export function mayReadSecret(
  { viewer }: { readonly viewer: Viewer },
  { view, replica }: Scope,
  namespace: string | undefined,
  name: string,
): boolean {
  const request = { verb: 'get', group: '', resource: 'secrets', subresource: '', namespace: namespace ?? '', name };
  return authorize(replica?.view ?? view, viewer, request).allowed;
}

/** Whether the viewer may see all of an object: any but a Secret, and a Secret whose values it may see. */
export function mayReadAll(context: { readonly viewer: Viewer }, { scope, object, kindKey }: Handle): boolean {
  return kindKey !== 'Secret' || mayReadSecret(context, scope, object.metadata.namespace, object.metadata.name);
}
