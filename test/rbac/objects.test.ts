import { describe, expect, it } from 'vitest';
import { authorize } from '../../src/kinds/clusterrolebinding/queries.ts';
import { ClusterRoleBinding } from '../../src/kinds/clusterrolebinding/types.ts';
import { ClusterRole } from '../../src/kinds/clusterrole/types.ts';
import { RoleBinding } from '../../src/kinds/rolebinding/types.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';

/** Cases of pkg/apis/rbac/validation/validation_test.go and of the aggregation controller's tests. */

const HEAD = 'apiVersion: rbac.authorization.k8s.io/v1\n';

const REFUSED: readonly [sentence: string, manifest: string, message: string][] = [
  [
    'a rule needs a verb',
    'kind: Role\nmetadata: { name: r }\nrules: [{ apiGroups: [""], resources: [pods] }]',
    'Role.rbac.authorization.k8s.io "r" is invalid: rules[0].verbs: Required value: verbs must contain at least one value',
  ],
  [
    'a rule about resources needs a group and a resource',
    'kind: ClusterRole\nmetadata: { name: r }\nrules: [{ verbs: [get] }]',
    'ClusterRole.rbac.authorization.k8s.io "r" is invalid: [rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[0].resources: Required value: resource rules must supply at least one resource]',
  ],
  [
    'a Role has no paths',
    'kind: Role\nmetadata: { name: r }\nrules: [{ verbs: [get], nonResourceURLs: ["/*"] }]',
    'Role.rbac.authorization.k8s.io "r" is invalid: rules[0].nonResourceURLs: Invalid value: ["/*"]: namespaced rules cannot apply to non-resource URLs',
  ],
  [
    'a rule is about paths or about resources',
    'kind: ClusterRole\nmetadata: { name: r }\nrules: [{ verbs: [get], apiGroups: [""], resources: [pods], nonResourceURLs: ["/*"] }]',
    'ClusterRole.rbac.authorization.k8s.io "r" is invalid: rules[0].nonResourceURLs: Invalid value: ["/*"]: rules cannot apply to both regular resources and non-resource URLs',
  ],
  [
    'an aggregation rule needs a selector',
    'kind: ClusterRole\nmetadata: { name: r }\naggregationRule: { clusterRoleSelectors: [] }',
    'ClusterRole.rbac.authorization.k8s.io "r" is invalid: aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ],
  [
    'a binding names a role of a kind there is',
    'kind: RoleBinding\nmetadata: { name: b }\nroleRef: { kind: User, name: r }',
    'RoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef.kind: Unsupported value: "User": supported values: "Role", "ClusterRole"',
  ],
  [
    'a ClusterRoleBinding names no Role',
    'kind: ClusterRoleBinding\nmetadata: { name: b }\nroleRef: { kind: Role, name: r }',
    'ClusterRoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
  ],
  [
    'a binding names its role',
    'kind: RoleBinding\nmetadata: { name: b }\nroleRef: { kind: Role }',
    'RoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef.name: Required value',
  ],
  [
    'the name of a role is a part of a path',
    'kind: RoleBinding\nmetadata: { name: b }\nroleRef: { kind: Role, name: a/b }',
    'RoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef.name: Invalid value: "a/b": may not contain \'/\'',
  ],
  [
    'roles are of one API group',
    'kind: RoleBinding\nmetadata: { name: b }\nroleRef: { apiGroup: x.io, kind: Role, name: r }',
    'RoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef.apiGroup: Unsupported value: "x.io": supported values: "rbac.authorization.k8s.io"',
  ],
  [
    'a subject is a user, a group or an account',
    'kind: RoleBinding\nmetadata: { name: b }\nroleRef: { kind: Role, name: r }\nsubjects: [{ kind: Pod, name: p }]',
    'RoleBinding.rbac.authorization.k8s.io "b" is invalid: subjects[0].kind: Unsupported value: "Pod": supported values: "ServiceAccount", "User", "Group"',
  ],
  [
    'in a ClusterRoleBinding an account has a namespace',
    'kind: ClusterRoleBinding\nmetadata: { name: b }\nroleRef: { kind: ClusterRole, name: r }\nsubjects: [{ kind: ServiceAccount, name: p }]',
    'ClusterRoleBinding.rbac.authorization.k8s.io "b" is invalid: subjects[0].namespace: Required value',
  ],
  [
    'an account is in the core group',
    'kind: RoleBinding\nmetadata: { name: b }\nroleRef: { kind: Role, name: r }\nsubjects: [{ kind: ServiceAccount, name: p, apiGroup: rbac.authorization.k8s.io }]',
    'RoleBinding.rbac.authorization.k8s.io "b" is invalid: subjects[0].apiGroup: Unsupported value: "rbac.authorization.k8s.io": supported values: ""',
  ],
];

describe('validation of roles and bindings', () => {
  it.each(REFUSED)('%s', (_sentence, manifest, message) => {
    expect(() => new Model().create(HEAD + manifest)).toThrow(message);
  });

  it('fills in the groups of roles and subjects', () => {
    const [binding] = new Model().create(
      `${HEAD}kind: RoleBinding\nmetadata: { name: b }\nroleRef: { kind: Role, name: r }\nsubjects: [{ kind: User, name: u }, { kind: ServiceAccount, name: s }]`,
    ) as [RoleBinding];
    expect(binding.roleRef.apiGroup).toBe('rbac.authorization.k8s.io');
    expect(binding.subjects).toEqual([
      { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
      { kind: 'ServiceAccount', name: 's' },
    ]);
  });

  it('keeps the role of a binding for ever', () => {
    const model = new Model();
    const [binding] = model.create(`${HEAD}kind: RoleBinding\nmetadata: { name: b }\nroleRef: { kind: Role, name: r }`);
    let message = '';
    model.do((api) => {
      const result = api.update({
        ...(binding as RoleBinding),
        roleRef: { ...(binding as RoleBinding).roleRef, name: 'x' },
      });
      if (!result.ok) message = result.error.message;
    });
    expect(message).toBe(
      'RoleBinding.rbac.authorization.k8s.io "b" is invalid: roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"x"}: cannot change roleRef',
    );
  });
});

function bootstrapped(): Model {
  const model = new Model();
  model.command('bootstrapPolicy', {});
  return model;
}

const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name);

describe('the roles every cluster has', () => {
  it('are made in one go, and are left alone by another', () => {
    const model = bootstrapped();
    expect(names(model.view.list(ClusterRole))).toEqual([
      'cluster-admin',
      'system:discovery',
      'system:basic-user',
      'system:public-info-viewer',
      'system:aggregate-to-view',
      'system:aggregate-to-edit',
      'system:aggregate-to-admin',
      'view',
      'edit',
      'admin',
    ]);
    expect(model.view.count(ClusterRoleBinding)).toBe(4);
    const written = model.versions.length;
    expect(written).toBe(14);
    model.command('bootstrapPolicy', {});
    expect(model.restarted().versions).toEqual([]);
    expect(model.versions).toHaveLength(written);
  });

  const view = (model: Model, group: string, resource: string) =>
    authorize(
      model.view,
      { user: 'ann', groups: [] },
      { verb: 'get', group, resource, subresource: '', name: '', namespace: 'default' },
    ).allowed;

  it('let a viewer see all but Secrets and roles', () => {
    const model = bootstrapped();
    model.create(
      `${HEAD}kind: RoleBinding\nmetadata: { name: b }\nroleRef: { kind: ClusterRole, name: view }\nsubjects: [{ kind: User, name: ann }]`,
    );
    expect(view(model, '', 'pods')).toBe(true);
    expect(view(model, 'apps', 'deployments')).toBe(true);
    expect(view(model, '', 'secrets')).toBe(false);
    expect(view(model, 'rbac.authorization.k8s.io', 'roles')).toBe(false);
  });

  it('take over the rules of a role that bears the label, down to admin, and lose them with it', () => {
    const model = bootstrapped();
    const [own] = model.create(
      `${HEAD}kind: ClusterRole\nmetadata: { name: crontabs, labels: { rbac.authorization.k8s.io/aggregate-to-view: "true" } }\nrules: [{ verbs: [get], apiGroups: [stable.example.com], resources: [crontabs] }]`,
    );
    const has = (name: string) =>
      model.view
        .get(ClusterRole, undefined, name)
        ?.rules?.some(({ apiGroups }) => apiGroups?.includes('stable.example.com'));
    expect(['view', 'edit', 'admin'].map(has)).toEqual([true, true, true]);
    expect(has('cluster-admin')).toBe(false);
    model.do((api) => void api.delete(own as KubeObject));
    expect(['view', 'edit', 'admin'].map(has)).toEqual([false, false, false]);
  });
});

describe('an aggregated role', () => {
  const RULE = (resource: string) => `{ verbs: [get], apiGroups: [""], resources: [${resource}] }`;
  const role = (name: string, label: string, resource: string) =>
    `${HEAD}kind: ClusterRole\nmetadata: { name: ${name}, labels: { to: ${label} } }\nrules: [${RULE(resource)}]`;

  it('has each rule once, by selector and then by name, and nothing that somebody writes into it', () => {
    const model = new Model();
    model.create(role('b', 'x', 'pods'), role('a', 'x', 'services'), role('c', 'y', 'nodes'), role('d', 'y', 'pods'));
    model.create(
      `${HEAD}kind: ClusterRole\nmetadata: { name: sum }\naggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: y } }, { matchLabels: { to: x } }] }\nrules: [${RULE('secrets')}]`,
    );
    const rules = model.view.get(ClusterRole, undefined, 'sum')?.rules ?? [];
    expect(rules.map(({ resources }) => resources?.[0])).toEqual(['nodes', 'pods', 'services']);
    expect(model.restarted().versions).toEqual([]);
  });
});
