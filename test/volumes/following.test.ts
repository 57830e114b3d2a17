import { describe, expect, it } from 'vitest';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { lastSyncMs, syncPeriodMs } from '../../src/kinds/pod/volume-sync.ts';
import { Secret } from '../../src/kinds/secret/types.ts';
import type { Kind } from '../../src/machinery/kind.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { eventsOf, kubeletModel, podManifest, podNamed, statusOf } from '../kubelet/support.ts';
import type { Model } from '../support/model.ts';
import { all, read } from './support.ts';

const map = (data: object, more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: default}\ndata: ${JSON.stringify(data)}\n${more}`;

const POD = podManifest(`
  volumes: [{name: config, configMap: {name: settings}}]
  containers:
  - name: app
    image: 'app:1'
    env: [{name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mode, optional: true}}}]
    volumeMounts:
    - {name: config, mountPath: /config}
    - {name: config, mountPath: /one, subPath: mode}
  - {name: other, image: 'app:1', volumeMounts: [{name: config, mountPath: /config}]}`);

function change<T extends KubeObject>(model: Model, kind: Kind<T>, fields: Partial<T>, name = 'settings'): void {
  model.do((api) => {
    const object = api.get(kind, 'default', name);
    if (!object) throw new Error(`there is no ${name}`);
    const result = api.update({ ...object, ...fields });
    if (!result.ok) throw new Error(result.error.message);
  });
}

function destroy(model: Model): void {
  model.do((api) => {
    const object = api.get(ConfigMap, 'default', 'settings');
    if (object) api.delete(object);
  });
}

function started(data: object = { mode: 'old' }, pod = POD, settleMs = 300_000): Model {
  const model = kubeletModel();
  model.create(map(data), pod);
  model.run(settleMs);
  expect(statusOf(model)).toBe('Running');
  return model;
}

/** How long after the present moment a file gets another content, in milliseconds; undefined within 100 s. */
function seenAfter(model: Model, path: string): number | undefined {
  const before = read(model, 'web', path);
  for (let waited = 0; waited < 100_000; waited += 100) {
    if (read(model, 'web', path) !== before) return waited;
    model.run(100);
  }
  return undefined;
}

const touch = (model: Model, metadata: Partial<Pod['metadata']>) =>
  model.do((api) => {
    const pod = podNamed(model);
    if (pod) api.update({ ...pod, metadata: { ...pod.metadata, ...metadata } });
  });

describe('a mounted ConfigMap', () => {
  it('follows a change at the next sync of the pod, 60 to 90 s after the one before', () => {
    const model = started();
    const due = lastSyncMs(podNamed(model)!, model.engine.now) + syncPeriodMs(podNamed(model)!) - model.engine.now;
    expect(syncPeriodMs(podNamed(model)!)).toBeGreaterThanOrEqual(60_000);
    expect(syncPeriodMs(podNamed(model)!)).toBeLessThanOrEqual(90_000);
    change(model, ConfigMap, { data: { mode: 'new' } });
    const waited = seenAfter(model, '/config/mode');
    expect(waited).toBeGreaterThan(due - 100);
    expect(waited).toBeLessThan(due + 200);
    expect(read(model, 'web/other', '/config/mode')).toBe('new');
  });

  it('costs no version of any pod and no timer', () => {
    const model = kubeletModel();
    model.create(
      map({ mode: 'old' }),
      podManifest(`
  volumes: [{name: config, configMap: {name: settings}}]
  containers: [{name: app, image: 'app:1', volumeMounts: [{name: config, mountPath: /config}]}]`),
    );
    model.run(300_000);
    model.versions.length = 0;
    change(model, ConfigMap, { data: { mode: 'new' } });
    model.run(300_000);
    expect(model.versions.map(({ kindKey }) => kindKey)).toEqual(['ConfigMap']);
    expect(read(model, 'web', '/config/mode')).toBe('new');
  });

  it('is not seen by a mount with a subPath until the container starts again', () => {
    const model = started();
    change(model, ConfigMap, { data: { mode: 'new' } });
    model.run(600_000);
    expect([read(model, 'web', '/config/mode'), read(model, 'web', '/one')]).toEqual(['new', 'old']);
    change(model, ConfigMap, { data: { mode: 'newer' } });
    model.run(600_000);
    expect(read(model, 'web', '/one')).toBe('old');
    model.create(`
