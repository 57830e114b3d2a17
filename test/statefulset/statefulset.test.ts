import { describe, expect, it } from 'vitest';
import { statefulSet } from '../../src/kinds/statefulset/definition.ts';
import { rolloutStatus } from '../../src/kinds/statefulset/rollout.ts';
import { PersistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/types.ts';
import { StatefulSet, type StatefulSetSpec, type VolumeClaimTemplate } from '../../src/kinds/statefulset/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { AnyDefinition } from '../../src/machinery/definition.ts';
import type { Model } from '../support/model.ts';
import { endPod, events, podNamed, podNames, revisions, setPod, settle, workloadPlane } from './support.ts';

const claims: AnyDefinition = { kind: PersistentVolumeClaim };

function plane(): Model {
  return workloadPlane([statefulSet], [claims]);
}

function template(image: string): StatefulSetSpec['template'] {
  return {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image }] },
  };
}

function apply(model: Model, spec: Partial<StatefulSetSpec> = {}): void {
  const selector = { matchLabels: { app: 'web' } };
  model.create({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', namespace: 'default' },
    spec: { serviceName: 'web', replicas: 3, selector, template: template('nginx:1'), ...spec },
  });
}

function change(model: Model, spec: Partial<StatefulSetSpec>): void {
  model.do((api) => {
    const set = setOf(model);
    const result = api.update<StatefulSet>({ ...set, spec: { ...set.spec, ...spec } });
    if (!result.ok) throw new Error(result.error.message);
  });
}

function setOf(model: Model): StatefulSet {
  const set = model.view.get(StatefulSet, 'default', 'web');
  if (!set) throw new Error('no set');
  return set;
}

const target = { target: { kindKey: 'StatefulSet', namespace: 'default', name: 'web' } };

function images(model: Model): string[] {
  return model.view
    .list(Pod)
    .map(({ metadata, spec }) => `${metadata.name}=${spec.containers[0]?.image}`)
    .sort();
}

describe('the pods of a set', () => {
  it('come in the order of their ordinals, each when the one before is ready', () => {
    const model = plane();
    apply(model);
    expect(podNames(model)).toEqual(['web-0']);
    setPod(model, 'web-0', false);
    expect(podNames(model)).toEqual(['web-0']);
    setPod(model, 'web-0', true);
    expect(podNames(model)).toEqual(['web-0', 'web-1']);
    expect(settle(model)).toEqual(['+web-1', '+web-2']);
    expect(setOf(model).status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      observedGeneration: 1,
      collisionCount: 0,
    });
    expect(events(model, 'StatefulSet')).toEqual([
      'Normal SuccessfulCreate: create Pod web-0 in StatefulSet web successful',
      'Normal SuccessfulCreate: create Pod web-1 in StatefulSet web successful',
      'Normal SuccessfulCreate: create Pod web-2 in StatefulSet web successful',
    ]);
  });

  it('come all at once under Parallel', () => {
    const model = plane();
    apply(model, { podManagementPolicy: 'Parallel' });
    expect(podNames(model)).toEqual(['web-0', 'web-1', 'web-2']);
    change(model, { replicas: 0 });
    expect(podNames(model)).toEqual(['web-2 (going)', 'web-1 (going)', 'web-0 (going)'].reverse());
  });

  it('go in the reverse order, each when the one after is gone', () => {
    const model = plane();
    apply(model);
    settle(model);
    change(model, { replicas: 0 });
    expect(podNames(model)).toEqual(['web-0', 'web-1', 'web-2 (going)']);
    expect(settle(model)).toEqual(['-web-2', '-web-1', '-web-0']);
  });

  it('are not scaled down while one of those that stay is not ready', () => {
    const model = plane();
    apply(model);
    settle(model);
    setPod(model, 'web-0', false);
    change(model, { replicas: 1 });
    expect(podNames(model)).toEqual(['web-0', 'web-1', 'web-2']);
    setPod(model, 'web-0', true);
    expect(podNames(model)).toEqual(['web-0', 'web-1', 'web-2 (going)']);
  });

  it('have names, labels, host names and volumes of their own', () => {
    const model = plane();
    const data: VolumeClaimTemplate = {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    apply(model, { replicas: 2, volumeClaimTemplates: [data], ordinals: { start: 5 } });
    settle(model);
    const pod = podNamed(model, 'web-6');
    expect(pod.metadata.labels).toEqual({
      app: 'web',
      'apps.kubernetes.io/pod-index': '6',
      'controller-revision-hash': setOf(model).status.updateRevision,
      'statefulset.kubernetes.io/pod-name': 'web-6',
    });
    expect(pod.spec).toMatchObject({
      hostname: 'web-6',
      subdomain: 'web',
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-6' } }],
    });
    expect(model.view.list(PersistentVolumeClaim).map(({ metadata }) => [metadata.name, metadata.labels])).toEqual([
      ['data-web-5', { app: 'web' }],
      ['data-web-6', { app: 'web' }],
    ]);
    expect(events(model, 'StatefulSet').slice(0, 2)).toEqual([
      'Normal SuccessfulCreate: create Claim data-web-5 Pod web-5 in StatefulSet web success',
      'Normal SuccessfulCreate: create Pod web-5 in StatefulSet web successful',
    ]);
  });

  it('are made again when they fail or finish', () => {
    for (const phase of ['Failed', 'Succeeded'] as const) {
      const model = plane();
      apply(model, { replicas: 1 });
      settle(model);
      const before = podNamed(model, 'web-0').metadata.uid;
      setPod(model, 'web-0', false, phase);
      expect(podNames(model)).toEqual(['web-0']);
      expect(podNamed(model, 'web-0').metadata.uid).not.toBe(before);
      expect(settle(model)).toEqual(['+web-0']);
    }
  });

  it('are never replaced while they are on their way out', () => {
    const model = plane();
    apply(model);
    settle(model);
    model.do((api) => void api.delete(podNamed(model, 'web-1')));
    model.run(3_600_000);
    expect(podNames(model)).toEqual(['web-0', 'web-1 (going)', 'web-2']);
    endPod(model, 'web-1');
    expect(podNames(model)).toEqual(['web-0', 'web-2', 'web-1']);
  });

  it('wait for minReadySeconds', () => {
    const model = plane();
    apply(model, { minReadySeconds: 30, replicas: 2 });
    setPod(model, 'web-0', true);
    expect(podNames(model)).toEqual(['web-0']);
    expect(setOf(model).status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    model.run(29_000);
    expect(podNames(model)).toEqual(['web-0']);
    model.run(1_000);
    expect(podNames(model)).toEqual(['web-0', 'web-1']);
    expect(setOf(model).status).toMatchObject({ availableReplicas: 1 });
  });

  it('are adopted when they are orphans of its name, and not otherwise', () => {
    const model = plane();
    for (const name of ['web-0', 'other-0']) {
      model.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'nginx' }] },
      });
    }
    apply(model);
    expect(podNamed(model, 'web-0').metadata.ownerReferences?.[0]?.name).toBe('web');
    expect(podNamed(model, 'other-0').metadata.ownerReferences).toBeUndefined();
  });
});

