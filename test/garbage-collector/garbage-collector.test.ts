import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import type { DeleteOptions } from '../../src/machinery/controller.ts';
import { defineKind } from '../../src/machinery/kind.ts';
import type { KubeObject, NewObject, OwnerReference } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';

const ConfigMap = defineKind({ apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true });

function configMap(name: string, ownerReferences: OwnerReference[] = [], extra: Partial<KubeObject['metadata']> = {}) {
  const metadata = { namespace: 'default', name, ownerReferences, ...extra };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata } as NewObject;
}

function refTo(owner: KubeObject, changes: Partial<OwnerReference> = {}): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, blockOwnerDeletion: true, ...changes };
}

const ABSENT: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: 'never-was' };

class Family {
  readonly model = new Model();

  add(name: string, owners: OwnerReference[] = [], extra: Partial<KubeObject['metadata']> = {}): KubeObject {
    const [created] = this.model.create(configMap(name, owners, extra));
    if (!created) throw new Error(`${name} was not made`);
    return created;
  }

  delete(object: KubeObject, options: DeleteOptions = {}): void {
    this.model.do((api) => api.delete(object, options));
  }

  get(name: string): KubeObject | undefined {
    return this.model.view.get(ConfigMap, 'default', name);
  }

  /** Takes an object's finalizer. */
  free(name: string): void {
    this.model.do((api) => {
      const object = this.get(name);
      if (!object) throw new Error(`no ${name}`);
      const { finalizers, ...metadata } = object.metadata;
      api.update({
        ...object,
        metadata: { ...metadata, finalizers: finalizers?.filter((f) => !f.includes('/')) ?? [] },
      });
    });
  }

  names(): string[] {
    return this.model.view
      .list(ConfigMap, 'default')
      .map(({ metadata }) => metadata.name)
      .filter((n) => !n.includes('.'));
  }
}

describe('deletion in the background', () => {
  it('takes the dependents, and theirs, when their owner is gone', () => {
    const family = new Family();
    const top = family.add('top');
    const middle = family.add('middle', [refTo(top)]);
    family.add('bottom', [refTo(middle)]);
    family.add('other');
    family.delete(top);
    expect(family.names()).toEqual(['other']);
  });

  it('keeps an object while one of its owners is there, without the reference to the one that is gone', () => {
    const family = new Family();
    const one = family.add('one');
    const two = family.add('two');
    family.add('child', [refTo(one), refTo(two)]);
    family.delete(one);
    expect(family.get('child')?.metadata.ownerReferences).toEqual([refTo(two)]);
    family.delete(two);
    expect(family.names()).toEqual([]);
  });

  it('does not wait for an owner that something else holds up', () => {
    const family = new Family();
    const owner = family.add('owner', [], { finalizers: ['example.com/hold'] });
    family.add('child', [refTo(owner)]);
    family.delete(owner);
    expect(family.names()).toEqual(['owner', 'child']);
    family.free('owner');
    expect(family.names()).toEqual([]);
  });
});

describe('an object whose owner never was', () => {
  it('is deleted', () => {
    const family = new Family();
    family.add('child', [ABSENT]);
    expect(family.names()).toEqual([]);
  });

  it('is deleted when its reference has the name of another object', () => {
    const family = new Family();
    const owner = family.add('owner');
    family.add('child', [refTo(owner, { name: 'someone-else' })]);
    expect(family.names()).toEqual(['owner']);
  });

  it('loses that reference when another owner is there', () => {
    const family = new Family();
    const owner = family.add('owner');
    family.add('child', [ABSENT, refTo(owner)]);
    expect(family.get('child')?.metadata.ownerReferences).toEqual([refTo(owner)]);
  });

  it('stays when nobody serves the kind of its owner', () => {
    const family = new Family();
    family.add('child', [{ ...ABSENT, apiVersion: 'example.com/v1', kind: 'Widget' }]);
    expect(family.names()).toEqual(['child']);
  });

  it('is told of and deleted when the owner is in another namespace', () => {
    const family = new Family();
    const [owner] = family.model.create(configMap('owner', [], { namespace: 'kube-public' }));
    family.add('child', [refTo(owner!)]);
    expect(family.names()).toEqual([]);
    const events = family.model.view.list(Event).filter(({ reason }) => reason === 'OwnerRefInvalidNamespace');
    expect(events.map(({ message }) => message)).toEqual([
      `ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: ${owner?.metadata.uid}] does not exist in namespace "default"`,
    ]);
  });
});

