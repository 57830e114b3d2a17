import { beforeEach, describe, expect, it } from 'vitest';
import { apiClient, type ApiClient, type AskedAs } from '../support/api-client.ts';
import { MemoryClusters, type MemoryCluster } from '../support/memory-clusters.ts';

const PASSWORD = 'correct-horse-battery';
const ADMIN: AskedAs = { user: 'root', groups: ['system:masters'] };

const MANIFEST = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {mode: fast}
binaryData: {logo: AAECgA==}
---
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: default}
stringData: {password: ${PASSWORD}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: default, labels: {app: web}}
spec:
  hostname: front
  volumes:
  - {name: config, configMap: {name: settings, defaultMode: 256}}
  - {name: secret, secret: {secretName: database}}
  - {name: scratch, emptyDir: {sizeLimit: 1Mi}}
  - {name: host, hostPath: {path: /srv}}
  - name: own
    ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}
  - name: all
    projected:
      sources:
      - secret: {name: database, items: [{key: password, path: deep/secret}]}
      - serviceAccountToken: {path: token}
      - downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
  containers:
  - name: web
    image: web:1
    workingDir: /srv
    volumeMounts:
    - {name: config, mountPath: /etc/app}
    - {name: secret, mountPath: /etc/secret, readOnly: true}
    - {name: scratch, mountPath: /scratch, subPath: here}
    - {name: host, mountPath: /host}
    - {name: all, mountPath: /all}
  - {name: other, image: other:1}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /disk}}