describe('a rolling update', () => {
  it('goes from the highest ordinal down, one at a time, and completes', () => {
    const model = plane();
    apply(model);
    settle(model);
    const before = setOf(model).status.currentRevision;
    change(model, { template: template('nginx:2') });
    expect(setOf(model).status.updateRevision).not.toBe(before);
    expect(settle(model)).toEqual(['-web-2', '+web-2', '-web-1', '+web-1', '-web-0', '+web-0']);
    expect(images(model)).toEqual(['web-0=nginx:2', 'web-1=nginx:2', 'web-2=nginx:2']);
    const { status } = setOf(model);
    expect(status.currentRevision).toBe(status.updateRevision);
    expect(status).toMatchObject({ currentReplicas: 3, updatedReplicas: 3 });
    expect(revisions(model)).toEqual([1, 2]);
  });

  it('stops at the partition, and a pod below it is made again from the current revision', () => {
    const model = plane();
    apply(model, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
    settle(model);
    change(model, { template: template('nginx:2') });
    expect(settle(model)).toEqual(['-web-2', '+web-2']);
    model.do((api) => void api.delete(podNamed(model, 'web-1')));
    settle(model);
    expect(images(model)).toEqual(['web-0=nginx:1', 'web-1=nginx:1', 'web-2=nginx:2']);
    expect(setOf(model).status).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 });
    expect(rolloutStatus(setOf(model)).message).toBe('partitioned roll out complete: 1 new pods have been updated...');
  });

  it('takes as many at once as maxUnavailable says', () => {
    const model = plane();
    const rollingUpdate = { maxUnavailable: 2 };
    apply(model, { replicas: 4, podManagementPolicy: 'Parallel', updateStrategy: { rollingUpdate } });
    settle(model);
    change(model, { template: template('nginx:2') });
    expect(podNames(model)).toEqual(['web-0', 'web-1', 'web-2 (going)', 'web-3 (going)']);
  });

  it('is left to the user under OnDelete', () => {
    const model = plane();
    apply(model, { updateStrategy: { type: 'OnDelete' } });
    settle(model);
    change(model, { template: template('nginx:2') });
    expect(settle(model)).toEqual([]);
    model.do((api) => void api.delete(podNamed(model, 'web-1')));
    settle(model);
    expect(images(model)).toEqual(['web-0=nginx:1', 'web-1=nginx:2', 'web-2=nginx:1']);
  });

  it('that is broken stays stuck after the template is mended, until the broken pod is deleted', () => {
    const model = plane();
    apply(model);
    settle(model);
    change(model, { template: template('nginx:bad') });
    const isBroken = (pod: Pod) => pod.spec.containers[0]?.image === 'nginx:bad';
    expect(settle(model, isBroken)).toEqual(['-web-2']);
    change(model, { template: template('nginx:1') });
    expect(settle(model, isBroken)).toEqual([]);
    expect(podNames(model)).toEqual(['web-0', 'web-1', 'web-2']);
    model.do((api) => void api.delete(podNamed(model, 'web-2')));
    expect(settle(model, isBroken)).toEqual(['-web-2', '+web-2']);
    expect(images(model)).toEqual(['web-0=nginx:1', 'web-1=nginx:1', 'web-2=nginx:1']);
  });

  it('back to an earlier template reuses its revision with a new number', () => {
    const model = plane();
    apply(model);
    settle(model);
    const first = setOf(model).status.updateRevision;
    change(model, { template: template('nginx:2') });
    settle(model);
    model.command('rollbackStatefulSet', target);
    settle(model);
    expect(setOf(model).status.updateRevision).toBe(first);
    expect(revisions(model)).toEqual([2, 3]);
    expect(images(model)).toEqual(['web-0=nginx:1', 'web-1=nginx:1', 'web-2=nginx:1']);
  });

  it('keeps as many revisions as its limit says, and those in use', () => {
    const model = plane();
    apply(model, { revisionHistoryLimit: 1 });
    settle(model);
    for (let n = 2; n <= 5; n++) {
      change(model, { template: template(`nginx:${n}`) });
      settle(model);
    }
    expect(revisions(model)).toEqual([4, 5]);
  });
});

