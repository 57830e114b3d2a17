import { describe, expect } from 'vitest';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Secret } from '../../src/kinds/secret/types.ts';
import { annotate, apply, deleteObject, label, MINUTE_MS, update } from './cluster.ts';
import { conformance } from './conformance.ts';
import { contentIn, fileIn, pathsBelow, reading, readerPod } from './mounted.ts';

const MAP = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {data-1: value-1, data-2: value-2}
`;
const SECRET = `
apiVersion: v1
kind: Secret
metadata: {name: settings}
stringData: {data-1: value-1, data-2: value-2}
`;
const ITEM = 'items: [{key: data-2, path: path/to/data-2}]';
const MODED = 'items: [{key: data-2, path: path/to/data-2, mode: 0400}]';
const NON_ROOT = { pod: 'securityContext: {runAsUser: 1000}' };
const GROUP = { pod: 'securityContext: {runAsUser: 1000, fsGroup: 1001}' };

/** An object that is changed, one that is deleted and one that is created while a pod mounts all three as optional. */
function expectLife(kind: typeof ConfigMap | typeof Secret, projected: boolean): void {
  const isMap = kind === ConfigMap;
  const object = (name: string, value: string) =>
    `apiVersion: v1\nkind: ${kind.kind}\nmetadata: {name: ${name}}\n${isMap ? 'data' : 'stringData'}: {key: ${value}}\n`;
  const source = (name: string) => {
    const plain = isMap
      ? `configMap: {name: ${name}, optional: true}`
      : `secret: {secretName: ${name}, optional: true}`;
    if (!projected) return plain;
    return `projected: {sources: [{${isMap ? 'configMap' : 'secret'}: {name: ${name}, optional: true}}]}`;
  };
  const volume = `${source('updated')}}, {name: gone, ${source('deleted')}}, {name: new, ${source('created')}`;
  const mounts = 'mountPath: /etc/vol}, {name: gone, mountPath: /etc/gone}, {name: new, mountPath: /etc/new';
  const model = reading(`${object('updated', 'old')}---\n${object('deleted', 'there')}`, 'emptyDir: {}');
  apply(model, readerPod(volume).replace('name: reader', 'name: watcher').replace('mountPath: /etc/vol', mounts));
  model.run(MINUTE_MS);
  const seen = () => ['vol', 'gone', 'new'].map((name) => contentIn(model, `/etc/${name}/key`, 'watcher'));
  expect(seen()).toEqual(['old', 'there', undefined]);
  apply(model, object('updated', 'new'));
  deleteObject(model, kind, 'deleted');
  apply(model, object('created', 'fresh'));
  model.run(2 * MINUTE_MS);
  expect(seen()).toEqual(['new', undefined, 'fresh']);
}

describe('ConfigMap volumes', () => {
  conformance('ConfigMap Volume: without mapping', () => {
    const model = reading(MAP, 'configMap: {name: settings}');
    expect(fileIn(model, '/etc/vol/data-1')).toBe('value-1 0644');
    expect(pathsBelow(model, '/etc/vol')).toEqual(['/etc/vol/data-1', '/etc/vol/data-2']);
  });

  conformance('ConfigMap Volume: without mapping, volume mode set', () => {
    const model = reading(MAP, 'configMap: {name: settings, defaultMode: 0400}');
    expect(fileIn(model, '/etc/vol/data-1')).toBe('value-1 0400');
  });

  conformance('ConfigMap Volume: without mapping, non-root user', () => {
    expect(fileIn(reading(MAP, 'configMap: {name: settings}', NON_ROOT), '/etc/vol/data-1')).toBe('value-1 0644');
  });

  conformance('ConfigMap Volume: with mapping', () => {
    const model = reading(MAP, `configMap: {name: settings, ${ITEM}}`);
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0644');
    expect(pathsBelow(model, '/etc/vol')).toEqual(['/etc/vol/path/to/data-2']);
  });

  conformance('ConfigMap Volume: with mapping, volume mode set', () => {
    const model = reading(MAP, `configMap: {name: settings, ${MODED}}`);
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0400');
  });

  conformance('ConfigMap Volume: with mapping, non-root user', () => {
    const model = reading(MAP, `configMap: {name: settings, ${ITEM}}`, NON_ROOT);
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0644');
  });

  conformance('ConfigMap Volume: update', () => {
    const model = reading(MAP, 'configMap: {name: settings}');
    update(model, ConfigMap, 'settings', (map) => ({ ...map, data: { 'data-1': 'value-2' } }));
    model.run(2 * MINUTE_MS);
    expect(contentIn(model, '/etc/vol/data-1')).toBe('value-2');
  });

  conformance('ConfigMap Volume: text data, binary data', () => {
    const model = reading(`${MAP}binaryData: {dump.bin: 3q2+7w==}\n`, 'configMap: {name: settings}');
    expect(fileIn(model, '/etc/vol/data-1')).toBe('value-1 0644');
    expect(fileIn(model, '/etc/vol/dump.bin')).toBe('3q2+7w== 0644');
  });

  conformance('ConfigMap Volume: create, update and delete', () => {
    expectLife(ConfigMap, false);
  });

  conformance('ConfigMap Volume: multiple volume maps', () => {
    const model = reading(MAP, 'configMap: {name: settings}}, {name: two, configMap: {name: settings}', {
      mount: 'readOnly: true}, {name: two, mountPath: /etc/two',
    });
    for (const path of ['/etc/vol/data-1', '/etc/two/data-1']) expect(fileIn(model, path)).toBe('value-1 0644');
  });
});

describe('Secret volumes', () => {
  conformance('Secrets Volume: default', () => {
    expect(fileIn(reading(SECRET, 'secret: {secretName: settings}'), '/etc/vol/data-1')).toBe('value-1 0644');
  });

  conformance('Secrets Volume: volume mode 0400', () => {
    const model = reading(SECRET, 'secret: {secretName: settings, defaultMode: 0400}');
    expect(fileIn(model, '/etc/vol/data-1')).toBe('value-1 0400');
  });

  conformance('Secrets Volume: volume mode 0440, fsGroup 1001 and uid 1000', () => {
    const model = reading(SECRET, 'secret: {secretName: settings, defaultMode: 0440}', GROUP);
    expect(fileIn(model, '/etc/vol/data-1')).toBe('value-1 0440');
  });

  conformance('Secrets Volume: mapping', () => {
    const model = reading(SECRET, `secret: {secretName: settings, ${ITEM}}`);
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0644');
  });

  conformance('Secrets Volume: mapping, volume mode 0400', () => {
    const model = reading(SECRET, `secret: {secretName: settings, ${MODED}}`);
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0400');
  });

  conformance('Secrets Volume: mapping multiple volume paths', () => {
    const model = reading(SECRET, 'secret: {secretName: settings}}, {name: two, secret: {secretName: settings}', {
      mount: 'readOnly: true}, {name: two, mountPath: /etc/two',
    });
    for (const path of ['/etc/vol/data-1', '/etc/two/data-1']) expect(fileIn(model, path)).toBe('value-1 0644');
  });

  conformance('Secrets Volume: secret with same name in different namespace', () => {
    const other = SECRET.replace('{name: settings}', '{name: settings, namespace: other}').replace('value-1', 'other');
    const objects = `apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n---${other}---${SECRET}`;
    const model = reading(objects, 'secret: {secretName: settings}');
    expect(contentIn(model, '/etc/vol/data-1')).toBe('value-1');
  });

  conformance('Secrets Volume: create, update and delete', () => {
    expectLife(Secret, false);
  });
});

const FIELDS = (items: string, mode = '') => `downwardAPI: {items: [${items}]${mode}}`;
const field = (path: string) => `{path: file, fieldRef: {fieldPath: ${path}}}`;
const resource = (name: string) =>
  `{path: file, resourceFieldRef: {containerName: c, resource: ${name}, divisor: ${name.endsWith('cpu') ? '1m' : '1Mi'}}}`;
const SIZED = { container: 'resources: {requests: {cpu: 250m, memory: 32Mi}, limits: {cpu: 1250m, memory: 64Mi}}' };

/** The downward API tests exist for volumes of their own and for projected ones. */
function downward(items: string, projected: boolean, mode = ''): string {
  return projected ? `projected: {sources: [{${FIELDS(items)}}]${mode}}` : FIELDS(items, mode);
}

function expectFollows(projected: boolean, kind: 'labels' | 'annotations'): void {
  const model = reading('', downward(field(`metadata.${kind}`), projected));
  expect(contentIn(model, '/etc/vol/file')).toBe(kind === 'labels' ? 'key1="value1"' : 'builder="bar"');
  if (kind === 'labels') label(model, Pod, 'reader', { key3: 'value3' });
  else annotate(model, Pod, 'reader', { builder: 'foo' });
  model.run(2 * MINUTE_MS);
  expect(contentIn(model, '/etc/vol/file')).toBe(kind === 'labels' ? 'key1="value1"\nkey3="value3"' : 'builder="foo"');
}

function expectResource(projected: boolean, name: string, value: string): void {
  const model = reading('', downward(resource(name), projected), SIZED);
  expect(contentIn(model, '/etc/vol/file')).toBe(value);
}

/** Without a limit of its own a container is told what its node has to give. */
function expectNodeDefault(projected: boolean, name: 'cpu' | 'memory'): void {
  const model = reading('', downward(resource(`limits.${name}`), projected));
  expect(contentIn(model, '/etc/vol/file')).toBe(name === 'cpu' ? '4000' : '16384');
}

describe('Downward API volumes', () => {
  conformance('DownwardAPI volume: pod name', () => {
    expect(fileIn(reading('', downward(field('metadata.name'), false)), '/etc/vol/file')).toBe('reader 0644');
  });

  conformance('DownwardAPI volume: volume mode 0400', () => {
    const model = reading('', downward(field('metadata.name'), false, ', defaultMode: 0400'));
    expect(fileIn(model, '/etc/vol/file')).toBe('reader 0400');
  });

  conformance('DownwardAPI volume: file mode 0400', () => {
    const model = reading('', downward(field('metadata.name').replace('{path', '{mode: 0400, path'), false));
    expect(fileIn(model, '/etc/vol/file')).toBe('reader 0400');
  });

  conformance('DownwardAPI volume: update label', () => expectFollows(false, 'labels'));
  conformance('DownwardAPI volume: update annotations', () => expectFollows(false, 'annotations'));
  conformance('DownwardAPI volume: CPU limits', () => expectResource(false, 'limits.cpu', '1250'));
  conformance('DownwardAPI volume: memory limits', () => expectResource(false, 'limits.memory', '64'));
  conformance('DownwardAPI volume: CPU request', () => expectResource(false, 'requests.cpu', '250'));
  conformance('DownwardAPI volume: memory request', () => expectResource(false, 'requests.memory', '32'));
  conformance('DownwardAPI volume: CPU limit, default node allocatable', () => expectNodeDefault(false, 'cpu'));
  conformance('DownwardAPI volume: memory limit, default node allocatable', () => expectNodeDefault(false, 'memory'));
});

const projection = (kind: 'configMap' | 'secret', items = '', mode = '') =>
  `projected: {sources: [{${kind}: {name: settings${items ? `, ${items}` : ''}}}]${mode}}`;

describe('Projected volumes', () => {
  conformance('Projected Volume: ConfigMap, volume mode default', () => {
    expect(fileIn(reading(MAP, projection('configMap')), '/etc/vol/data-1')).toBe('value-1 0644');
  });

  conformance('Projected Volume: ConfigMap, volume mode 0400', () => {
    const model = reading(MAP, projection('configMap', '', ', defaultMode: 0400'));
    expect(fileIn(model, '/etc/vol/data-1')).toBe('value-1 0400');
  });

  conformance('Projected Volume: ConfigMap, non-root user', () => {
    expect(fileIn(reading(MAP, projection('configMap'), NON_ROOT), '/etc/vol/data-1')).toBe('value-1 0644');
  });

  conformance('Projected Volume: ConfigMap, mapped', () => {
    const model = reading(MAP, projection('configMap', ITEM));
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0644');
  });

  conformance('Projected Volume: ConfigMap, mapped, volume mode 0400', () => {
    const model = reading(MAP, projection('configMap', MODED));
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0400');
  });

  conformance('Projected Volume: ConfigMap, mapped, non-root user', () => {
    const model = reading(MAP, projection('configMap', ITEM), NON_ROOT);
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0644');
  });

  conformance('Projected Volume: ConfigMap, update', () => {
    const model = reading(MAP, projection('configMap'));
    update(model, ConfigMap, 'settings', (map) => ({ ...map, data: { 'data-1': 'value-2' } }));
    model.run(2 * MINUTE_MS);
    expect(contentIn(model, '/etc/vol/data-1')).toBe('value-2');
  });

  conformance('Projected Volume: ConfigMap, create, update and delete', () => {
    expectLife(ConfigMap, true);
  });

  conformance('Projected Volume: ConfigMap, multiple volume paths', () => {
    const model = reading(MAP, `${projection('configMap')}}, {name: two, ${projection('configMap')}`, {
      mount: 'readOnly: true}, {name: two, mountPath: /etc/two',
    });
    for (const path of ['/etc/vol/data-1', '/etc/two/data-1']) expect(fileIn(model, path)).toBe('value-1 0644');
  });

  conformance('Projected Volume: DownwardAPI, pod name', () => {
    expect(fileIn(reading('', downward(field('metadata.name'), true)), '/etc/vol/file')).toBe('reader 0644');
  });

  conformance('Projected Volume: DownwardAPI, volume mode 0400', () => {
    const model = reading('', downward(field('metadata.name'), true, ', defaultMode: 0400'));
    expect(fileIn(model, '/etc/vol/file')).toBe('reader 0400');
  });

  conformance('Projected Volume: DownwardAPI, update labels', () => expectFollows(true, 'labels'));
  conformance('Projected Volume: DownwardAPI, update annotation', () => expectFollows(true, 'annotations'));
  conformance('Projected Volume: DownwardAPI, CPU limits', () => expectResource(true, 'limits.cpu', '1250'));
  conformance('Projected Volume: DownwardAPI, memory limits', () => expectResource(true, 'limits.memory', '64'));
  conformance('Projected Volume: DownwardAPI, CPU request', () => expectResource(true, 'requests.cpu', '250'));
  conformance('Projected Volume: DownwardAPI, memory request', () => expectResource(true, 'requests.memory', '32'));
  conformance('Projected Volume: DownwardAPI, CPU limit, node allocatable', () => expectNodeDefault(true, 'cpu'));
  conformance('Projected Volume: DownwardAPI, memory limit, node allocatable', () => expectNodeDefault(true, 'memory'));

  conformance('Projected Volume: Secrets, volume mode default', () => {
    expect(fileIn(reading(SECRET, projection('secret')), '/etc/vol/data-1')).toBe('value-1 0644');
  });

  conformance('Projected Volume: Secrets, volume mode 0400', () => {
    const model = reading(SECRET, projection('secret', '', ', defaultMode: 0400'));
    expect(fileIn(model, '/etc/vol/data-1')).toBe('value-1 0400');
  });

  conformance('Projected Volume: Secrets, non-root, custom fsGroup', () => {
    const model = reading(SECRET, projection('secret', '', ', defaultMode: 0440'), GROUP);
    expect(fileIn(model, '/etc/vol/data-1')).toBe('value-1 0440');
  });

  conformance('Projected Volume: Secrets, mapped', () => {
    const model = reading(SECRET, projection('secret', ITEM));
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0644');
  });

  conformance('Projected Volume: Secrets, mapped, volume mode 0400', () => {
    const model = reading(SECRET, projection('secret', MODED));
    expect(fileIn(model, '/etc/vol/path/to/data-2')).toBe('value-2 0400');
  });

  conformance('Projected Volume: Secrets, mapped, multiple paths', () => {
    const model = reading(SECRET, `${projection('secret')}}, {name: two, ${projection('secret')}`, {
      mount: 'readOnly: true}, {name: two, mountPath: /etc/two',
    });
    for (const path of ['/etc/vol/data-1', '/etc/two/data-1']) expect(fileIn(model, path)).toBe('value-1 0644');
  });

  conformance('Projected Volume: Secrets, create, update, delete', () => {
    expectLife(Secret, true);
  });

  conformance('Projected Volume: multiple projections', () => {
    const secret = SECRET.replaceAll('data-', 'secret-');
    const model = reading(
      `${MAP}---${secret}`,
      `projected: {sources: [{configMap: {name: settings}}, {secret: {name: settings}}, {${FIELDS(field('metadata.name'))}}]}`,
    );
    expect(pathsBelow(model, '/etc/vol')).toEqual([
      '/etc/vol/data-1',
      '/etc/vol/data-2',
      '/etc/vol/file',
      '/etc/vol/secret-1',
      '/etc/vol/secret-2',
    ]);
  });
});
