import { describe, expect, it } from 'vitest';
import { attachableSource } from '../../src/kinds/csidriver/queries.ts';
import { silentSince } from '../../src/kinds/fault/queries.ts';
import { Fault } from '../../src/kinds/fault/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { PersistentVolume } from '../../src/kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { isAttached } from '../../src/kinds/volumeattachment/queries.ts';
import { VolumeAttachment } from '../../src/kinds/volumeattachment/types.ts';
import type { ClusterView } from '../../src/machinery/cluster-view.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { Choices } from '../properties/random-cluster.ts';
import { Model } from '../support/model.ts';
import { claim, mounting, node, storageClass, volume } from './support.ts';

/**
 * Random volumes, claims, pods, lost nodes, failing drivers and restarts. A failure names its seed:
 * ORRERY_PROPERTY_SEED=… npx vitest run test/storage/property.test.ts replays it.
 */
const only = process.env['ORRERY_PROPERTY_SEED'];
const runs = Number(process.env['ORRERY_PROPERTY_RUNS'] ?? 12);
const seeds = only === undefined ? Array.from({ length: runs }, (_, run) => `storage-${run}`) : [only];
const STEPS = 60;
const NODES = ['a', 'b', 'c'];
const SIZES = ['1Gi', '2Gi', '5Gi'];
const MODES = [
  ['ReadWriteOnce'],
  ['ReadWriteOnce'],
  ['ReadWriteOnce'],
  ['ReadWriteMany'],
  ['ReadWriteOncePod'],
  ['ReadWriteOnce', 'ReadWriteMany'],
];

/** What must hold whenever an instant has come to rest; each rule gives what breaks it. */
const RULES: Record<string, (view: ClusterView) => string[]> = {
  'a volume is bound to one claim': (view) => {
    const owners = new Map<string, string>();
    return view.list(PersistentVolumeClaim).flatMap(({ metadata, spec, status }) => {
      if (status.phase !== 'Bound') return [];
      const name = spec.volumeName ?? '';
      const before = owners.get(name);
      owners.set(name, metadata.name);
      return before === undefined ? [] : [`${name}: ${before} and ${metadata.name}`];
    });
  },
  'a claim and its volume know of each other': (view) =>
    view.list(PersistentVolumeClaim).flatMap(({ metadata, spec, status }) => {
      if (status.phase !== 'Bound') return [];
      const reference = view.get(PersistentVolume, undefined, spec.volumeName ?? '')?.spec.claimRef;
      return reference?.uid === metadata.uid ? [] : [`${metadata.name} and ${spec.volumeName}`];
    }),
  'a claim has one volume': (view) => {
    const bound = view.list(PersistentVolume).filter(({ status }) => status.phase === 'Bound');
    const uids = bound.map(({ spec }) => spec.claimRef?.uid ?? '');
    return uids.filter((uid, index) => uids.indexOf(uid) !== index);
  },
  'a volume for one node is attached to one': (view) => {
    const nodes = new Map<string, string>();
    return view.list(VolumeAttachment).flatMap(({ spec }) => {
      const name = spec.source.persistentVolumeName ?? '';
      const found = view.get(PersistentVolume, undefined, name);
      if (found?.spec.accessModes?.includes('ReadWriteMany')) return [];
      const before = nodes.get(name);
      nodes.set(name, spec.nodeName);
      return before === undefined ? [] : [`${name} to ${before} and ${spec.nodeName}`];
    });
  },
  'a pod runs with its volumes attached, where its kubelet is heard': (view) =>
    view.list(Pod).flatMap(({ metadata, runtime, spec, status }) => {
      const host = spec.nodeName ?? '';
      const over = status.phase === 'Succeeded' || status.phase === 'Failed';
      if (!runtime?.sandbox || runtime.done || over || silentSince(view, host) !== undefined) return [];
      const name = spec.volumes?.[0]?.persistentVolumeClaim?.claimName ?? '';
      const found = view.get(PersistentVolumeClaim, metadata.namespace, name);
      if (found?.status.phase !== 'Bound') return [];
      const source = view.get(PersistentVolume, undefined, found.spec.volumeName ?? '');
      const attachable = source && attachableSource(view, source);
      return attachable && !isAttached(view, attachable, host) ? [`${metadata.name} on ${host}`] : [];
    }),
  'no volume is Available and claimed': (view) =>
    view
      .list(PersistentVolume)
      .filter(({ spec, status }) => status.phase === 'Available' && spec.claimRef?.uid !== undefined)
      .map(({ metadata }) => metadata.name),
};

function broken(model: Model): string[] {
  return Object.entries(RULES).flatMap(([rule, check]) => check(model.view).map((text) => `${rule}: ${text}`));
}

function start(seed: string, trace: string[]): Model {
  const model = new Model({
    seed,
    onRest: (current) => {
      const problems = broken(current);
      if (problems.length === 0) return;
      throw new Error(
        `seed ${seed}, ${current.elapsed} ms, after ${trace.slice(-5).join(', ')}:\n${problems.join('\n')}`,
      );
    },
  });
  model.create(...NODES.map((name) => node(name)));
  model.create(storageClass('now', {}, true), storageClass('late', { volumeBindingMode: 'WaitForFirstConsumer' }));
  return model;
}