describe('what kubectl does to a set', () => {
  it('scales, restarts, and refuses', () => {
    const model = plane();
    apply(model);
    settle(model);
    model.command('scaleStatefulSet', { ...target, replicas: 4 });
    expect(settle(model)).toEqual(['+web-3']);
    model.command('restartStatefulSet', target);
    expect(settle(model)).toHaveLength(8);
    expect(model.command('rollbackStatefulSet', { ...target, toRevision: 9 }).errors?.[0]?.message).toBe(
      'unable to find specified revision 9 in history',
    );
  });

  it('waits for a rollout in its sentences', () => {
    const model = plane();
    apply(model);
    expect(rolloutStatus(setOf(model)).message).toBe('Waiting for 3 pods to be ready...');
    settle(model);
    change(model, { template: template('nginx:2') });
    setPod(model, 'web-2', true);
    expect(rolloutStatus(setOf(model)).message).toBe(
      'Waiting for partitioned roll out to finish: 0 out of 3 new pods have been updated...',
    );
    settle(model);
    expect(rolloutStatus(setOf(model))).toEqual({
      message: 'partitioned roll out complete: 3 new pods have been updated...',
      done: true,
    });
  });
});

describe('the claims of a set', () => {
  const data: VolumeClaimTemplate = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const owners = (model: Model, name: string) =>
    model.view.get(PersistentVolumeClaim, 'default', name)?.metadata.ownerReferences?.map(({ kind }) => kind) ?? [];

  it.each([
    ['Retain', 'Retain', [], []],
    ['Delete', 'Retain', ['StatefulSet'], ['StatefulSet']],
    ['Retain', 'Delete', [], ['Pod']],
    ['Delete', 'Delete', ['StatefulSet'], ['Pod']],
  ])('when deleted %s, when scaled %s', (whenDeleted, whenScaled, kept, condemned) => {
    const model = plane();
    const persistentVolumeClaimRetentionPolicy = { whenDeleted, whenScaled };
    apply(model, { replicas: 2, volumeClaimTemplates: [data], persistentVolumeClaimRetentionPolicy });
    settle(model);
    expect(owners(model, 'data-web-1')).toEqual(kept);
    change(model, { replicas: 1 });
    expect(owners(model, 'data-web-0')).toEqual(kept);
    expect(owners(model, 'data-web-1')).toEqual(condemned);
  });
});

describe('a set', () => {
  it('is left alone by a restart at any step', () => {
    const model = plane();
    apply(model, { minReadySeconds: 10 });
    for (let step = 0; step < 8; step++) {
      const again = model.restarted();
      expect(again.versions).toEqual([]);
      expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
      settle(model);
      model.run(5_000);
      if (step === 5) change(model, { template: template('nginx:2') });
    }
  });

  it('asks again with back-off when a pod is refused', () => {
    const model = plane();
    apply(model, { template: { ...template('nginx:1'), metadata: { labels: { app: 'web' } } } });
    expect(podNames(model)).toEqual(['web-0']);
    expect(model.engine.pendingTimers).toBe(0);
  });

  it.each<[Partial<StatefulSetSpec>, string]>([
    [{ replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      { podManagementPolicy: 'Random' },
      `spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'`,
    ],
    [
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      'spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy \'RollingUpdate\'',
    ],
    [
      { selector: { matchLabels: { app: 'other' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Keep' } },
      'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Delete", "Retain"',
    ],
  ])('with %j is refused', (spec, sentence) => {
    expect(() => apply(plane(), spec)).toThrow(sentence);
  });

  it('may change only some fields', () => {
    const model = plane();
    apply(model);
    expect(() => change(model, { serviceName: 'other' })).toThrow(
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    );
    const other = plane();
    apply(other);
    expect(() => change(other, { replicas: 5, minReadySeconds: 1 })).not.toThrow();
  });
});
