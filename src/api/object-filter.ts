import type { HealthWord } from '../machinery/definition.ts';
import { kindKey, type Kind } from '../machinery/kind.ts';
import type { KubeObject } from '../machinery/object.ts';
import { parseFieldSelector, parseLabelSelector } from '../machinery/selector-parser.ts';
import { matches as matchesLabels } from '../machinery/selector.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';
import type { Catalog } from './catalog.ts';
import { matchesFields, unsupportedField } from './field-selectors.ts';
import { Handle, type Scope } from './handle.ts';
import { Health } from './health.ts';

type Maybe<T> = T | null | undefined;

export const ObjectFilter = builder.inputType('ObjectFilter', {
  description: 'Which objects. Selectors are written as for kubectl.',
  fields: (t) => ({
    kinds: t.stringList({ description: 'Kinds as kubectl takes them: "Pod", "deployments", "svc".' }),
    namespaces: t.stringList(),
    labelSelector: t.string({ description: '"app=web,tier in (a,b),!canary"' }),
    fieldSelector: t.string({ description: '"metadata.name=web-0", "spec.nodeName!=node-1"' }),
    search: t.string({ description: 'Text that the name must contain; case does not matter.' }),
    health: t.field({ type: [Health] }),
  }),
});

/** `ObjectFilter` as resolvers get it. */
export type ObjectFilterInput = typeof ObjectFilter.$inferInput;

export type Predicate<T extends KubeObject = KubeObject> = (object: T) => boolean;

/**
 * What a filter asks of an object of the given kind (any kind: undefined). Malformed selectors and fields that the kind
 * does not offer are bad input, in kubectl's words.
 */
export function filterPredicate(
  filter: Maybe<ObjectFilterInput>,
  scope: Scope,
  catalog: Catalog,
  kind?: Kind,
): Predicate | undefined {
  if (!filter) return undefined;
  const tests = [
    ...selectorTests(filter, kind?.kind),
    kindTest(filter.kinds, scope, catalog),
    namespaceTest(filter.namespaces),
    searchTest(filter.search),
    healthTest(filter.health, scope, catalog),
  ].filter((test) => test !== undefined);
  return tests.length === 0 ? undefined : (object) => tests.every((test) => test(object));
}

/** The tests of a label and a field selector. */
export function selectorTests(
  filter: { labelSelector?: Maybe<string>; fieldSelector?: Maybe<string> },
  kind: string | undefined,
): Predicate[] {
  const tests: Predicate[] = [];
  if (filter.labelSelector) {
    const parsed = parseLabelSelector(filter.labelSelector);
    if (!parsed.ok) throw badInput(parsed.error.message);
    tests.push((object) => matchesLabels(parsed.value, object.metadata.labels));
  }
  if (filter.fieldSelector) {
    const parsed = parseFieldSelector(filter.fieldSelector);
    if (!parsed.ok) throw badInput(parsed.error.message);
    const unknown = kind === undefined ? undefined : unsupportedField(kind, parsed.value);
    if (unknown !== undefined) throw badInput(`field label not supported: ${unknown}`);
    tests.push((object) => {
      return unsupportedField(object.kind, parsed.value) === undefined && matchesFields(object, parsed.value);
    });
  }
  return tests;
}

export function namespaceTest(namespaces: Maybe<readonly string[]>): Predicate | undefined {
  if (!namespaces) return undefined;
  const wanted = new Set(namespaces);
  return ({ metadata }) => wanted.has(metadata.namespace ?? '');
}

export function searchTest(search: Maybe<string>): Predicate | undefined {
  if (!search) return undefined;
  const text = search.toLowerCase();
  return ({ metadata }) => metadata.name.includes(text);
}

function kindTest(kinds: Maybe<readonly string[]>, { view }: Scope, catalog: Catalog): Predicate | undefined {
  if (!kinds) return undefined;
  const wanted = new Set(kinds.map((word) => catalog.keyOfWord(word, view)));
  return (object) => wanted.has(kindKey(object.apiVersion, object.kind));
}

function healthTest(health: Maybe<readonly HealthWord[]>, scope: Scope, catalog: Catalog): Predicate | undefined {
  if (!health) return undefined;
  return (object) => health.includes(catalog.health(new Handle(scope, object)));
}

/** The objects of the kinds and namespaces a filter names; cheaper than testing all. Null: not narrowed. */
export function* candidates(filter: Maybe<ObjectFilterInput>, scope: Scope, catalog: Catalog): Iterable<KubeObject> {
  const { view } = scope;
  const keys = filter?.kinds ? new Set(filter.kinds.map((word) => catalog.keyOfWord(word, view))) : view.kindKeys();
  for (const key of keys) yield* objectsOfKind(scope, key, filter?.namespaces);
}

/** The objects of one kind, in all namespaces or in those that are named. */
export function objectsOfKind(
  { view }: Scope,
  key: string,
  namespaces: Maybe<readonly string[]>,
): readonly KubeObject[] {
  if (!namespaces) return view.listKey(key);
  return [...new Set(namespaces)].flatMap((namespace) => view.listKey(key, namespace));
}
