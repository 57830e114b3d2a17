import type { ClusterView, Index } from '../../machinery/cluster-view.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { ClusterRole } from '../clusterrole/types.ts';
import { ruleAllows, type AccessRequest } from '../role/queries.ts';
import { Role } from '../role/types.ts';
import {
  roleBindingsBySubject,
  subjectKey,
  type RoleBinding,
  type RoleRef,
  type Subject,
} from '../rolebinding/types.ts';
import { clusterRoleBindingsBySubject, type ClusterRoleBinding } from './types.ts';

/** Who asks: a user and all groups it is in. */
export interface User {
  readonly user: string;
  readonly groups: readonly string[];
}

export interface AccessDecision {
  allowed: boolean;
  /** In the authorizer's words; empty where no rule speaks for it. */
  reason: string;
  /** What allows it. Neither is there where it is refused, or allowed to the group system:masters as such. */
  binding?: RoleBinding | ClusterRoleBinding;
  role?: Role | ClusterRole;
}

/** Whoever is in this group may do everything, whatever the rules say. */
const PRIVILEGED_GROUP = 'system:masters';

/**
 * Whether the roles of a cluster allow a request: the first rule that does decides, ClusterRoleBindings before the
 * RoleBindings of the namespace, older bindings first. Sources: plugin/pkg/auth/authorizer/rbac/rbac.go,
 * pkg/registry/rbac/validation/rule.go.
 */
export function authorize(view: ClusterView, user: User, request: AccessRequest): AccessDecision {
  if (user.groups.includes(PRIVILEGED_GROUP)) return { allowed: true, reason: '' };
  const errors = new Set<string>();
  for (const binding of bindingsOf(view, user, request.namespace)) {
    const role = roleOf(view, binding.roleRef, binding.metadata.namespace);
    if (typeof role === 'string') errors.add(role);
    else if (role.rules?.some((rule) => ruleAllows(rule, request))) {
      return { allowed: true, reason: `RBAC: allowed by ${describe(binding, user)}`, binding, role };
    }
  }
  const texts = [...errors];
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return { allowed: false, reason: texts.length === 0 ? '' : `RBAC: ${all}` };
}

/** The bindings that apply to a user: those of the whole cluster, then those of the namespace; each oldest first. */
export function bindingsOf(
  view: ClusterView,
  user: User,
  namespace: string,
): readonly (ClusterRoleBinding | RoleBinding)[] {
  const keys = subjectKeysOf(user);
  const everywhere = found(view, clusterRoleBindingsBySubject, keys);
  if (namespace === '') return everywhere;
  const here = keys.map((key) => `${namespace} ${key}`);
  return [...everywhere, ...found(view, roleBindingsBySubject, here)];
}

/** The keys under which bindings to a user are found (see subjectKey). */
export function subjectKeysOf({ user, groups }: User): string[] {
  const keys = [`User/${user}`, ...groups.map((group) => `Group/${group}`)];
  const account = serviceAccountOf(user);
  if (account) keys.push(subjectKey({ kind: 'ServiceAccount', ...account }));
  return keys;
}

/** The account of the user `system:serviceaccount:<namespace>:<name>`. */
export function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  const [system, kind, namespace, name, ...more] = user.split(':');
  if (system !== 'system' || kind !== 'serviceaccount' || !namespace || !name || more.length > 0) return undefined;
  return { namespace, name };
}

/** The user and the groups that a ServiceAccount is. */
export function userOfServiceAccount(namespace: string, name: string): User {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { user: `system:serviceaccount:${namespace}:${name}`, groups };
}

function found<T extends KubeObject>(view: ClusterView, index: Index<T>, keys: readonly string[]): T[] {
  const objects = new Set(keys.flatMap((key) => view.by(index, key)));
  const created = ({ metadata }: T) => view.createdRevision(metadata.uid) ?? 0;
  return [...objects].sort((left, right) => created(left) - created(right));
}

/** The role that a binding names, or why there is none. */
export function roleOf(
  view: ClusterView,
  { kind, name }: RoleRef,
  namespace: string | undefined,
): Role | ClusterRole | string {
  if (kind !== 'Role' && kind !== 'ClusterRole') return `unsupported role reference kind: ${JSON.stringify(kind)}`;
  const role = kind === 'Role' ? view.get(Role, namespace, name) : view.get(ClusterRole, undefined, name);
  return role ?? `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;
}

function describe(binding: RoleBinding | ClusterRoleBinding, user: User): string {
  const { metadata, roleRef, kind, subjects = [] } = binding;
  const name = metadata.namespace === undefined ? metadata.name : `${metadata.name}/${metadata.namespace}`;
  const subject = subjects.find((candidate) => applies(candidate, user, metadata.namespace));
  const role = `${roleRef.kind} ${JSON.stringify(roleRef.name)}`;
  const whom = subject ? describeSubject(subject, metadata.namespace) : '';
  return `${kind} ${JSON.stringify(name)} of ${role} to ${whom}`;
}

function applies(subject: Subject, { user, groups }: User, namespace: string | undefined): boolean {
  if (subject.kind === 'User') return subject.name === user;
  if (subject.kind === 'Group') return groups.includes(subject.name);
  const account = subject.kind === 'ServiceAccount' ? serviceAccountOf(user) : undefined;
  return account?.name === subject.name && account.namespace === (subject.namespace || namespace);
}

function describeSubject({ kind, name, namespace }: Subject, bindingNamespace = ''): string {
  const shown = kind === 'ServiceAccount' ? `${name}/${namespace || bindingNamespace}` : name;
  return `${kind} ${JSON.stringify(shown)}`;
}