describe('deletion in the foreground', () => {
  it('keeps the owner until those that hold it are gone', () => {
    const family = new Family();
    const owner = family.add('owner');
    family.add('held', [refTo(owner)], { finalizers: ['example.com/hold'] });
    family.add('plain', [refTo(owner)]);
    family.delete(owner, { propagation: 'Foreground' });
    expect(family.names()).toEqual(['owner', 'held']);
    expect(family.get('owner')?.metadata.finalizers).toEqual(['foregroundDeletion']);
    expect(family.model.restarted().versions).toEqual([]);
    family.free('held');
    expect(family.names()).toEqual([]);
  });

  it('does not keep the owner for a dependent that does not hold it', () => {
    const family = new Family();
    const owner = family.add('owner');
    family.add('loose', [refTo(owner, { blockOwnerDeletion: false })], { finalizers: ['example.com/hold'] });
    family.delete(owner, { propagation: 'Foreground' });
    expect(family.names()).toEqual(['loose']);
  });

  it('goes down the tree: a dependent with dependents waits for them too', () => {
    const family = new Family();
    const top = family.add('top');
    const middle = family.add('middle', [refTo(top)]);
    family.add('bottom', [refTo(middle)], { finalizers: ['example.com/hold'] });
    family.delete(top, { propagation: 'Foreground' });
    expect(family.get('middle')?.metadata.finalizers).toEqual(['foregroundDeletion']);
    expect(family.names()).toEqual(['top', 'middle', 'bottom']);
    family.free('bottom');
    expect(family.names()).toEqual([]);
  });

  it('is not blocked by a circle of owners', () => {
    const family = new Family();
    const one = family.add('one');
    const two = family.add('two', [refTo(one)]);
    const three = family.add('three', [refTo(two)]);
    family.model.do((api) => {
      api.update({ ...one, metadata: { ...one.metadata, ownerReferences: [refTo(three)] } });
    });
    family.delete(one, { propagation: 'Foreground' });
    expect(family.names()).toEqual([]);
  });

  it('leaves a dependent that has another owner, without the reference', () => {
    const family = new Family();
    const leaving = family.add('leaving');
    const staying = family.add('staying');
    family.add('child', [refTo(leaving), refTo(staying)]);
    family.delete(leaving, { propagation: 'Foreground' });
    expect(family.names()).toEqual(['staying', 'child']);
    expect(family.get('child')?.metadata.ownerReferences).toEqual([refTo(staying)]);
  });
});

describe('deletion that orphans', () => {
  it('leaves the dependents behind without the reference', () => {
    const family = new Family();
    const owner = family.add('owner');
    family.add('child', [refTo(owner)]);
    family.delete(owner, { propagation: 'Orphan' });
    expect(family.names()).toEqual(['child']);
    expect(family.get('child')?.metadata.ownerReferences).toBeUndefined();
  });
});

describe('the garbage collector over random families', () => {
  it.each([1, 2, 3, 4])('leaves nobody whose owners are all gone (seed %i)', (seed) => {
    const family = new Family();
    let state = seed;
    const next = (limit: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % limit;
    for (let step = 0; step < 120; step++) {
      const present = family.names().flatMap((name) => family.get(name) ?? []);
      if (present.length === 0 || next(3) > 0) {
        const owners = Array.from({ length: Math.min(present.length, next(3)) }, () => present[next(present.length)]);
        const unique = [...new Set(owners.flatMap((owner) => (owner ? [owner] : [])))];
        family.add(
          `object-${step}`,
          unique.map((owner) => refTo(owner)),
        );
      } else {
        const propagation = (['Background', 'Foreground', 'Orphan'] as const)[next(3)];
        const victim = present[next(present.length)];
        if (victim && propagation) family.delete(victim, { propagation });
      }
      for (const name of family.names()) {
        const references = family.get(name)?.metadata.ownerReferences ?? [];
        for (const { uid } of references) expect(family.model.view.byUid(uid)).toBeDefined();
      }
    }
    expect(family.model.restarted().versions).toEqual([]);
  });
});
