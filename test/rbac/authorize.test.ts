import { describe, expect, it } from 'vitest';
import { authorize, userOfServiceAccount, type User } from '../../src/kinds/clusterrolebinding/queries.ts';
import { ruleAllows, type AccessRequest } from '../../src/kinds/role/queries.ts';
import type { PolicyRule } from '../../src/kinds/role/types.ts';
import { Model } from '../support/model.ts';

/** Cases of plugin/pkg/auth/authorizer/rbac/rbac_test.go and pkg/registry/rbac/validation/rule_test.go. */

function request(text: string): AccessRequest {
  const [verb = '', what = '', namespace = '', name = ''] = text.split(' ');
  if (what.startsWith('/')) return { verb, path: what, group: '', resource: '', subresource: '', name, namespace: '' };
  const [resource = '', subresource = ''] = what.split('/');
  const [plural = '', ...group] = resource.split('.');
  return { verb, resource: plural, group: group.join('.'), subresource, name, namespace };
}

const RULES: readonly [sentence: string, rule: PolicyRule, allowed: string[], refused: string[]][] = [
  [
    'a rule with stars allows everything about resources, and no path',
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    ['get pods ns', 'create deployments.apps ns', 'get pods/log ns', 'delete nodes'],
    ['get /healthz'],
  ],
  [
    'a verb must be named',
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
    ['get pods ns', 'list pods ns'],
    ['watch pods ns', '* pods ns'],
  ],
  [
    'the group of the resource must be named',
    { verbs: ['*'], apiGroups: ['apps'], resources: ['deployments'] },
    ['get deployments.apps ns'],
    ['get deployments ns', 'get deployments.extensions ns'],
  ],
  [
    'a resource does not cover its subresources',
    { verbs: ['*'], apiGroups: [''], resources: ['pods'] },
    ['get pods ns'],
    ['get pods/log ns', 'create pods/exec ns'],
  ],
  [
    'a subresource does not cover its resource',
    { verbs: ['*'], apiGroups: [''], resources: ['pods/log'] },
    ['get pods/log ns'],
    ['get pods ns', 'get pods/exec ns'],
  ],
  [
    'a star before a subresource covers that subresource of every resource',
    { verbs: ['*'], apiGroups: ['*'], resources: ['*/scale'] },
    ['update deployments/scale ns', 'get replicasets.apps/scale ns'],
    ['update deployments ns', 'update deployments/status ns'],
  ],
  [
    'names narrow a rule to those objects, and never allow what names none',
    { verbs: ['*'], apiGroups: [''], resources: ['secrets'], resourceNames: ['one', 'two'] },
    ['get secrets ns one', 'delete secrets ns two'],
    ['get secrets ns three', 'list secrets ns'],
  ],
  [
    'a path is matched whole, or up to a star at its end',
    { verbs: ['get'], nonResourceURLs: ['/version', '/api/*', '/metrics*'] },
    ['get /version', 'get /api/v1', 'get /metrics', 'get /metrics/cadvisor'],
    ['get /version/x', 'get /api', 'post /version', 'get pods ns'],
  ],
  [
    'a star alone is every path',
    { verbs: ['*'], nonResourceURLs: ['*'] },
    ['get /anything', 'post /'],
    ['get pods ns'],
  ],
];

describe('a policy rule', () => {
  it.each(RULES)('%s', (_sentence, rule, allowed, refused) => {
    for (const text of allowed) expect(ruleAllows(rule, request(text)), text).toBe(true);
    for (const text of refused) expect(ruleAllows(rule, request(text)), text).toBe(false);
  });
});

const POLICY = `
apiVersion: v1
kind: Namespace
metadata: { name: ns1 }
---
apiVersion: v1
kind: Namespace
metadata: { name: ns2 }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: admin }
rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader, namespace: ns1 }
rules: [{ verbs: [get, list], apiGroups: [""], resources: [pods] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: admins, namespace: ns1 }
roleRef: { kind: ClusterRole, name: admin }
subjects:
- { kind: User, name: admin }
- { kind: Group, name: admins }
- { kind: ServiceAccount, name: robot }
- { kind: ServiceAccount, name: robot, namespace: ns2 }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: readers, namespace: ns1 }
roleRef: { kind: Role, name: reader }
subjects: [{ kind: User, name: ann }, { kind: Group, name: "system:authenticated" }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: broken, namespace: ns2 }
roleRef: { kind: Role, name: reader }
subjects: [{ kind: User, name: bob }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: everywhere }
roleRef: { kind: ClusterRole, name: admin }
subjects: [{ kind: User, name: root }, { kind: Group, name: "system:serviceaccounts:ns2" }]
`;

const user = (name: string, ...groups: string[]): User => ({ user: name, groups });

const ASKED: readonly [sentence: string, User, string, boolean, string][] = [
  [
    'a RoleBinding gives a ClusterRole in its own namespace',
    user('admin'),
    'delete pods ns1',
    true,
    'RBAC: allowed by RoleBinding "admins/ns1" of ClusterRole "admin" to User "admin"',
  ],
  ['… and in no other', user('admin'), 'delete pods ns2', false, ''],
  ['… and not at the cluster scope', user('admin'), 'list pods', false, ''],
  [
    'a group gives what is bound to it',
    user('eve', 'admins'),
    'delete secrets ns1',
    true,
    'RBAC: allowed by RoleBinding "admins/ns1" of ClusterRole "admin" to Group "admins"',
  ],
  [
    'a ServiceAccount without a namespace is one of the namespace of the binding',
    userOfServiceAccount('ns1', 'robot'),
    'delete pods ns1',
    true,
    'RBAC: allowed by RoleBinding "admins/ns1" of ClusterRole "admin" to ServiceAccount "robot/ns1"',
  ],
  [
    'a ClusterRoleBinding counts before the RoleBindings',
    userOfServiceAccount('ns2', 'robot'),
    'delete pods ns1',
    true,
    'RBAC: allowed by ClusterRoleBinding "everywhere" of ClusterRole "admin" to Group "system:serviceaccounts:ns2"',
  ],
  [
    'a ServiceAccount of another name is somebody else',
    userOfServiceAccount('ns1', 'other'),
    'delete pods ns1',
    false,
    '',
  ],
  [
    'a Role gives what it says',
    user('ann'),
    'list pods ns1',
    true,
    'RBAC: allowed by RoleBinding "readers/ns1" of Role "reader" to User "ann"',
  ],
  ['… and no more', user('ann'), 'delete pods ns1', false, ''],
  [
    'a binding to a role that is not there allows nothing, and is named',
    user('bob'),
    'get pods ns2',
    false,
    'RBAC: role.rbac.authorization.k8s.io "reader" not found',
  ],
  [
    'a ClusterRoleBinding gives its role in every namespace and beyond',
    user('root'),
    'delete nodes',
    true,
    'RBAC: allowed by ClusterRoleBinding "everywhere" of ClusterRole "admin" to User "root"',
  ],
  ['system:masters may everything, whatever the rules say', user('x', 'system:masters'), 'get /secret/path', true, ''],
  ['nobody else may', user('x'), 'get pods ns1', false, ''],
];

describe('the authorizer', () => {
  const model = new Model();
  model.create(POLICY);
  it.each(ASKED)('%s', (_sentence, who, asked, allowed, reason) => {
    expect(authorize(model.view, who, request(asked))).toMatchObject({ allowed, reason });
  });

  it('names the binding and the role that allow it', () => {
    const { binding, role } = authorize(model.view, user('ann'), request('get pods ns1'));
    expect([binding?.metadata.name, role?.metadata.name]).toEqual(['readers', 'reader']);
  });
});
