import { describe, expect, it } from 'vitest';
import { hash32 } from '../../src/machinery/random.ts';
import { kubeletModel, podManifest, podNamed, statusOf } from '../kubelet/support.ts';
import type { Model } from '../support/model.ts';
import { all, remove, write } from './support.ts';

/** What lives how long, in the simplest words: maps by their owner, emptied when the owner goes. */
class Reference {
  readonly stores = new Map<string, Map<string, string>>();

  store(owner: string): Map<string, string> {
    let store = this.stores.get(owner);
    if (!store) this.stores.set(owner, (store = new Map()));
    return store;
  }

  /** What a container of a pod sees, as `path=content`. */
  seen(pod: string, container: string): string[] {
    return MOUNTS.flatMap(({ at, owner }) =>
      [...this.store(owner(pod, container))].map(([name, content]) => `${at}/${name}=${content}`),
    ).sort();
  }

  forget(prefix: string): void {
    for (const owner of this.stores.keys()) if (owner.startsWith(prefix)) this.stores.delete(owner);
  }
}

const MOUNTS = [
  { at: '/own', owner: (pod: string, container: string) => `pod ${pod} container ${container}` },
  { at: '/empty', owner: (pod: string) => `pod ${pod} volume` },
  { at: '/host', owner: () => 'node' },
  { at: '/share', owner: () => 'server' },
  { at: '/claim', owner: () => 'claim' },
] as const;

const PODS = ['one', 'two'];
const CONTAINERS = ['app', 'side'];

const manifest = (name: string) => {
  const mounts =
    '[{name: empty, mountPath: /empty}, {name: host, mountPath: /host}, {name: share, mountPath: /share}, {name: claim, mountPath: /claim}]';
  return podManifest(
    `
  volumes:
  - {name: empty, emptyDir: {}}
  - {name: host, hostPath: {path: /srv}}
  - {name: share, nfs: {server: s, path: /p}}
  - {name: claim, persistentVolumeClaim: {claimName: data}}
  containers:
  - {name: app, image: 'app:1', volumeMounts: ${mounts}}
  - {name: side, image: 'app:1', volumeMounts: ${mounts}}`,
    name,
  );
};

const STORAGE = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default}
spec: {storageClassName: '', accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], csi: {driver: ebs.csi.aws.com, volumeHandle: d}}
`;

/** Whole numbers below a bound, the same for the same seed. */
function numbers(seed: number): (bound: number) => number {
  let count = 0;
  return (bound) => hash32(`${seed} ${count++}`) % bound;
}

function runRandomly(seed: number): void {
  const pick = numbers(seed);
  const reference = new Reference();
  let model: Model = kubeletModel({ seed: String(seed) });
  model.create(STORAGE, ...PODS.map(manifest));
  model.run(60_000);
  for (let step = 0; step < 40; step++) {
    const pod = PODS[pick(PODS.length)] ?? '';
    const container = CONTAINERS[pick(CONTAINERS.length)] ?? '';
    const { at, owner } = MOUNTS[pick(MOUNTS.length)] ?? MOUNTS[0];
    const name = `f${pick(3)}`;
    const store = reference.store(owner(pod, container));
    const action = pick(10);
    if (action < 5) {
      expect(write(model, `${pod}/${container}`, `${at}/${name}`, `${step}`)).toBe('ok');
      store.set(name, `${step}`);
    } else if (action < 6) {
      const answer = store.has(name) ? 'ok' : `${at}/${name}: No such file or directory`;
      expect(remove(model, `${pod}/${container}`, `${at}/${name}`)).toBe(answer);
      store.delete(name);
    } else if (action < 8) {
      restart(model, pod, container, step);
      reference.forget(`pod ${pod} container ${container}`);
    } else if (action < 9) {
      model.do((api) => void api.delete(podNamed(model, pod)!));
      model.run(60_000);
      model.create(manifest(pod));
      model.run(60_000);
      reference.forget(`pod ${pod} `);
    } else {
      model = model.restarted();
      expect(model.versions).toEqual([]);
    }
    for (const one of PODS) {
      expect(statusOf(model, one)).toBe('Running');
      for (const other of CONTAINERS) expect(all(model, `${one}/${other}`)).toEqual(reference.seen(one, other));
    }
  }
}

function restart(model: Model, pod: string, container: string, step: number): void {
  model.create(`
apiVersion: orrery.dev/v1alpha1
kind: Fault
metadata: {name: exit-${step}}
spec: {target: {name: ${pod}, container: ${container}}, containerExit: {exitCode: 1}}
`);
  // Long enough for any back-off to be over, and to count for nothing afterwards.
  model.run(1_200_000);
}

describe('random writes, restarts and deletions', () => {
  it.each([1, 2, 3, 4])('leave what a simple model of them leaves (seed %i)', (seed) => {
    runRandomly(seed);
  });
});
