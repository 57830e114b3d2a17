import type { Index } from './cluster-view.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Kind } from './kind.ts';
import { controllerRef, type KubeObject, type StringMap } from './object.ts';
import { anchorPair, matches, type Selector } from './selector.ts';

/**
 * Two indexes that make ownership by labels cheap: who could select an object (by its labels), and which objects that
 * nobody controls a selector could match. Both look at a handful of candidates, never at a whole namespace, unless a
 * selector names no label that everything it selects must have.
 */

/** An index over objects that have a selector, for `selectorsMatching`. */
export function indexBySelector<T extends KubeObject>(
  name: string,
  kind: Kind<T>,
  selectorOf: (object: T) => Selector,
): Index<T> {
  return {
    name,
    kind,
    keys(object) {
      const anchor = anchorPair(selectorOf(object));
      const namespace = object.metadata.namespace;
      return anchor ? pairKey(namespace, anchor.key, anchor.value) : pairKey(namespace);
    },
  };
}

/** The objects whose selector matches the labels of `object`, oldest first within each label. */
export function selectorsMatching<T extends KubeObject>(
  view: ClusterView,
  index: Index<T>,
  selectorOf: (object: T) => Selector,
  object: KubeObject,
): T[] {
  const { namespace, labels } = object.metadata;
  const keys = [pairKey(namespace)];
  for (const key in labels) keys.push(pairKey(namespace, key, labels[key]));
  return keys.flatMap((key) => view.by(index, key).filter((candidate) => matches(selectorOf(candidate), labels)));
}

/** An index over the objects that have no controller, for `orphansMatching`. */
export function indexOrphans<T extends KubeObject>(name: string, kind: Kind<T>): Index<T> {
  return {
    name,
    kind,
    keys(object) {
      return controllerRef(object) ? undefined : orphanKeys(object.metadata.namespace, object.metadata.labels);
    },
  };
}

/** The objects without controller that a selector matches, oldest first. */
export function orphansMatching<T extends KubeObject>(
  view: ClusterView,
  index: Index<T>,
  namespace: string | undefined,
  selector: Selector,
): readonly T[] {
  if (selector.matchesNothing) return [];
  const anchor = anchorPair(selector);
  const candidates = view.by(index, anchor ? pairKey(namespace, anchor.key, anchor.value) : pairKey(namespace));
  return candidates.filter((object) => matches(selector, object.metadata.labels));
}

function orphanKeys(namespace: string | undefined, labels: StringMap | undefined): string[] {
  const keys = [pairKey(namespace)];
  for (const key in labels) keys.push(pairKey(namespace, key, labels[key]));
  return keys;
}

function pairKey(namespace: string | undefined, key?: string, value?: string): string {
  return key === undefined ? `${namespace ?? ''}\n` : `${namespace ?? ''}\n${key}=${value ?? ''}`;
}
