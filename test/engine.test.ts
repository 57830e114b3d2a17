import { describe, expect, it } from 'vitest';
import { Event } from '../src/kinds/event/types.ts';
import { Namespace, SYSTEM_NAMESPACES } from '../src/kinds/namespace/types.ts';
import { Model } from './support/model.ts';

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

describe('the engine', () => {
  it('stores what is created with the system fields of metadata and a version per object', () => {
    const model = new Model();
    const [shop] = model.create(NAMESPACE);
    expect(shop?.metadata).toMatchObject({ name: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' });
    expect(model.versions.map(({ type, kindKey }) => `${type} ${kindKey}`)[0]).toBe('ADDED Namespace');
  });

  it('refuses a second object of the same name in the words of the API server', () => {
    const model = new Model();
    model.create(NAMESPACE);
    expect(() => model.create(NAMESPACE)).toThrow('namespaces "shop" already exists');
  });

  it('counts up an event that repeats and combines the eleventh different text about one reason', () => {
    const model = new Model();
    const [shop] = model.create(NAMESPACE);
    model.do((api) => {
      for (let n = 0; n < 3; n++) api.event(shop!, 'Normal', 'Same', 'again');
      for (let n = 0; n < 12; n++) api.event(shop!, 'Warning', 'Many', `text ${n}`);
    });
    const events = model.view.list(Event);
    expect(events.find((event) => event.reason === 'Same')?.count).toBe(3);
    const many = events.filter((event) => event.reason === 'Many');
    expect(many).toHaveLength(11);
    expect(many.at(-1)).toMatchObject({ message: '(combined from similar events): text 11', count: 2 });
  });

  it('leaves no trace of a dry run', () => {
    const model = new Model();
    const revision = model.view.revision;
    const outcome = model.command('test.do', (api: never) => (api as any).create(NAMESPACE), { dryRun: true });
    expect(outcome.errors).toBeUndefined();
    expect(model.view.get(Namespace, undefined, 'shop')).toBeUndefined();
    expect(model.view.revision).toBe(revision);
    expect(model.versions).toEqual([]);
  });

  it('keeps the order of creation and the same state across a restart', () => {
    const model = new Model();
    model.create(NAMESPACE, { ...NAMESPACE, metadata: { name: 'a' } });
    const again = model.restarted();
    expect(again.view.list(Namespace).map((object) => object.metadata.name)).toEqual([
      ...SYSTEM_NAMESPACES,
      'shop',
      'a',
    ]);
    expect(again.versions).toEqual([]);
  });
});
