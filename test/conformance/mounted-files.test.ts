import { describe, expect } from 'vitest';
import { directoryMode } from '../../src/kinds/pod/container-files.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { Model } from '../support/model.ts';
import { apply, cluster, found, MINUTE_MS } from './cluster.ts';
import { conformance } from './conformance.ts';
import { contentIn, fileIn, reading, systemOf, type ReaderOptions } from './mounted.ts';

function write(model: Model, path: string, fields: object, container = 'c'): string {
  const target = { kindKey: Pod.key, namespace: 'default', name: 'reader' };
  const { errors } = model.command('writeFile', { target, container, path, ...fields });
  return errors?.[0]?.message ?? 'ok';
}

const NON_ROOT: ReaderOptions = { pod: 'securityContext: {runAsUser: 1001}' };

/** A file of the given mode is written into an emptyDir and read back. */
function expectMode(medium: '' | 'Memory', mode: number, options?: ReaderOptions): void {
  const model = reading('', `emptyDir: {medium: "${medium}"}`, options);
  expect(write(model, '/etc/vol/test-file', { content: 'mount-tester new file\n', mode })).toBe('ok');
  expect(fileIn(model, '/etc/vol/test-file')).toBe(`mount-tester new file\n 0${mode.toString(8)}`);
}

/** The directory itself may be written by everybody. */
function expectDefaultMode(medium: '' | 'Memory'): void {
  const model = reading('', `emptyDir: {medium: "${medium}"}`);
  expect(directoryMode(systemOf(model, 'reader', 'c').mounts, '/etc/vol')).toBe(0o777);
}

