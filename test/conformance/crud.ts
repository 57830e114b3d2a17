import { expect } from 'vitest';
import { kindKey, type Kind } from '../../src/machinery/kind.ts';
import type { KubeObject, StringMap } from '../../src/machinery/object.ts';
import { parseObjects, type Model } from '../support/model.ts';
import { annotate, apply, deleteObject, found, label, updateStatus, watched } from './cluster.ts';

/**
 * What most tests of "API operations" and of a "lifecycle" do: create, get, list, watch, patch, update, delete, and
 * delete by collection. `text` is the manifest of one object; `extra` checks something while it is there.
 */
export function expectApiOperations<T extends KubeObject>(
  model: Model,
  kind: Kind<T>,
  text: string,
  extra?: (name: string) => void,
): void {
  const [manifest] = parseObjects(text);
  const name = manifest?.metadata.name ?? '';
  expect(kindKey(manifest?.apiVersion ?? '', manifest?.kind ?? '')).toBe(kind.key);
  const before = count(model, kind);
  apply(model, text);
  const created = found(model, kind, name);
  expect(created.metadata.uid).not.toBe('');
  expect(count(model, kind)).toBe(before + 1);
  label(model, kind, name, { patched: 'true' });
  expect(found(model, kind, name).metadata.labels).toMatchObject({ patched: 'true' });
  annotate(model, kind, name, { updated: 'true' });
  expect(found(model, kind, name).metadata).toMatchObject({
    uid: created.metadata.uid,
    labels: { patched: 'true' },
    annotations: { updated: 'true' },
  });
  extra?.(name);
  deleteObject(model, kind, name, { namespace: kind.namespaced ? 'default' : undefined });
  expect(model.view.get(kind, kind.namespaced ? 'default' : undefined, name)).toBeUndefined();
  expect(() => deleteObject(model, kind, name)).toThrow('not found');
  const changes = watched(model, kind.key, name);
  expect([changes[0], changes.at(-1)]).toEqual(['ADDED', 'DELETED']);
  expect(changes.filter((type) => type === 'MODIFIED').length).toBeGreaterThanOrEqual(2);
  expectDeleteCollection(model, kind, text);
}

/** Three objects with a label are made and deleted by it; what is there besides stays. */
export function expectDeleteCollection<T extends KubeObject>(model: Model, kind: Kind<T>, text: string): void {
  const [manifest] = parseObjects(text);
  if (!manifest) throw new Error('no manifest');
  const before = count(model, kind);
  const labels: StringMap = { collection: 'one' };
  for (const number of [1, 2, 3]) {
    const metadata = { ...manifest.metadata, name: `${manifest.metadata.name}-${number}`, labels };
    model.create({ ...manifest, metadata });
  }
  expect(withLabels(model, kind, labels)).toHaveLength(3);
  model.do((api) => {
    for (const object of withLabels(model, kind, labels)) api.delete(object, { propagation: 'Background' });
  });
  expect(withLabels(model, kind, labels)).toEqual([]);
  expect(count(model, kind)).toBe(before);
}

/** A condition is written to the status, then replaced, and the spec does not change by it. */
export function expectStatusOperations<T extends KubeObject>(model: Model, kind: Kind<T>, name: string): void {
  const { generation, uid } = found(model, kind, name).metadata;
  for (const reason of ['Patched', 'Updated']) {
    const condition = { type: 'StatusUpdate', status: 'True', reason, message: 'Set from e2e test' };
    updateStatus(model, kind, name, (status) => ({ ...(status as object), conditions: [condition] }));
    const stored = found(model, kind, name);
    expect(stored.status).toMatchObject({ conditions: expect.arrayContaining([condition]) });
    expect(stored.metadata).toMatchObject({ uid, ...(generation === undefined ? {} : { generation }) });
  }
}

function withLabels<T extends KubeObject>(model: Model, kind: Kind<T>, labels: StringMap): readonly T[] {
  return model.view.list(kind).filter(({ metadata }) => {
    return Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
  });
}

function count(model: Model, kind: Kind): number {
  return model.view.list(kind).length;
}
