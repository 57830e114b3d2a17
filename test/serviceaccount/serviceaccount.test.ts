import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Secret } from '../../src/kinds/secret/types.ts';
import { ServiceAccount } from '../../src/kinds/serviceaccount/types.ts';
import { apiClient } from '../support/api-client.ts';
import { MemoryClusters } from '../support/memory-clusters.ts';
import { Model } from '../support/model.ts';

const pod = (name: string, spec = '') => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec: { ${spec} containers: [{ name: main, image: app }] }`;

const ROBOT = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: robot }
imagePullSecrets: [{ name: registry }]`;

/** Cases of plugin/pkg/admission/serviceaccount/admission_test.go. */
describe('a pod', () => {
  it('runs under the default account where it names none', () => {
    const model = new Model();
    model.create(pod('web'));
    expect(model.view.get(Pod, 'default', 'web')?.spec).toMatchObject({
      serviceAccountName: 'default',
      serviceAccount: 'default',
    });
  });

  it('is refused where its account is not there', () => {
    expect(() => new Model().create(pod('web', 'serviceAccountName: robot,'))).toThrow(
      'pods "web" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found',
    );
  });

  it('waits for the default account of a namespace that has just come', () => {
    const model = new Model();
    model.create(
      `apiVersion: v1\nkind: Namespace\nmetadata: { name: new }`,
      pod('web').replace('{ name: web }', '{ name: web, namespace: new }'),
    );
    expect(model.view.get(Pod, 'new', 'web')?.spec.serviceAccountName).toBe('default');
  });

  it("gets its account's imagePullSecrets, unless it has its own", () => {
    const model = new Model();
    model.create(ROBOT);
    model.create(
      pod('without', 'serviceAccountName: robot,'),
      pod('with', 'serviceAccountName: robot, imagePullSecrets: [{ name: own }],'),
    );
    const pullSecrets = (name: string) => model.view.get(Pod, 'default', name)?.spec.imagePullSecrets;
    expect(pullSecrets('without')).toEqual([{ name: 'registry' }]);
    expect(pullSecrets('with')).toEqual([{ name: 'own' }]);
  });

  it('of a workload is refused with an event, and comes when the account does', () => {
    const model = new Model();
    model.create(`
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { serviceAccountName: robot, containers: [{ name: main, image: app }] }`);
    const messages = model.view.listKey('Event').map((event) => (event as unknown as { message: string }).message);
    expect(messages.join()).toContain(
      'error looking up service account default/robot: serviceaccount "robot" not found',
    );
    expect(model.view.count(Pod)).toBe(0);
    model.create(ROBOT);
    model.run(60_000);
    expect(model.view.count(Pod)).toBe(1);
  });
});

const TOKEN = `
apiVersion: v1
kind: Secret
metadata: { name: robot-token, annotations: { kubernetes.io/service-account.name: robot } }
type: kubernetes.io/service-account-token`;

const text = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString();