apiVersion: orrery.dev/v1alpha1
kind: Fault
metadata: {name: exit}
spec: {target: {name: web, container: app}, containerExit: {exitCode: 1}}
`);
    model.run(10_000);
    expect(read(model, 'web', '/one')).toBe('newer');
    expect(podNamed(model)?.runtime?.containers?.['app']?.subPaths).toBeUndefined();
  });

  it('shows every change in turn, however often it changes between two syncs', () => {
    const model = started();
    for (let turn = 0; turn < 40; turn++) {
      change(model, ConfigMap, { data: { mode: String(turn) } });
      model.run(40_000);
      const seen = Number(read(model, 'web', '/config/mode') === 'old' ? -1 : read(model, 'web', '/config/mode'));
      expect(seen).toBeGreaterThanOrEqual(turn - 3);
      expect(seen).toBeLessThanOrEqual(turn);
    }
    expect(model.view.get(ConfigMap, 'default', 'settings')?.runtime?.past?.length).toBeLessThanOrEqual(3);
  });

  it('is seen at once when somebody annotates the pod, or a container of it starts again', () => {
    const model = started();
    change(model, ConfigMap, { data: { mode: 'new' } });
    expect(read(model, 'web', '/config/mode')).toBe('old');
    touch(model, { annotations: { touched: 'yes' } });
    expect(read(model, 'web', '/config/mode')).toBe('new');
    model.run(1);
    change(model, ConfigMap, { data: { mode: 'newer' } });
    expect(read(model, 'web', '/config/mode')).toBe('new');
    model.create(`