`;

let cluster: MemoryCluster;
let client: ApiClient;

beforeEach(async () => {
  const clusters = new MemoryClusters();
  cluster = clusters.add('default');
  cluster.submit({ cluster: 'default', name: 'addNodes', input: { count: 1 }, actor: 'test' });
  cluster.create(...MANIFEST.split('---\n'));
  cluster.run(30_000);
  client = await apiClient(clusters);
});

async function pod(fields: string, viewer?: AskedAs): Promise<any> {
  const document = `{ cluster { object(kind: "pod", name: "web", namespace: "default") { ... on Pod { ${fields} } } } }`;
  const answer = await client.ask(document, undefined, viewer);
  expect(answer.errors).toBeUndefined();
  return (answer.data as any).cluster.object;
}

async function container(fields: string, viewer?: AskedAs): Promise<any> {
  return (await pod(`containers { ${fields} }`, viewer)).containers[0];
}

async function mutate(name: 'writeFile' | 'deleteFile', input: object): Promise<any> {
  const type = name === 'writeFile' ? 'WriteFileInput' : 'DeleteFileInput';
  const answer = await client.ask(
    `mutation ($input: ${type}!) { ${name}(input: $input) {
      replayed userErrors { message code path } container { name } file { path content size mode writtenAt volume { name } }
    } }`,
    { input: { id: 'pod/default/web', ...input } },
  );
  expect(answer.errors).toBeUndefined();
  return (answer.data as any)[name];
}

describe('Container.files', () => {
  const FILES = 'files { totalCount nodes { path content masked origin mode fromName key volume { name } } }';

  it('shows every mounted file, where it comes from, and masks what comes from Secrets', async () => {
    const { files } = await container(FILES);
    expect(files.nodes.filter(({ origin }: any) => origin !== 'KUBELET')).toEqual([
      {
        path: '/all/deep/secret',
        content: null,
        masked: true,
        origin: 'SECRET',
        mode: '0644',
        fromName: 'database',
        key: 'password',
        volume: { name: 'all' },
      },
      {
        path: '/all/labels',
        content: 'app="web"',
        masked: false,
        origin: 'FIELD',
        mode: '0644',
        fromName: 'web',
        key: 'metadata.labels',
        volume: { name: 'all' },
      },
      {
        path: '/all/token',
        content: null,
        masked: true,
        origin: 'TOKEN',
        mode: '0644',
        fromName: 'default',
        key: 'token',
        volume: { name: 'all' },
      },
      {
        path: '/etc/app/logo',
        content: null,
        masked: false,
        origin: 'CONFIG_MAP',
        mode: '0400',
        fromName: 'settings',
        key: 'logo',
        volume: { name: 'config' },
      },
      {
        path: '/etc/app/mode',
        content: 'fast',
        masked: false,
        origin: 'CONFIG_MAP',
        mode: '0400',
        fromName: 'settings',
        key: 'mode',
        volume: { name: 'config' },
      },
      {
        path: '/etc/secret/password',
        content: null,
        masked: true,
        origin: 'SECRET',
        mode: '0644',
        fromName: 'database',
        key: 'password',
        volume: { name: 'secret' },
      },
    ]);
    expect(files.totalCount).toBe(9);
  });

  it('shows values of Secrets to those who may see them, and binary values in base64', async () => {
    const read = 'readFile(path: "/etc/secret/password") { file { content masked } }';
    expect((await container(read, ADMIN)).readFile).toEqual({ file: { content: PASSWORD, masked: false } });
    expect((await container(read)).readFile).toEqual({ file: { content: null, masked: true } });
    const logo = await container('readFile(path: "/etc/app/logo") { file { content contentBase64 size } }');
    expect(logo.readFile.file).toEqual({ content: null, contentBase64: 'AAECgA==', size: 4 });
  });

  it('gives pages', async () => {
    const first = (
      await container('files(path: "/etc", first: 2) { nodes { path } pageInfo { endCursor hasNextPage } }')
    ).files;
    expect(first.nodes.map(({ path }: any) => path)).toEqual(['/etc/app/logo', '/etc/app/mode']);
    const rest = (
      await container(
        `files(path: "/etc", first: 9, after: "${first.pageInfo.endCursor}") { nodes { path } pageInfo { hasNextPage } }`,
      )
    ).files;
    expect(rest.nodes.map(({ path }: any) => path)).toEqual([
      '/etc/hostname',
      '/etc/hosts',
      '/etc/resolv.conf',
      '/etc/secret/password',
    ]);
    expect([first.pageInfo.hasNextPage, rest.pageInfo.hasNextPage]).toEqual([true, false]);
  });

  it.each([
    ['files(first: 0) { totalCount }', 'first must be between 1 and 500, not 0'],
    ['files(after: "x") { totalCount }', 'after is not a cursor of this list'],
    ['readFile(path: "/etc/app/mode") { file { content(length: 70000) } }', 'length must be between 0 and 65536'],
    ['readFile(path: "/etc/app/mode") { file { content(offset: -1) } }', 'offset must not be negative'],
  ])('refuses %s', async (field, message) => {
    const document = `{ cluster { object(kind: "pod", name: "web", namespace: "default") { ... on Pod { containers { ${field} } } } } }`;
    const { errors } = await client.ask(document);
    expect(errors?.[0]?.message).toContain(message);
  });
});

describe('Container.listFiles and readFile', () => {
  it.each([
    ['/etc/app', null, ['FILE logo', 'FILE mode']],
    ['/all', null, ['DIRECTORY deep', 'FILE labels', 'FILE token']],
    ['/etc', null, ['DIRECTORY app', 'DIRECTORY secret', 'FILE hostname', 'FILE hosts', 'FILE resolv.conf']],
    ['/scratch', null, []],
    ['/tmp/../all/deep/', null, ['FILE secret']],
    ['/nowhere', '/nowhere: No such file or directory', []],
    ['/etc/hosts', '/etc/hosts: Not a directory', []],
    [`/${'x'.repeat(256)}`, `/${'x'.repeat(256)}: File name too long`, []],
  ])('lists a path as ls does (%#)', async (path, error, names) => {
    const { listFiles } = await container(`listFiles(path: ${JSON.stringify(path)}) { error files { type name } }`);
    expect(listFiles.error).toBe(error);
    expect(listFiles.files.map(({ type, name }: any) => `${type} ${name}`)).toEqual(names);
  });

  it.each([
    ['/etc/app/mode', null],
    ['/etc/app', '/etc/app: Is a directory'],
    ['/etc/app/', '/etc/app/: Is a directory'],
    ['/etc/app/mode/', '/etc/app/mode/: Not a directory'],
    ['/etc/app/mode/x', '/etc/app/mode/x: Not a directory'],
    ['/etc/app/other', '/etc/app/other: No such file or directory'],
    ['', ': No such file or directory'],
    ['relative', 'relative: No such file or directory'],
    ['a\0b', 'a\0b: Invalid argument'],
    [`/${'a/'.repeat(2048)}`, `/${'a/'.repeat(2048)}: File name too long`],
  ])('reads a path as cat does (%#)', async (path, error) => {
    const document = `query ($path: String!) { cluster { object(kind: "pod", name: "web", namespace: "default") {
      ... on Pod { containers { readFile(path: $path) { error file { content } } } } } } }`;
    const { data } = await client.ask(document, { path });
    const { readFile } = (data as any).cluster.object.containers[0];
    expect(readFile).toEqual({ error, file: error === null ? { content: 'fast' } : null });
  });

  it('says why nothing can be read of a container that does not run', async () => {
    cluster.create(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: done, namespace: default}\nspec: {restartPolicy: Never, containers: [{name: c, image: c, command: [sleep, "1"]}]}',
    );
    cluster.run(60_000);
    const { data } =
      await client.ask(`{ cluster { object(kind: "pod", name: "done", namespace: "default") { ... on Pod {
      containers { files { totalCount } readFile(path: "/x") { error } listFiles { error } } } } } }`);
    const error = 'cannot exec into a container in a completed pod; current phase is Succeeded';
    expect((data as any).cluster.object.containers[0]).toEqual({
      files: { totalCount: 0 },
      readFile: { error },
      listFiles: { error },
    });
  });
});

describe('writeFile and deleteFile', () => {
  it('write, append and remove a file', async () => {
    const written = await mutate('writeFile', { path: '/scratch/a/b', content: 'one', mode: '0600' });
    expect(written).toMatchObject({
      userErrors: [],
      container: { name: 'web' },
      file: { path: '/scratch/a/b', content: 'one', size: 3, mode: '0600', volume: { name: 'scratch' } },
    });
    const more = await mutate('writeFile', { path: '/scratch/a/b', content: ' two', append: true });
    expect(more.file).toMatchObject({ content: 'one two', mode: '0600' });
    const { listFiles } = await container('listFiles(path: "/scratch/a") { files { name readOnly origin } }');
    expect(listFiles.files).toEqual([{ name: 'b', readOnly: false, origin: 'VOLUME' }]);
    expect(await mutate('deleteFile', { path: '/scratch/a/b' })).toMatchObject({ userErrors: [], file: null });
    expect((await container('listFiles(path: "/scratch/a") { error }')).listFiles.error).toContain('No such file');
  });

  it('write relative to the working directory, bytes, and sizes alone', async () => {
    expect((await mutate('writeFile', { path: 'notes', content: 'x' })).file.path).toBe('/srv/notes');
    await mutate('writeFile', { path: '/bytes', contentBase64: '/wA=' });
    await mutate('writeFile', { path: '/large', size: '20Gi' });
    const bytes = await container('readFile(path: "/bytes") { file { content contentBase64 size origin } }');
    expect(bytes.readFile.file).toEqual({ content: null, contentBase64: '/wA=', size: 2, origin: 'CONTAINER' });
    const large = await container('readFile(path: "/large") { file { content size } }');
    expect(large.readFile.file).toEqual({ content: null, size: 20 * 2 ** 30 });
  });

  it.each([
    ['a directory', { path: '/scratch' }, 'INVALID', '/scratch: Is a directory'],
    ['the root', { path: '/' }, 'INVALID', '/: Is a directory'],
    ['a mounted map', { path: '/etc/app/mode', content: 'x' }, 'FORBIDDEN', '/etc/app/mode: Read-only file system'],
    ['below a file', { path: '/etc/hosts/x' }, 'INVALID', '/etc/hosts/x: Not a directory'],
    ['what the kubelet writes', { path: '/etc/hosts' }, 'FORBIDDEN', '/etc/hosts: Device or resource busy'],
    ['no name', { path: '' }, 'NOT_FOUND', ': No such file or directory'],
    ['a zero byte', { path: '/a\0b' }, 'INVALID', '/a\0b: Invalid argument'],
    ['too long a name', { path: `/${'n'.repeat(256)}` }, 'INVALID', `/${'n'.repeat(256)}: File name too long`],
    ['a strange container', { path: '/x', container: 'nope' }, 'INVALID', 'container nope is not valid for pod web'],
    [
      'too much',
      { path: '/x', content: 'y'.repeat(16_385) },
      'INVALID',
      'a file of this model may have at most 16384 bytes',
    ],
    ['two contents', { path: '/x', content: 'x', size: '1' }, 'INVALID', 'give one of content, contentBase64 and size'],
    ['no base64', { path: '/x', contentBase64: '!' }, 'INVALID', 'illegal base64 data at input byte 0'],
    ['no mode', { path: '/x', mode: '0999' }, 'INVALID', 'a mode must be octal: "0644"'],
    ['a negative size', { path: '/x', size: '-1' }, 'INVALID', 'a size must be a whole number of bytes'],
    ['half a byte', { path: '/x', size: '100m' }, 'INVALID', 'a size must be a whole number of bytes'],
  ])('refuse %s', async (_what, input, code, message) => {
    const before = cluster.view.revision;
    const answer = await mutate('writeFile', input);
    expect(answer.userErrors).toEqual([expect.objectContaining({ code })]);
    expect(answer.userErrors[0].message).toContain(message);
    expect(answer.file).toBeNull();
    expect(cluster.view.revision).toBe(before);
  });

  it('refuse a pod that is not there, and a file that is not', async () => {
    expect((await mutate('writeFile', { id: 'pod/default/none', path: '/x' })).userErrors[0].code).toBe('NOT_FOUND');
    expect((await mutate('deleteFile', { path: '/x' })).userErrors[0]).toMatchObject({
      code: 'NOT_FOUND',
      message: '/x: No such file or directory',
    });
  });

  it('heed the guard: version, idempotency key and dry run', async () => {
    const guard = { resourceVersion: '1' };
    expect((await mutate('writeFile', { path: '/x', content: 'a', guard })).userErrors[0].code).toBe('CONFLICT');
    const once = { path: '/x', content: 'a', append: true, guard: { idempotencyKey: 'once' } };
    expect((await mutate('writeFile', once)).replayed).toBe(false);
    const again = await mutate('writeFile', once);
    expect([again.replayed, again.file.content]).toEqual([true, 'a']);
    await mutate('writeFile', { path: '/x', content: 'b', guard: { dryRun: true } });
    expect((await container('readFile(path: "/x") { file { content } }')).readFile.file.content).toBe('a');
  });
});

describe('the past', () => {
  it('shows files as they were', async () => {
    await mutate('writeFile', { path: '/scratch/a', content: 'first' });
    const { revision } = cluster.view;
    await mutate('writeFile', { path: '/scratch/a', content: 'second' });
    const then = `cluster(at: { revision: "${revision}" })`;
    const read = '... on Pod { containers { readFile(path: "/scratch/a") { file { content } } } }';
    const document = `{ ${then} { object(kind: "pod", name: "web", namespace: "default") { ${read} } } }`;
    const { data } = await client.ask(document);
    expect((data as any).cluster.object.containers[0].readFile.file.content).toBe('first');
    expect((await container('readFile(path: "/scratch/a") { file { content } }')).readFile.file.content).toBe('second');
  });
});

describe('Pod.volumes', () => {
  it('shows what each is made from, how long it lives, and where it is seen', async () => {
    await mutate('writeFile', { path: '/scratch/a', size: '2Ki' });
    await mutate('writeFile', { path: '/host/a', size: '3Ki' });
    const { volumes } = await pod(`volumes { name type lifetime used
      source { __typename ... on OtherVolume { type detail } ... on PersistentVolumeClaim { name } ... on ConfigMap { name } }
      mountedBy { name } mounts { path subPath readOnly container { name } } }`);
    expect(volumes.map(({ name, type, lifetime }: any) => `${name} ${type} ${lifetime}`)).toEqual([
      'config configMap POD',
      'secret secret POD',
      'scratch emptyDir POD',
      'host hostPath NODE',
      'own ephemeral NODE',
      'all projected POD',
    ]);
    expect(volumes[0].source).toEqual({ __typename: 'ConfigMap', name: 'settings' });
    expect(volumes[1].source).toEqual({ __typename: 'Secret' });
    expect(volumes[2]).toMatchObject({
      used: '2Ki',
      source: { __typename: 'OtherVolume', type: 'emptyDir', detail: { sizeLimit: '1Mi' } },
      mountedBy: [{ name: 'web' }],
      mounts: [{ path: '/scratch', subPath: 'here', readOnly: false, container: { name: 'web' } }],
    });
    expect(volumes.map(({ used }: any) => used)).toEqual(['0', '0', '2Ki', '3Ki', '0', '0']);
    expect(volumes[4].source).toEqual({ __typename: 'PersistentVolumeClaim', name: 'web-own' });
    expect(volumes[5].mounts).toEqual([{ path: '/all', subPath: null, readOnly: true, container: { name: 'web' } }]);
  });

  it('shows what the containers of a pod share beside', async () => {
    const shown = await pod('hostname podIP podIPs hostNetwork hostPID hostIPC shareProcessNamespace');
    expect(shown).toMatchObject({ hostname: 'front', podIPs: [shown.podIP], hostNetwork: false, hostPID: false });
    const mounts = await container('volumeMounts { path volume { name } }');
    expect(mounts.volumeMounts[0]).toEqual({ path: '/etc/app', volume: { name: 'config' } });
    const hosts = await container('readFile(path: "/etc/hosts") { file { content origin } }');
    expect(hosts.readFile.file).toMatchObject({ origin: 'KUBELET' });
    expect(hosts.readFile.file.content).toContain(`${shown.podIP}\tfront\n`);
  });
});
