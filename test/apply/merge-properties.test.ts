import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply } from '../../src/machinery/apply/managed-fields.ts';
import type { ManagedFieldsEntry } from '../../src/machinery/object.ts';
import { kubernetesSchema } from '../../src/machinery/schema/kubernetes-schema.ts';
import { ANY } from '../../src/machinery/schema/schema-node.ts';

type Tree = Record<string, unknown>;

const schema = kubernetesSchema('v1', 'Pod') ?? ANY;
const letter = fc.constantFrom('a', 'b', 'c');
const labels = fc.dictionary(letter, letter, { minKeys: 1, maxKeys: 2 });

/** Elements with different names. */
function named(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const element = fc.record({ name: letter, ...fields }, { requiredKeys: ['name'] });
  return fc.uniqueArray(element, { selector: (item) => (item as { name: string }).name, minLength: 1, maxLength: 3 });
}

const pod = fc.record(
  {
    metadata: fc.record(
      { name: fc.constant('p'), labels, annotations: labels, finalizers: fc.uniqueArray(letter, { minLength: 1 }) },
      { requiredKeys: ['name'] },
    ),
    spec: fc.record(
      {
        containers: named({ image: letter, env: named({ value: letter }), resources: fc.record({ limits: labels }) }),
        volumes: named({ emptyDir: fc.constant({}), hostPath: fc.record({ path: letter }) }),
        nodeSelector: labels,
        tolerations: fc.array(fc.record({ key: letter }), { minLength: 1, maxLength: 2 }),
        securityContext: fc.record({ runAsUser: fc.nat(3) }),
        hostNetwork: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['metadata'] },
) as fc.Arbitrary<Tree>;

class Shared {
  object: Tree = {};
  entries: readonly ManagedFieldsEntry[] = [];

  apply(manager: string, configuration: Tree): void {
    const ownership = { schema, apiVersion: 'v1', manager, now: 0 };
    const result = apply(this.object, configuration, this.entries, ownership, true);
    if (!result.ok) throw new Error('force meets no conflict');
    this.object = result.value.object;
    this.entries = result.value.managedFields;
  }
}

/** Without the empty spec that stays when a configuration has one. */
function trimmed(tree: Tree): Tree {
  const { spec, ...rest } = tree;
  return spec === undefined || Object.keys(spec).length === 0 ? rest : tree;
}

describe('whatever was applied before', () => {
  it('the only applier has exactly what it applied last', () => {
    fc.assert(
      fc.property(fc.array(pod, { minLength: 1, maxLength: 4 }), (configurations) => {
        const shared = new Shared();
        for (const configuration of configurations) shared.apply('me', configuration);
        expect(trimmed(shared.object)).toEqual(trimmed(configurations.at(-1) ?? {}));
      }),
      { numRuns: 300 },
    );
  });

  it('applying the same again changes neither the object nor its owners', () => {
    fc.assert(
      fc.property(pod, pod, pod, (mine, theirs, again) => {
        const shared = new Shared();
        shared.apply('me', mine);
        shared.apply('you', theirs);
        shared.apply('me', again);
        const { object, entries } = shared;
        shared.apply('me', again);
        expect(shared.object).toEqual(object);
        expect(shared.entries).toEqual(entries);
      }),
      { numRuns: 300 },
    );
  });

  it('when one of two appliers gives everything up, the other has what it applied', () => {
    fc.assert(
      fc.property(pod, pod, (mine, theirs) => {
        const shared = new Shared();
        shared.apply('you', theirs);
        shared.apply('me', mine);
        shared.apply('you', theirs);
        shared.apply('me', { metadata: { name: 'p' } });
        expect(sortedLists(trimmed(shared.object))).toEqual(sortedLists(trimmed(theirs)));
      }),
      { numRuns: 300 },
    );
  });
});

/** Lists by name: elements of several appliers have no order between them. */
function sortedLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sortedLists);
    return items.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, sortedLists(member)]));
}
