import { execute, parse, subscribe, type GraphQLObjectType } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { Catalog } from '../../src/api/catalog.ts';
import { buildSchema } from '../../src/api/schema.ts';
import { newViewer } from '../../src/api/viewer.ts';
import * as scheduling from '../../src/controllers/scheduler/explain.ts';
import { definitions } from '../../src/kinds/registry.ts';
import { remoteClient } from '../support/api-client.ts';
import { MemoryClusters } from '../support/memory-clusters.ts';
import { SchemaWalk } from './schema-walk.ts';
import { startTestServer } from './support.ts';

/**
 * One value goes into Secrets and their users by every way there is; then everything that can be asked is asked, and the
 * value must be found by those who may get the Secret alone, and by them in the places that are meant to show it.
 */
const CANARY = 'canary-7h2Kq9vLx4';

/** The value as it may stand in a text: plain, or in the base64 of something that holds it. */
const FORMS = [CANARY, ...[0, 1, 2].map((offset) => base64Within(CANARY, offset))];

function base64Within(text: string, offset: number): string {
  const encoded = Buffer.from(`${'x'.repeat(offset)}${text}`)
    .toString('base64')
    .replaceAll('=', '');
  return encoded.slice(offset === 0 ? 0 : offset + 1, -1);
}

const leaks = (text: string) => FORMS.some((form) => text.includes(form));

const BASE64 = Buffer.from(CANARY).toString('base64');

const SECRETS = `
apiVersion: v1
kind: Secret
metadata: { name: plain }
data: { password: ${BASE64} }
---
apiVersion: v1
kind: Secret
metadata: { name: text }
stringData: { password: ${CANARY}, url: "https://u:${CANARY}@h/" }
---
apiVersion: v1
kind: Secret
metadata: { name: fixed }
immutable: true
stringData: { password: ${CANARY} }
---
apiVersion: v1
kind: Secret
metadata: { name: pull }
type: kubernetes.io/dockerconfigjson
stringData: { .dockerconfigjson: '{"auths":{"r":{"password":"${CANARY}"}}}' }
`;

