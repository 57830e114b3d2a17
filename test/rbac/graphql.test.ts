import { beforeAll, describe, expect, it } from 'vitest';
import { apiClient, type Ask } from '../support/api-client.ts';
import { MemoryClusters } from '../support/memory-clusters.ts';

const POLICY = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ verbs: [get, list], apiGroups: [""], resources: [pods, pods/log] }]
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: robot }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: readers }
roleRef: { kind: Role, name: reader }
subjects: [{ kind: User, name: ann }, { kind: ServiceAccount, name: robot }, { kind: ServiceAccount, name: gone }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: operators }
roleRef: { kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: Group, name: ops }]
`;

let ask: Ask;

beforeAll(async () => {
  const clusters = new MemoryClusters();
  const cluster = clusters.add();
  cluster.submit({ cluster: 'default', name: 'bootstrapPolicy', input: {}, actor: 'test' });
  cluster.create(POLICY);
  ({ ask } = await apiClient(clusters));
});

async function canI(args: string, viewer?: { user: string; groups: string[] }) {
  const query = `{ cluster { canI(${args}) { allowed reason message by { kind name } role { kind name } } } }`;
  const { data, errors } = await ask(query, {}, viewer);
  return errors ?? (data as { cluster: { canI: Record<string, unknown> } }).cluster.canI;
}

const ANN = { user: 'ann', groups: [] };

describe('canI', () => {
  it('says which binding and which role allow it', async () => {
    expect(await canI('verb: "get", resource: "po"', ANN)).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "readers/default" of Role "reader" to User "ann"',
      message: null,
      by: { kind: 'RoleBinding', name: 'readers' },
      role: { kind: 'Role', name: 'reader' },
    });
  });

  it.each([
    [
      'verb: "delete", resource: "pods", name: "web"',
      'pods "web" is forbidden: User "ann" cannot delete resource "pods" in API group "" in the namespace "default"',
    ],
    [
      'verb: "get", resource: "deploy", namespace: "shop"',
      'deployments.apps is forbidden: User "ann" cannot get resource "deployments" in API group "apps" in the namespace "shop"',
    ],
    [
      'verb: "get", resource: "nodes"',
      'nodes is forbidden: User "ann" cannot get resource "nodes" in API group "" at the cluster scope',
    ],
    [
      'verb: "list", resource: "pods", allNamespaces: true',
      'pods is forbidden: User "ann" cannot list resource "pods" in API group "" at the cluster scope',
    ],
    ['verb: "get", nonResourceURL: "/metrics"', 'forbidden: User "ann" cannot get path "/metrics"'],
  ])('%s is refused in the words of the API server', async (args, message) => {
    expect(await canI(args, ANN)).toMatchObject({ allowed: false, message });
  });

  it.each([
    ['verb: "get", resource: "pods/log"', true],
    ['verb: "get", resource: "pods", subresource: "exec"', false],
    ['verb: "get", resource: "/version"', true],
    ['verb: "create", resource: "selfsubjectaccessreviews", group: "authorization.k8s.io"', true],
    ['verb: "delete", resource: "pods", as: { user: "bob", groups: ["ops"] }', true],
    ['verb: "*", resource: "*", as: { user: "bob", groups: ["ops"] }', true],
    ['verb: "list", resource: "pods", as: { user: "system:serviceaccount:default:robot" }', true],
    ['verb: "list", resource: "pods", as: { user: "system:serviceaccount:default:other" }', false],
    ['verb: "delete", resource: "nodes", as: { user: "x", groups: ["system:masters"] }', true],
  ])('%s: %s', async (args, allowed) => {
    expect(await canI(args, ANN)).toMatchObject({ allowed });
  });

  it('asks for whoever asks, and nobody named is anonymous', async () => {
    expect(await canI('verb: "get", resource: "pods"')).toMatchObject({ allowed: false });
    expect(await canI('verb: "get", resource: "/healthz"')).toMatchObject({ allowed: true });
    const { data } = await ask('{ viewer { user groups } }');
    expect(data).toEqual({ viewer: { user: 'system:anonymous', groups: ['system:unauthenticated'] } });
  });

  it('needs a resource or a path', async () => {
    expect(await canI('verb: "get"')).toMatchObject([{ message: 'resource or nonResourceURL must be given' }]);
  });
});

describe('who asks', () => {
  it.each([
    ['a user is authenticated', 'ann', [], ['system:authenticated']],
    ['groups are added', 'ann', ['ops', 'dev'], ['ops', 'dev', 'system:authenticated']],
    [
      'an account has the groups of its namespace',
      'system:serviceaccount:shop:web',
      [],
      ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    ],
  ])('%s', async (_sentence, user, groups, all) => {
    const { data } = await ask('{ viewer { user groups } }', {}, { user, groups });
    expect(data).toEqual({ viewer: { user, groups: all } });
  });

  it('groups of nobody are refused', async () => {
    const { errors } = await ask('{ viewer { user } }', {}, { user: '', groups: ['system:masters'] });
    expect(errors?.[0]?.message).toBe('requested ["system:masters"] without impersonating a user');
  });
});

describe('the types of roles and bindings', () => {
  it('lead from one to the other', async () => {
    const { data, errors } = await ask(`{ cluster {
      roles(first: 5) { nodes { name rules { verbs resources } roleBindings { nodes { name
        roleRef { kind name } role { name } subjects { kind name namespace serviceAccount { name } } } } } }
      clusterRoles(filter: { search: "edit" }) { nodes { name aggregationSelectors aggregatedFrom { name } } }
      clusterRoleBindings(filter: { search: "operators" }) { nodes { name role { name
        clusterRoleBindings { nodes { name } } } } }
    } }`);
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      cluster: {
        roles: {
          nodes: [
            {
              name: 'reader',
              rules: [{ verbs: ['get', 'list'], resources: ['pods', 'pods/log'] }],
              roleBindings: {
                nodes: [
                  {
                    name: 'readers',
                    roleRef: { kind: 'Role', name: 'reader' },
                    role: { name: 'reader' },
                    subjects: [
                      { kind: 'User', name: 'ann', namespace: null, serviceAccount: null },
                      {
                        kind: 'ServiceAccount',
                        name: 'robot',
                        namespace: 'default',
                        serviceAccount: { name: 'robot' },
                      },
                      { kind: 'ServiceAccount', name: 'gone', namespace: 'default', serviceAccount: null },
                    ],
                  },
                ],
              },
            },
          ],
        },
        clusterRoles: {
          nodes: [
            {
              name: 'edit',
              aggregationSelectors: ['rbac.authorization.k8s.io/aggregate-to-edit=true'],
              aggregatedFrom: [{ name: 'system:aggregate-to-edit' }, { name: 'view' }],
            },
            { name: 'system:aggregate-to-edit', aggregationSelectors: [], aggregatedFrom: [] },
          ],
        },
        clusterRoleBindings: {
          nodes: [
            {
              name: 'operators',
              role: {
                name: 'cluster-admin',
                clusterRoleBindings: { nodes: [{ name: 'cluster-admin' }, { name: 'operators' }] },
              },
            },
          ],
        },
      },
    });
  });
});