const pick = <T extends KubeObject>(choices: Choices, objects: readonly T[]): T | undefined =>
  objects.length > 0 ? choices.of(objects) : undefined;

/** Does something that may be refused, and says what. */
function randomStep(model: Model, choices: Choices): string {
  const name = choices.of(['x', 'y', 'z']);
  const className = choices.of(['now', 'now', 'late', '']);
  const attempt = (text: string, work: Parameters<Model['do']>[0]) => {
    model.do(work);
    return text;
  };
  const accessModes = choices.of(MODES);
  const disk = { hostPath: undefined, csi: { driver: 'ebs.csi.aws.com', volumeHandle: name } };
  const about = choices.of([
    'volume',
    'claim',
    'claim',
    'pod',
    'pod',
    'pod',
    'delete',
    'delete',
    'node',
    'driver',
    'free',
  ]);
  if (about === 'volume') {
    const kept = choices.chance(20) ? { claimRef: { namespace: 'default', name } } : {};
    const policy = choices.of(['Retain', 'Delete', 'Recycle']);
    const spec = { ...disk, ...kept, accessModes, storageClassName: className, persistentVolumeReclaimPolicy: policy };
    return attempt(`volume ${name}`, (api) => api.create(volume(name, choices.of(SIZES), spec)));
  }
  if (about === 'claim') {
    const chosen = choices.chance(20) ? { volumeName: choices.of(['x', 'y']) } : {};
    const spec = { accessModes, storageClassName: className, ...chosen };
    return attempt(`claim ${name}`, (api) => api.create(claim(name, choices.of(SIZES), spec)));
  }
  if (about === 'pod') {
    const place = choices.chance(70) ? { nodeName: choices.of(NODES) } : {};
    const who = `${name}-${choices.of(['one', 'two'])}`;
    return attempt(`pod ${who}`, (api) => api.create(mounting(who, name, place)));
  }
  if (about === 'delete') {
    const kind = choices.of([Pod, Pod, Pod, PersistentVolumeClaim, PersistentVolume]);
    const object = pick<KubeObject>(choices, model.view.list(kind as typeof Pod));
    const options = kind === Pod && choices.chance(40) ? { gracePeriodSeconds: 0 } : {};
    return attempt(`delete ${kind.kind} ${object?.metadata.name}`, (api) => object && api.delete(object, options));
  }
  if (about === 'free') {
    const released = model.view.list(PersistentVolume).find(({ status }) => status.phase === 'Released');
    if (!released) return 'nothing';
    const { claimRef: _, ...spec } = released.spec;
    return attempt(`free ${released.metadata.name}`, (api) => api.update({ ...released, spec }));
  }
  const faults = model.view.list(Fault);
  if (faults.length > 1 || (faults.length > 0 && choices.chance(50))) {
    const fault = pick(choices, faults);
    return attempt(`mend ${fault?.metadata.name}`, (api) => fault && api.delete(fault));
  }
  const operation = choices.of(['PROVISION', 'DELETE', 'ATTACH', 'DETACH']);
  const fault = about === 'node' ? { nodeDown: { node: choices.of(NODES) } } : { storage: { driver: '*', operation } };
  model.command('injectFault', { fault });
  return `break ${JSON.stringify(fault)}`;
}

const CONTROLLERS = ['ephemeral_volume', 'persistentvolume-controller', 'attachdetach-controller'];

/** When the controllers of storage look at what again. */
function timersOf({ engine }: Model): Record<string, unknown> {
  const { due } = (engine as unknown as { timers: { due: readonly ReadonlyMap<string, object>[] } }).timers;
  return Object.fromEntries(
    engine.registry.controllers.flatMap(({ name }, index) =>
      CONTROLLERS.includes(name)
        ? [[name, [...(due[index] ?? [])].sort(([left], [right]) => (left < right ? -1 : 1))]]
        : [],
    ),
  );
}

describe('whatever happens to storage', () => {
  let attached = 0;
  it.each(seeds)('every rule holds at every instant (%s)', (seed) => {
    const choices = new Choices(seed);
    const trace = ['start'];
    const written: string[] = [];
    let model = start(seed, trace);
    for (let step = 0; step < STEPS; step++) {
      trace.push(randomStep(model, choices));
      model.run(choices.of([0, 100, 1000, 3000, 10_000, 30_000, 400_000]));
      attached += model.view.count(VolumeAttachment);
      if (!choices.chance(15)) continue;
      trace.push('restart');
      const timers = timersOf(model);
      model = model.restarted();
      written.push(...model.versions.map(({ kindKey, cause }) => `${kindKey} by ${cause}`));
      expect(timersOf(model)).toEqual(timers);
    }
    expect(written, 'a restart by itself writes nothing').toEqual([]);
    expect(model.view.count(Node)).toBe(NODES.length);
  });

  it.skipIf(only !== undefined)('saw volumes attached', () => {
    expect(attached).toBeGreaterThan(runs * STEPS * 0.5);
  });
});