const KUBECTL_APPLIED = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 'applied',
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"stringData":{"password":"${CANARY}"}}` },
  },
  data: { password: BASE64 },
};

const USERS = `
apiVersion: v1
kind: Pod
metadata: { name: user, labels: { app: user } }
spec:
  imagePullSecrets: [{ name: pull }]
  containers:
  - name: main
    image: app:1
    command: [run, "--password=$(PASSWORD)"]
    args: ["$(URL)", "$(COMBINED)"]
    envFrom: [{ secretRef: { name: text }, prefix: ALL_ }]
    env:
    - { name: PASSWORD, valueFrom: { secretKeyRef: { name: plain, key: password } } }
    - { name: URL, value: "https://user:$(PASSWORD)@host/" }
    - { name: COMBINED, value: "$(URL) again" }
    volumeMounts:
    - { name: secret, mountPath: /secret }
    - { name: mixed, mountPath: /mixed }
    - { name: secret, mountPath: /etc/password, subPath: password }
  volumes:
  - { name: secret, secret: { secretName: plain } }
  - name: mixed
    projected: { sources: [{ secret: { name: text } }, { serviceAccountToken: { path: token } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: waiting }
spec:
  containers:
  - name: main
    image: app:1
    env: [{ name: PASSWORD, valueFrom: { secretKeyRef: { name: plain, key: absent } } }]
`;

/** Manifests that are refused, or that warn: what is said must not repeat the value. */
const REFUSED: readonly [sentence: string, manifest: string][] = [
  [
    'a change of an immutable Secret',
    `kind: Secret\nmetadata: { name: fixed }\nstringData: { password: new-${CANARY} }\nimmutable: true`,
  ],
  [
    'a type that is another',
    `kind: Secret\nmetadata: { name: plain }\ntype: other\nstringData: { password: ${CANARY} }`,
  ],
  [
    'no JSON where JSON must be',
    `kind: Secret\nmetadata: { name: a }\ntype: kubernetes.io/dockerconfigjson\nstringData: { .dockerconfigjson: "${CANARY}" }`,
  ],
  [
    'JSON of another type',
    `kind: Secret\nmetadata: { name: a }\ntype: kubernetes.io/dockercfg\nstringData: { .dockercfg: '"${CANARY}"' }`,
  ],
  [
    'a certificate without a key',
    `kind: Secret\nmetadata: { name: a }\ntype: kubernetes.io/tls\nstringData: { tls.crt: ${CANARY} }`,
  ],
  ['no base64', `kind: Secret\nmetadata: { name: a }\ndata: { password: "%${CANARY}" }`],
  ['a text in the place of a map', `kind: Secret\nmetadata: { name: a }\ndata: ${CANARY}`],
  ['a list in the place of a text', `kind: Secret\nmetadata: { name: a }\nstringData: { password: [${CANARY}] }`],
  [
    'a number in the place of base64',
    `kind: Secret\nmetadata: { name: a }\ndata: { password: 5 }\nstringData: { other: ${CANARY} }`,
  ],
  ['a field that is not known', `kind: Secret\nmetadata: { name: warned }\ndatas: { password: ${CANARY} }`],
  ['a broken key', `kind: Secret\nmetadata: { name: a }\nstringData: { "a b": ${CANARY} }`],
  [
    'no kind',
    `metadata: { name: a, annotations: { kubectl.kubernetes.io/last-applied-configuration: "${CANARY}" } }\nstringData: { password: ${CANARY} }`,
  ],
  ['a broken line behind', `kind: Secret\nmetadata: { name: a }\nstringData:\n  password: ${CANARY}\n bad: : :`],
];

const APPLY = `mutation Apply($manifest: String!, $manager: String = "graphql", $dryRun: Boolean = false) {
  applyManifest(input: { manifest: $manifest, fieldManager: $manager, guard: { dryRun: $dryRun } }) {
    userErrors { message path ... on FieldError { value allowed } }
    documents { ref action warnings diff { path before after } object { name manifest }
      userErrors { message path ... on FieldError { value allowed } ... on ConflictError { current { manifest } } } }
  }
}`;

/** Arguments of the fields that want some, or that show more with others. */
const ARGS: Readonly<Record<string, readonly string[]>> = {
  'Cluster.object': ['kind: "Secret", name: "plain"', 'kind: "Secret", name: "applied"', 'kind: "Pod", name: "user"'],
  'Cluster.table': ['kind: "Secret"', 'kind: "Secret", wide: true'],
  'Subscription.objectChanges': ['coalesce: "0s"'],
  'Cluster.dns': ['name: "user.default.svc.cluster.local"'],
  'Cluster.wouldSchedule': [`manifest: ${JSON.stringify(USERS)}`],
  'Cluster.canI': ['verb: "get", resource: "secrets"'],
  'Secret.data': ['', 'decoded: true'],
  manifest: ['', 'format: JSON'],
  listFiles: ['path: "/"', 'path: "/secret"', 'path: "/mixed"', 'path: "/etc"'],
  readFile: ['path: "/secret/password"', 'path: "/mixed/password"', 'path: "/mixed/token"', 'path: "/etc/password"'],
  file: ['path: "/secret/password"', 'path: "/mixed/password"', 'path: "/mixed/token"', 'path: "/etc/password"'],
};

/** Where whoever may get the Secret finds its value: the fields that are meant to show it. */
const SHOWN_IN = new Set(['annotations', 'args', 'command', 'content', 'data', 'manifest', 'value']);

/** Subscriptions to one object that has nothing to do with Secrets, and to the clock. */
const LEFT_OUT = new Set(['rolloutProgress', 'clockTick']);

const ANONYMOUS = newViewer(undefined, []);
const ROOT = newViewer('root', ['system:masters']);

const clusters = new MemoryClusters();
const cluster = clusters.add();
const { server, logged } = await startTestServer({}, clusters);
const { ask } = remoteClient(`${server.url}/graphql`);
const schema = await buildSchema(definitions);

/** Everything about one root field, asked past the limits. */
async function everything(document: string, viewer: typeof ROOT): Promise<unknown> {
  return execute({ schema, document: parse(document), contextValue: contextOf(viewer) });
}

function contextOf(viewer: typeof ROOT) {
  return { clusters, catalog: new Catalog(definitions), scheduling, viewer, wallNow: () => 0 };
}

const isMap = (field: string) => /^(data|annotations)(_\d+)?$/.test(field);

/** The names of the fields in which the value stands. */
function fieldsWithValue(value: unknown, field: string, found: Set<string>): Set<string> {
  if (typeof value === 'string' && leaks(value)) found.add(field.replace(/_\d+$/, ''));
  if (Array.isArray(value)) for (const item of value) fieldsWithValue(item, field, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      // Maps of texts are told by their field.
      fieldsWithValue(member, isMap(field) ? field : name, found);
    }
  }
  return found;
}

const documents: [name: string, document: string][] = [];
const walk = new SchemaWalk(schema, ARGS);
const clusterType = schema.getType('Cluster') as GraphQLObjectType;
for (const field of Object.values(clusterType.getFields())) {
  for (const selection of walk.field(clusterType, field, 5)) {
    documents.push([`cluster { ${selection.split(/[ {]/, 1)[0]} }`, `{ cluster { ${selection} } }`]);
  }
}

const subscriptions: [name: string, document: string][] = Object.values(schema.getSubscriptionType()?.getFields() ?? {})
  .filter(({ name }) => !LEFT_OUT.has(name))
  .map((field) => [
    field.name,
    `subscription { ${walk.field(schema.getSubscriptionType() as GraphQLObjectType, field, 5).join(' ')} }`,
  ]);

/** Gathers what a subscription says to somebody who may not get Secrets. */
async function listen(document: string): Promise<{ messages: unknown[]; close(): Promise<void> }> {
  const events = await subscribe({ schema, document: parse(document), contextValue: contextOf(ANONYMOUS) });
  if (!(Symbol.asyncIterator in events)) throw new Error(JSON.stringify(events));
  const messages: unknown[] = [];
  const gathered = (async () => {
    for await (const message of events) messages.push(message);
  })();
  return {
    messages,
    close: async () => {
      await events.return(undefined);
      await gathered;
    },
  };
}

beforeAll(async () => {
  cluster.submit({ cluster: 'default', name: 'addNodes', input: { count: 1 }, actor: 'test' });
  const applied = await ask(APPLY, { manifest: SECRETS });
  if (applied.errors) throw new Error(JSON.stringify(applied.errors));
  cluster.create(KUBECTL_APPLIED);
  cluster.create(USERS);
  cluster.run(60_000);
});

describe('who may not get a Secret', () => {
  it.each(documents)('does not find its value in %s', async (_name, document) => {
    const answer = await everything(document, ANONYMOUS);
    expect(leaks(JSON.stringify(answer))).toBe(false);
  });

  it.each(REFUSED)('is not told its value when a manifest is refused for %s', async (_sentence, manifest) => {
    const answer = await ask(APPLY, { manifest: `apiVersion: v1\n${manifest}` });
    expect(answer.errors).toBeUndefined();
    expect(leaks(JSON.stringify(answer))).toBe(false);
  });

  it('is not told its value by a change, a conflict, a dry run or a guard', async () => {
    const change = `apiVersion: v1\nkind: Secret\nmetadata: { name: plain }\nstringData: { password: "2 ${CANARY}" }`;
    const answers = [
      await ask(APPLY, { manifest: change, dryRun: true }),
      await ask(APPLY, { manifest: change, manager: 'somebody-else' }),
      await ask(APPLY, { manifest: change }),
      await ask(`mutation { deleteObject(input: { id: "secret/plain", guard: { resourceVersion: "1" } }) {
        object { manifest } userErrors { message ... on ConflictError { current { manifest } } } } }`),
    ];
    expect(JSON.stringify(answers)).toContain('CONFIGURED');
    expect(JSON.stringify(answers)).toContain('conflict');
    expect(JSON.stringify(answers)).toContain('******');
    expect(leaks(JSON.stringify(answers))).toBe(false);
  });

  it('does not find it by searching', async () => {
    const answer = await ask(
      `query ($text: String) { cluster { objects(filter: { search: $text }) { totalCount } } }`,
      { text: CANARY },
    );
    expect(answer.data).toEqual({ cluster: { objects: { totalCount: 0 } } });
    const selected = await ask(
      `query ($text: String) { cluster { secrets(filter: { fieldSelector: $text }) { totalCount } } }`,
      { text: 'data.password!=x' },
    );
    expect(selected.errors?.[0]?.message).toBe('field label not supported: data.password');
  });

  it('is not told its value by a subscription, nor is a log', async () => {
    const streams = await Promise.all(subscriptions.map(([, document]) => listen(document)));
    cluster.do((api) => {
      const secret = api.getByKey({ key: 'Secret' } as never, 'default/applied') as never as typeof KUBECTL_APPLIED;
      api.update({ ...secret, data: { password: Buffer.from(`3 ${CANARY}`).toString('base64') } } as never);
    });
    cluster.run(120_000);
    await expect.poll(() => JSON.stringify(streams)).toContain('applied');
    for (const [index, { messages }] of streams.entries()) {
      expect(leaks(JSON.stringify(messages)), subscriptions[index]?.[0]).toBe(false);
    }
    for (const stream of streams) await stream.close();
    expect(logged).toEqual([]);
  });
});

describe('who may get it', () => {
  it('finds it where it is meant to be shown, and nowhere else', async () => {
    const found = new Set<string>();
    for (const [, document] of documents) {
      const { data } = (await everything(document, ROOT)) as { data: unknown };
      fieldsWithValue(data, '', found);
    }
    expect([...found].sort()).toEqual([...SHOWN_IN].sort());
  });

  it('may be a user of one namespace, or of one Secret', async () => {
    cluster.create(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: one }
rules: [{ verbs: [get], apiGroups: [""], resources: [secrets], resourceNames: [text] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: one }
roleRef: { kind: Role, name: one }
subjects: [{ kind: User, name: ann }]
`);
    const { data } = await ask(
      '{ cluster { secrets(filter: { namespaces: ["default"] }) { nodes { name masked data(decoded: true) } } } }',
      {},
      { user: 'ann', groups: [] },
    );
    const { nodes } = (data as any).cluster.secrets as { nodes: { name: string; masked: boolean; data: object }[] };
    expect(nodes.filter(({ masked }) => !masked)).toEqual([
      { name: 'text', masked: false, data: { password: CANARY, url: `https://u:${CANARY}@h/` } },
    ]);
    expect(nodes.find(({ name }) => name === 'fixed')?.data).toEqual({ password: '******' });
  });
});