/** Cases of pkg/controller/serviceaccount/tokens_controller_test.go. */
describe('a Secret for a token', () => {
  const token = (model: Model) => model.view.get(Secret, 'default', 'robot-token');

  it('is filled with the token, the namespace and the certificate', () => {
    const model = new Model();
    const [account] = model.create(ROBOT);
    model.create(TOKEN);
    const { data, metadata } = token(model) ?? {};
    expect(Object.keys(data ?? {}).sort()).toEqual(['ca.crt', 'namespace', 'token']);
    expect(text(data?.['namespace'])).toBe('default');
    expect(text(data?.['token'])).toMatch(/^orrery\.default\.robot\./);
    expect(text(data?.['ca.crt'])).toContain('BEGIN CERTIFICATE');
    expect(metadata?.annotations?.['kubernetes.io/service-account.uid']).toBe(account?.metadata.uid);
    expect(model.restarted().versions).toEqual([]);
  });

  it('is filled when it comes in one manifest with its account, in any order', () => {
    const model = new Model();
    model.create(TOKEN, ROBOT);
    expect(token(model)?.data?.['token']).toBeTruthy();
  });

  it('gets back what somebody takes out or changes', () => {
    const model = new Model();
    model.create(ROBOT, TOKEN);
    const before = token(model)?.data;
    model.do((api) => void api.update({ ...(token(model) as Secret), data: { 'ca.crt': 'eA==', extra: 'eA==' } }));
    expect(token(model)?.data).toMatchObject({
      'ca.crt': before?.['ca.crt'],
      namespace: before?.['namespace'],
      extra: 'eA==',
    });
    expect(token(model)?.data?.['token']).toBeTruthy();
  });

  it('goes when there is no such account, or when that goes', () => {
    const model = new Model();
    model.create(TOKEN);
    expect(token(model)).toBeUndefined();
    const [account] = model.create(ROBOT);
    model.create(TOKEN);
    expect(token(model)).toBeDefined();
    model.do((api) => void api.delete(account as ServiceAccount));
    expect(token(model)).toBeUndefined();
  });

  it('goes when it was made for an account of the same name that is gone', () => {
    const model = new Model();
    model.create(ROBOT, TOKEN.replace('robot }', 'robot, kubernetes.io/service-account.uid: other }'));
    expect(token(model)).toBeUndefined();
  });

  it('is taken out of the list of its account when it goes', () => {
    const model = new Model();
    model.create(`${ROBOT}\nsecrets: [{ name: robot-token }, { name: other }]`, TOKEN);
    model.do((api) => void api.delete(token(model) as Secret));
    expect(model.view.get(ServiceAccount, 'default', 'robot')?.secrets).toEqual([{ name: 'other' }]);
  });

  it('needs the name of its account', () => {
    expect(() =>
      new Model().create(
        'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ntype: kubernetes.io/service-account-token',
      ),
    ).toThrow('Secret "a" is invalid: metadata.annotations[kubernetes.io/service-account.name]: Required value');
  });
});

describe('the type ServiceAccount', () => {
  it('leads to pods, tokens, bindings and roles', async () => {
    const clusters = new MemoryClusters();
    const cluster = clusters.add();
    cluster.create(
      ROBOT,
      TOKEN,
      'apiVersion: v1\nkind: Secret\nmetadata: { name: registry }',
      pod('web', 'serviceAccountName: robot,'),
      pod('other'),
      `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ verbs: [get], apiGroups: [""], resources: [pods] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: readers }
roleRef: { kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: robot }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: everybody }
roleRef: { kind: ClusterRole, name: absent }
subjects: [{ kind: Group, name: "system:serviceaccounts" }, { kind: ServiceAccount, name: robot, namespace: default }]`,
    );
    const { ask } = await apiClient(clusters);
    const { data, errors } = await ask(`{ cluster { serviceAccounts(filter: { namespaces: ["default"] }) { nodes {
      name user pods { nodes { name } } tokens { nodes { name masked } } imagePullSecrets { name }
      roleBindings { nodes { name } } clusterRoleBindings { nodes { name } } roles { name } } } } }`);
    expect(errors).toBeUndefined();
    expect((data as any).cluster.serviceAccounts.nodes).toEqual([
      {
        name: 'default',
        user: 'system:serviceaccount:default:default',
        pods: { nodes: [{ name: 'other' }] },
        tokens: { nodes: [] },
        imagePullSecrets: [],
        roleBindings: { nodes: [] },
        clusterRoleBindings: { nodes: [] },
        roles: [],
      },
      {
        name: 'robot',
        user: 'system:serviceaccount:default:robot',
        pods: { nodes: [{ name: 'web' }] },
        tokens: { nodes: [{ name: 'robot-token', masked: true }] },
        imagePullSecrets: [{ name: 'registry' }],
        roleBindings: { nodes: [{ name: 'readers' }] },
        clusterRoleBindings: { nodes: [{ name: 'everybody' }] },
        roles: [{ name: 'reader' }],
      },
    ]);
  });
});
