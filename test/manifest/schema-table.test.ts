import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateSchema } from '../../scripts/generate-schema.ts';
import { kubernetesSchema, servedKinds } from '../../src/machinery/schema/kubernetes-schema.ts';
import { ASSOCIATIVE_LISTS, ATOMIC_MAPS, ATOMIC_TYPES } from '../../src/machinery/schema/merge-rules.ts';

const FILE = new URL('../../src/machinery/schema/kubernetes-types.json', import.meta.url);

interface Table {
  kinds: Record<string, string>;
  types: Record<string, Record<string, string>>;
}

describe("the table of Kubernetes' types", () => {
  const stored = readFileSync(FILE, 'utf8');
  const { types } = JSON.parse(stored) as Table;

  it('is what the installed models give', async () => {
    expect(await generateSchema()).toBe(stored);
  }, 30_000);

  it('has a type for every kind that is served', () => {
    const without = servedKinds().filter((key) => {
      const slash = key.lastIndexOf('/');
      return !kubernetesSchema(key.slice(0, slash), key.slice(slash + 1));
    });
    expect(without).toEqual([]);
  });

  it('knows no versions that the modelled release has dropped', () => {
    expect(kubernetesSchema('extensions/v1beta1', 'Ingress')).toBeUndefined();
    expect(kubernetesSchema('batch/v1beta1', 'CronJob')).toBeUndefined();
  });

  it('has every type and field that the merge rules name', () => {
    const missing: string[] = [];
    for (const [type, fields] of Object.entries(ASSOCIATIVE_LISTS)) {
      for (const field of Object.keys(fields)) {
        if (!types[type]?.[field]?.startsWith('[]')) missing.push(`${type}.${field}`);
      }
    }
    for (const type of ATOMIC_TYPES) if (!types[type]) missing.push(type);
    for (const path of ATOMIC_MAPS) {
      const dot = path.lastIndexOf('.');
      if (!types[path.slice(0, dot)]?.[path.slice(dot + 1)]?.startsWith('{}')) missing.push(path);
    }
    expect(missing).toEqual([]);
  });
});
