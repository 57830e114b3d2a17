import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  nat,
  property,
  record,
  uniqueArray,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply } from '../../src/machinery/apply/managed-fields.ts';
import type { ManagedFieldsEntry } from '../../src/machinery/object.ts';
import { kubernetesSchema } from '../../src/machinery/schema/kubernetes-schema.ts';
import { ANY } from '../../src/machinery/schema/schema-node.ts';

type Tree = Record<string, unknown>;

const schema = kubernetesSchema('v1', 'Pod') ?? ANY;
const letter = constantFrom('a', 'b', 'c');
const labels = dictionary(letter, letter, { minKeys: 1, maxKeys: 2 });

/** Elements with different names. */
function named(fields: Record<string, Arbitrary<unknown>>): Arbitrary<unknown> {
  const element = record({ name: letter, ...fields }, { requiredKeys: ['name'] });
  return uniqueArray(element, { selector: (item) => (item as { name: string }).name, minLength: 1, maxLength: 3 });
}

const pod = record(
  {
    metadata: record(
      { name: constant('p'), labels, annotations: labels, finalizers: uniqueArray(letter, { minLength: 1 }) },
      { requiredKeys: ['name'] },
    ),
    spec: record(
      {
        containers: named({ image: letter, env: named({ value: letter }), resources: record({ limits: labels }) }),
        volumes: named({ emptyDir: constant({}), hostPath: record({ path: letter }) }),
        nodeSelector: labels,
        tolerations: array(record({ key: letter }), { minLength: 1, maxLength: 2 }),
        securityContext: record({ runAsUser: nat(3) }),
        hostNetwork: boolean(),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['metadata'] },
) as unknown as Arbitrary<Tree>;

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
  return Object.keys((spec as object | undefined) ?? {}).length === 0 ? rest : tree;
}

describe('whatever was applied before', () => {
  it('the only applier has exactly what it applied last', () => {
    assert(
      property(array(pod, { minLength: 1, maxLength: 4 }), (configurations) => {
        const shared = new Shared();
        for (const configuration of configurations) shared.apply('me', configuration);
        expect(trimmed(shared.object)).toEqual(trimmed(configurations.at(-1) ?? {}));
      }),
      { numRuns: 300 },
    );
  });

  it('applying the same again changes neither the object nor its owners', () => {
    assert(
      property(pod, pod, pod, (mine, theirs, again) => {
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
    assert(
      property(pod, pod, (mine, theirs) => {
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