apiVersion: orrery.dev/v1alpha1
kind: Fault
metadata: {name: exit}
spec: {target: {name: web, container: other}, containerExit: {exitCode: 1}}
`);
    model.run(5000);
    expect(read(model, 'web', '/config/mode')).toBe('newer');
  });

  it('is seen by a new pod as it is now', () => {
    const model = started();
    change(model, ConfigMap, { data: { mode: 'new' } });
    model.create(POD.replace('metadata: {name: web', 'metadata: {name: late'));
    model.run(5000);
    expect([read(model, 'late', '/config/mode'), read(model, 'late', '/one')]).toEqual(['new', 'new']);
  });

  it('gets and loses files with its keys', () => {
    const model = started({ mode: 'old', gone: 'soon' });
    change(model, ConfigMap, { data: { mode: 'old', more: 'added' } });
    expect(all(model, 'web/other')).toEqual(['/config/gone=soon', '/config/mode=old']);
    model.run(90_000);
    expect(all(model, 'web/other')).toEqual(['/config/mode=old', '/config/more=added']);
  });

  it('is there still when its object is deleted, and follows it again when it comes back', () => {
    const model = started();
    change(model, ConfigMap, { data: { mode: 'new' } });
    destroy(model);
    for (const wait of [0, 90_000, 3_600_000]) {
      model.run(wait);
      expect(read(model, 'web', '/config/mode')).toBe('old');
    }
    model.create(map({ mode: 'reborn' }));
    expect(read(model, 'web', '/config/mode')).toBe('old');
    model.run(122_000);
    expect(read(model, 'web', '/config/mode')).toBe('reborn');
    expect(read(model, 'web', '/one')).toBe('old');
  });

  it('says that it cannot be mounted when its object is deleted: at the next sync, and again at longer intervals', () => {
    const model = started();
    const pod = podNamed(model)!;
    const due = lastSyncMs(pod, model.engine.now) + syncPeriodMs(pod);
    const complaint = 'MountVolume.SetUp failed for volume "config" : configmap "settings" not found';
    destroy(model);
    const copy = model.restarted();
    expect(copy.versions).toEqual([]);
    for (const one of [model, copy]) {
      one.runTo(due - 1);
      expect(eventsOf(one).filter((line) => line.includes('FailedMount'))).toEqual([]);
      one.runTo(due);
      expect(eventsOf(one).at(-1)).toBe(`Warning FailedMount ${complaint}`);
      one.run(10_000);
      expect(eventsOf(one).at(-1)).toBe(`Warning FailedMount ${complaint} (×5)`);
      expect(statusOf(one)).toBe('Running');
      one.create(map({ mode: 'back' }));
      one.run(5_400);
      expect(read(one, 'web', '/config/mode')).toBe('old');
      one.run(200);
      expect(read(one, 'web', '/config/mode')).toBe('back');
      expect(podNamed(one)?.runtime).not.toHaveProperty('mountRetry');
      expect(podNamed(one)?.runtime).not.toHaveProperty('keptVolumes');
    }
  });

  it('keeps what was there when a key it names goes, unless it is optional', () => {
    const items = (optional: boolean) =>
      podManifest(`
  volumes: [{name: config, configMap: {name: settings, optional: ${optional}, items: [{key: mode, path: deep/m}, {key: b, path: b}]}}]
  containers: [{name: app, image: 'app:1', volumeMounts: [{name: config, mountPath: /config}]}]`);
    const strict = started({ mode: 'old', b: '1' }, items(false));
    const lenient = started({ mode: 'old', b: '1' }, items(true));
    for (const model of [strict, lenient]) change(model, ConfigMap, { data: { b: '2' } });
    for (const model of [strict, lenient]) expect(all(model, 'web')).toEqual(['/config/b=1', '/config/deep/m=old']);
    for (const model of [strict, lenient]) model.run(90_000);
    expect(all(strict, 'web')).toEqual(['/config/b=1', '/config/deep/m=old']);
    expect(all(lenient, 'web')).toEqual(['/config/b=2']);
    destroy(lenient);
    expect(all(lenient, 'web')).toEqual(['/config/b=2']);
    lenient.run(90_000);
    expect(all(lenient, 'web')).toEqual([]);
  });

  it('looks the same after a restart of the process, at every moment', () => {
    const model = started();
    model.run(30_000);
    change(model, ConfigMap, { data: { mode: 'new' } });
    touch(model, { labels: { app: 'web', more: 'yes' } });
    change(model, ConfigMap, { data: { mode: 'newer' } });
    model.run(20_000);
    destroy(model);
    const copy = model.restarted();
    expect(copy.versions).toEqual([]);
    for (const wait of [0, 30_000, 30_000, 30_000]) {
      model.run(wait);
      copy.run(wait);
      expect(all(copy, 'web')).toEqual(all(model, 'web'));
    }
  });

  it('writes nothing for a map that no pod names', () => {
    const model = kubeletModel();
    model.create(map({ mode: 'old' }));
    change(model, ConfigMap, { data: { mode: 'new' } });
    expect(model.view.get(ConfigMap, 'default', 'settings')?.runtime).toBeUndefined();
  });

  it('is not changed by a deletion that is only tried', () => {
    const model = started();
    const target = { kindKey: ConfigMap.key, namespace: 'default', name: 'settings' };
    model.command('deleteObject', { target }, { dryRun: true });
    model.run(200_000);
    expect(podNamed(model)?.runtime?.keptVolumes).toBeUndefined();
    change(model, ConfigMap, { data: { mode: 'new' } });
    model.run(90_000);
    expect(read(model, 'web', '/config/mode')).toBe('new');
  });
});

describe('other volumes that the kubelet writes', () => {
  it('a Secret follows like a ConfigMap', () => {
    const model = kubeletModel();
    model.create(
      'apiVersion: v1\nkind: Secret\nmetadata: {name: settings, namespace: default}\nstringData: {a: old}',
      podManifest(`
  volumes: [{name: secret, projected: {sources: [{secret: {name: settings}}]}}]
  containers: [{name: app, image: 'app:1', volumeMounts: [{name: secret, mountPath: /secret}]}]`),
    );
    model.run(300_000);
    change(model, Secret, { data: { a: 'bmV3' } });
    expect(read(model, 'web', '/secret/a')).toBe('old');
    model.run(90_000);
    expect(read(model, 'web', '/secret/a')).toBe('new');
  });

  it('the downward API follows labels and annotations at once: they are a change of the pod', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`
  volumes:
  - name: info
    downwardAPI:
      items:
      - {path: labels, fieldRef: {fieldPath: metadata.labels}}
      - {path: annotations, fieldRef: {fieldPath: metadata.annotations}}
      - {path: cpu, resourceFieldRef: {containerName: app, resource: limits.cpu, divisor: 1m}}
      - {path: memory, mode: 256, resourceFieldRef: {containerName: app, resource: requests.memory}}
  containers:
  - name: app
    image: 'app:1'
    resources: {limits: {cpu: 1500m}, requests: {memory: 64Mi}}
    volumeMounts: [{name: info, mountPath: /info}]`),
    );
    model.run(10_000);
    expect(all(model, 'web')).toEqual([
      '/info/annotations=',
      '/info/cpu=1500',
      '/info/labels=app="web"',
      '/info/memory=67108864',
    ]);
    touch(model, { labels: { app: 'web', tier: 'a' }, annotations: { note: 'say "x"\n' } });
    expect(read(model, 'web', '/info/labels')).toBe('app="web"\ntier="a"');
    expect(read(model, 'web', '/info/annotations')).toBe('note="say \\"x\\"\\n"');
  });

  it('the resources of a container without limits are those of its node', () => {
    const model = kubeletModel();
    model.do((api) => {
      const node = api.get({ key: 'Node' } as never, undefined, 'node-1') as KubeObject & { status: object };
      api.updateStatus({
        ...node,
        status: { ...node.status, allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
      } as never);
    });
    model.create(
      podManifest(`
  volumes: [{name: info, downwardAPI: {items: [{path: cpu, resourceFieldRef: {containerName: app, resource: limits.cpu}}]}}]
  containers: [{name: app, image: 'app:1', volumeMounts: [{name: info, mountPath: /info}]}]`),
    );
    model.run(10_000);
    expect(read(model, 'web', '/info/cpu')).toBe('4');
  });
});

describe('what is missing when the volumes are mounted', () => {
  it.each([
    ['configMap: {name: none}', 'configmap "none" not found'],
    ['secret: {secretName: none}', 'secret "none" not found'],
    ['configMap: {name: settings, items: [{key: z, path: z}]}', 'configmap references non-existent config key: z'],
    ['secret: {secretName: sealed, items: [{key: z, path: z}]}', 'references non-existent secret key: z'],
    ['projected: {sources: [{configMap: {name: none}}]}', 'configmap "none" not found'],
    [
      'projected: {sources: [{configMap: {name: none}}, {secret: {name: none}}]}',
      '[configmap "none" not found, secret "none" not found]',
    ],
  ])('%s: %s', (source, problem) => {
    const model = kubeletModel();
    model.create(
      map({ a: '1' }),
      'apiVersion: v1\nkind: Secret\nmetadata: {name: sealed, namespace: default}\nstringData: {a: old}',
      podManifest(`
  volumes: [{name: vol, ${source}}]
  containers: [{name: app, image: 'app:1', volumeMounts: [{name: vol, mountPath: /vol}]}]`),
    );
    model.run(1000);
    expect(statusOf(model)).toBe('ContainerCreating');
    expect(eventsOf(model)[0]).toContain(`Warning FailedMount MountVolume.SetUp failed for volume "vol" : ${problem}`);
  });

  it('an optional map that is not there leaves an empty volume, which fills when it appears', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`
  volumes: [{name: vol, configMap: {name: settings, optional: true}}]
  containers: [{name: app, image: 'app:1', volumeMounts: [{name: vol, mountPath: /vol}]}]`),
    );
    model.run(10_000);
    expect(all(model, 'web')).toEqual([]);
    model.create(map({ a: '1' }));
    model.run(90_000);
    expect(all(model, 'web')).toEqual(['/vol/a=1']);
  });
});