describe('EmptyDir', () => {
  conformance('EmptyDir: medium default, volume mode default', () => expectDefaultMode(''));
  conformance('EmptyDir: medium memory, volume mode default', () => expectDefaultMode('Memory'));
  conformance('EmptyDir: medium default, volume mode 0644', () => expectMode('', 0o644));
  conformance('EmptyDir: medium default, volume mode 0666', () => expectMode('', 0o666));
  conformance('EmptyDir: medium default, volume mode 0777', () => expectMode('', 0o777));
  conformance('EmptyDir: medium default, volume mode 0644, non-root user', () => expectMode('', 0o644, NON_ROOT));
  conformance('EmptyDir: medium default, volume mode 0666, non-root user', () => expectMode('', 0o666, NON_ROOT));
  conformance('EmptyDir: medium default, volume mode 0777, non-root user', () => expectMode('', 0o777, NON_ROOT));
  conformance('EmptyDir: medium memory, volume mode 0644', () => expectMode('Memory', 0o644));
  conformance('EmptyDir: medium memory, volume mode 0666', () => expectMode('Memory', 0o666));
  conformance('EmptyDir: medium memory, volume mode 0777', () => expectMode('Memory', 0o777));
  conformance('EmptyDir: medium memory, volume mode 0644, non-root user', () => expectMode('Memory', 0o644, NON_ROOT));
  conformance('EmptyDir: medium memory, volume mode 0666, non-root user', () => expectMode('Memory', 0o666, NON_ROOT));
  conformance('EmptyDir: medium memory, volume mode 0777, non-root user', () => expectMode('Memory', 0o777, NON_ROOT));

  conformance('EmptyDir: shared volumes between containers', () => {
    const other =
      '}, {name: sub, image: busybox, command: [sleep, infinity], volumeMounts: [{name: vol, mountPath: /data}]';
    const model = reading('', 'emptyDir: {}', { container: `tty: true${other}` });
    expect(write(model, '/data/shared', { content: 'Hello from the busy-box sub-container' }, 'sub')).toBe('ok');
    expect(contentIn(model, '/etc/vol/shared')).toBe('Hello from the busy-box sub-container');
  });

  conformance('EmptyDir Wrapper: Secret and ConfigMap volumes do not conflict', () => {
    const objects =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: "1"}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {b: "2"}\n';
    const model = reading(objects, 'secret: {secretName: s}}, {name: map, configMap: {name: m}', {
      mount: 'readOnly: true}, {name: map, mountPath: /etc/map',
    });
    expect([contentIn(model, '/etc/vol/a'), contentIn(model, '/etc/map/b')]).toEqual(['1', '2']);
  });

  conformance('EmptyDir Wrapper: ConfigMap volumes do not race', () => {
    const names = Array.from({ length: 50 }, (_, index) => `racey-${index}`);
    const model = cluster(3);
    apply(
      model,
      names
        .map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {data-1: value-1}\n`)
        .join('---\n'),
    );
    const volumes = names.map(
      (name) => `{name: ${name}, configMap: {name: ${name}, items: [{key: data-1, path: data-1}]}}`,
    );
    const mounts = names.map((name) => `{name: ${name}, mountPath: /etc/${name}}`);
    apply(
      model,
      `apiVersion: v1
kind: ReplicationController
metadata: {name: wrapped}
spec:
  replicas: 5
  selector: {name: wrapped}
  template:
    metadata: {labels: {name: wrapped}}
    spec: {volumes: [${volumes.join(', ')}], containers: [{name: c, image: busybox, command: [sleep, "10000"], volumeMounts: [${mounts.join(', ')}]}]}`,
    );
    model.run(MINUTE_MS);
    const pods = model.view.list(Pod, 'default');
    expect(pods.map(({ status }) => status.phase)).toEqual(Array(5).fill('Running'));
    for (const pod of pods) {
      for (const name of names) expect(contentIn(model, `/etc/${name}/data-1`, pod.metadata.name)).toBe('value-1');
    }
  });
});

const MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {configmap-key: configmap-value}\n';
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: settings}\nstringData: {secret-key: secret-value}\n';

describe('SubPath', () => {
  conformance('SubPath: reading content from a secret volume', () => {
    const model = reading(SECRET, 'secret: {secretName: settings}', { mount: 'subPath: secret-key' });
    expect(contentIn(model, '/etc/vol')).toBe('secret-value');
  });

  conformance('SubPath: reading content from a configmap volume', () => {
    const model = reading(MAP, 'configMap: {name: settings}', { mount: 'subPath: configmap-key' });
    expect(contentIn(model, '/etc/vol')).toBe('configmap-value');
  });

  conformance('SubPath: reading content from a configmap volume at a path that exists', () => {
    const model = reading(MAP, 'configMap: {name: settings}}, {name: own, emptyDir: {}', {
      mount: 'subPath: configmap-key}, {name: vol, mountPath: /etc/resolv.conf, subPath: configmap-key',
    });
    expect(contentIn(model, '/etc/resolv.conf')).toBe('configmap-value');
  });

  conformance('SubPath: reading content from a downwardAPI volume', () => {
    const items = 'items: [{path: downward/podname, fieldRef: {fieldPath: metadata.name}}]';
    const model = reading('', `downwardAPI: {${items}}`, { mount: 'subPath: downward/podname' });
    expect(contentIn(model, '/etc/vol')).toBe('reader');
  });

  conformance('SubPath: reading content from a projected volume', () => {
    const items = 'items: [{key: configmap-key, path: projected/configmap-key}]';
    const model = reading(MAP, `projected: {sources: [{configMap: {name: settings, ${items}}}]}`, {
      mount: 'subPath: projected/configmap-key',
    });
    expect(contentIn(model, '/etc/vol')).toBe('configmap-value');
  });
});

describe('Kubelet', () => {
  conformance('Kubelet: hostAliases', () => {
    const model = reading('', 'emptyDir: {}', { pod: 'hostAliases: [{ip: 123.45.67.89, hostnames: [foo, bar]}]' });
    expect(contentIn(model, '/etc/hosts')).toContain('123.45.67.89\tfoo\tbar\n');
  });

  conformance('Kubelet: managed etc hosts', () => {
    const model = cluster(1);
    const container = (name: string, more = '') => `{name: ${name}, image: busybox, command: [sleep, infinity]${more}}`;
    const own = ', volumeMounts: [{name: hosts, mountPath: /etc/hosts, subPath: hosts}]';
    apply(
      model,
      `apiVersion: v1
kind: ConfigMap
metadata: {name: hosts}
data: {hosts: "mine"}
---
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec: {volumes: [{name: hosts, configMap: {name: hosts}}], containers: [${container('c')}, ${container('d')}, ${container('e', own)}]}
---
apiVersion: v1
kind: Pod
metadata: {name: host}
spec: {hostNetwork: true, containers: [${container('c')}]}
`,
    );
    model.run(MINUTE_MS);
    const ip = found(model, Pod, 'reader').status.podIP ?? '';
    for (const name of ['c', 'd']) {
      const content = contentIn(model, '/etc/hosts', 'reader', name);
      expect(content).toMatch(/^# Kubernetes-managed hosts file\.\n/);
      expect(content).toContain(`${ip}\treader\n`);
    }
    expect(contentIn(model, '/etc/hosts', 'reader', 'e')).toBe('mine');
    expect(contentIn(model, '/etc/hosts', 'host')).not.toContain('# Kubernetes-managed hosts file.\n');
  });

  conformance('Kubelet: read-only root file system', () => {
    const model = reading('', 'emptyDir: {}', { container: 'securityContext: {readOnlyRootFilesystem: true}' });
    expect(write(model, '/file', { content: 'test' })).toBe('/file: Read-only file system');
  });
});

describe('Security Context', () => {
  conformance('Security Context: readOnlyRootFilesystem=false', () => {
    const model = reading('', 'emptyDir: {}', { container: 'securityContext: {readOnlyRootFilesystem: false}' });
    expect(write(model, '/checkrootfs', { content: 'x' })).toBe('ok');
  });
});

describe('Variable Expansion', () => {
  const env = 'env: [{name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]';

  conformance('Variable Expansion: subpaths', () => {
    const model = reading('', 'emptyDir: {}', {
      mount: 'subPathExpr: $(POD_NAME)}, {name: vol, mountPath: /testcontainer',
      container: env,
    });
    write(model, '/etc/vol/test.log', { content: 'x' });
    expect(contentIn(model, '/testcontainer/reader/test.log')).toBe('x');
  });
});
