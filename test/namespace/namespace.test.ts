import { describe, expect, it } from 'vitest';
import { configMap } from '../../src/kinds/configmap/definition.ts';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { Namespace, SYSTEM_NAMESPACES } from '../../src/kinds/namespace/types.ts';
import { pod } from '../../src/kinds/pod/definition.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { serviceAccount } from '../../src/kinds/serviceaccount/definition.ts';
import { ServiceAccount } from '../../src/kinds/serviceaccount/types.ts';
import { Registry } from '../../src/engine/registry.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { doIt, Model } from '../support/model.ts';

const SHOP: NewObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

/** Namespaces with content that no kubelet touches: a pod goes when the test says that it has ended. */
function spaces(): Model {
  const stillPod = { ...pod, controllers: [], plugins: [] };
  return new Model({ registry: new Registry([namespace, stillPod, configMap, serviceAccount, event], [], [doIt]) });
}

function content(kind: string, name: string, extra: Record<string, unknown> = {}): NewObject {
  const spec = { containers: [{ name: 'main', image: 'web:1' }], nodeName: 'node-1' };
  const metadata = { name, namespace: 'shop', ...extra };
  return { apiVersion: 'v1', kind, metadata, ...(kind === 'Pod' ? { spec } : {}) };
}

function shop(model: Model): Namespace | undefined {
  return model.view.get(Namespace, undefined, 'shop');
}

function remove(model: Model, name: string): string | undefined {
  let refusal: string | undefined;
  model.do((api) => {
    const answer = api.delete(api.get(Namespace, undefined, name)!);
    if (!answer.ok) refusal = answer.error.message;
  });
  return refusal;
}

/** `type=status reason` of each condition that is not as it should be, with its message. */
function troubles(model: Model): string[] {
  return (shop(model)?.status.conditions ?? [])
    .filter(({ status }) => status === 'True')
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

describe('a namespace', () => {
  it('is there from the start in each of its system kinds, with an account and a certificate', () => {
    const model = spaces();
    expect(model.view.list(Namespace).map(({ metadata }) => metadata.name)).toEqual([...SYSTEM_NAMESPACES]);
    for (const name of SYSTEM_NAMESPACES) {
      expect(model.view.get(ServiceAccount, name, 'default')).toBeDefined();
      expect(model.view.get(ConfigMap, name, 'kube-root-ca.crt')?.data?.['ca.crt']).toContain('BEGIN CERTIFICATE');
    }
  });

  it('has its name as a label and its finalizer, which nobody takes from it', () => {
    const model = spaces();
    model.create(SHOP);
    expect(shop(model)).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'shop' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    model.do((api) => api.update({ ...shop(model)!, spec: { finalizers: [] } }));
    expect(shop(model)?.spec.finalizers).toEqual(['kubernetes']);
  });

  it.each(['default', 'kube-system', 'kube-public'])('%s cannot be deleted', (name) => {
    expect(remove(spaces(), name)).toBe(`namespaces "${name}" is forbidden: this namespace may not be deleted`);
  });

  it('gets back its account and its certificate', () => {
    const model = spaces();
    model.do((api) => {
      api.delete(api.get(ServiceAccount, 'default', 'default')!);
      api.update({ ...api.get(ConfigMap, 'default', 'kube-root-ca.crt')!, data: { 'ca.crt': 'mine' } });
    });
    expect(model.view.get(ServiceAccount, 'default', 'default')).toBeDefined();
    expect(model.view.get(ConfigMap, 'default', 'kube-root-ca.crt')?.data?.['ca.crt']).toContain('BEGIN CERTIFICATE');
  });
});

describe('the deletion of a namespace', () => {
  it('waits five seconds, empties it, and lets it go', () => {
    const model = spaces();
    model.create(SHOP, content('ConfigMap', 'settings'));
    remove(model, 'shop');
    expect(shop(model)?.status.phase).toBe('Terminating');
    model.run(4999);
    expect(model.view.list(ConfigMap, 'shop')).toHaveLength(2);
    model.run(1);
    expect(shop(model)).toBeUndefined();
    expect(model.view.kindKeys().flatMap((key) => model.view.listKey(key, 'shop'))).toEqual([]);
  });

  it('lets nothing new in, not even an event', () => {
    const model = spaces();
    model.create(SHOP, content('ConfigMap', 'settings'));
    remove(model, 'shop');
    expect(() => model.create(content('ConfigMap', 'late'))).toThrow(
      'configmaps "late" is forbidden: unable to create new content in namespace shop because it is being terminated',
    );
    model.do((api) => api.event(api.get(ConfigMap, 'shop', 'settings')!, 'Normal', 'Seen', 'here'));
    expect(model.view.list(Event, 'shop')).toEqual([]);
  });

  it('takes pods before anything else, and looks again when their grace should be half over', () => {
    const model = spaces();
    model.create(SHOP, content('ConfigMap', 'settings'), content('Pod', 'web', { finalizers: ['example.com/hold'] }));
    remove(model, 'shop');
    model.run(5000);
    expect(model.view.get(Pod, 'shop', 'web')?.metadata.deletionTimestamp).toBeDefined();
    expect(model.view.get(ConfigMap, 'shop', 'settings')).toBeDefined();
    expect(troubles(model)).toEqual([]);
    expect(shop(model)?.status.conditions).toHaveLength(5);
    const again = model.restarted();
    expect(again.versions).toEqual([]);
    expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    model.do((api) => {
      const web = api.get(Pod, 'shop', 'web')!;
      const { finalizers: _gone, ...metadata } = web.metadata;
      api.update({ ...web, metadata });
      const left = api.get(Pod, 'shop', 'web');
      if (left) api.delete(left, { gracePeriodSeconds: 0 });
    });
    expect(shop(model)).toBeDefined();
    model.run(16_000);
    expect(shop(model)).toBeUndefined();
  });

  it('says what remains and which finalizers hold it', () => {
    const model = spaces();
    model.create(SHOP, content('ConfigMap', 'held', { finalizers: ['example.com/hold'] }));
    remove(model, 'shop');
    model.run(5000);
    expect(troubles(model)).toEqual([
      'NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource instances',
      'NamespaceFinalizersRemaining SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    ]);
    model.do((api) => {
      const held = api.get(ConfigMap, 'shop', 'held')!;
      const { finalizers: _gone, ...metadata } = held.metadata;
      api.update({ ...held, metadata });
    });
    model.run(7999);
    expect(shop(model)).toBeDefined();
    model.run(1);
    expect(shop(model)).toBeUndefined();
  });
});

describe('events', () => {
  it('are forgotten an hour after they were last seen, minute by minute', () => {
    const model = spaces();
    const settings = model.view.get(ConfigMap, 'default', 'kube-root-ca.crt')!;
    model.do((api) => api.event(settings, 'Normal', 'Early', 'once', { source: 'test' }));
    model.do((api) => api.event(settings, 'Normal', 'Again', 'twice', { source: 'test' }));
    model.run(30 * 60_000);
    model.do((api) => api.event(settings, 'Normal', 'Again', 'twice', { source: 'test' }));
    expect(model.engine.pendingTimers).toBe(0);
    model.run(30 * 60_000);
    expect(model.view.list(Event)).toHaveLength(2);
    expect(model.restarted().engine.nextTimer()).toBe(model.engine.nextTimer());
    model.run(60_000);
    expect(model.view.list(Event).map(({ reason, count }) => [reason, count])).toEqual([['Again', 2]]);
    model.run(30 * 60_000);
    expect(model.view.list(Event)).toEqual([]);
  });
});
