import type { Kind } from './kind.ts';
import type { KubeObject } from './object.ts';

/**
 * An index over the objects of one kind: `keys` gives the keys an object is found under (one, several, or none).
 * It must depend on the object alone. Kinds list their indexes in their definition.
 */
export interface Index<T extends KubeObject = KubeObject> {
  readonly name: string;
  readonly kind: Kind<T>;
  keys(object: T): string | readonly string[] | undefined;
}

/**
 * A read-only picture of one cluster at one revision. Every list is in the order of creation, so that what is decided
 * from it does not depend on how the picture came about.
 */
export interface ClusterView {
  /** The cluster's name. */
  readonly cluster: string;
  readonly seed: string;
  readonly revision: number;
  /** Simulated time, in milliseconds since the epoch. */
  readonly now: number;

  get<T extends KubeObject>(kind: Kind<T>, namespace: string | undefined, name: string): T | undefined;
  getByKey<T extends KubeObject>(kind: Kind<T>, key: string): T | undefined;
  byUid(uid: string): KubeObject | undefined;
  /** All objects of a kind, or those of one namespace. */
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly T[];
  iterate<T extends KubeObject>(kind: Kind<T>, namespace?: string): Iterable<T>;
  count(kind: Kind, namespace?: string): number;
  by<T extends KubeObject>(index: Index<T>, key: string): readonly T[];
  countBy(index: Index, key: string): number;
  /** Objects with an owner reference to `uid`. */
  dependents(uid: string): readonly KubeObject[];
  /** When the object was created, as the cluster's revision: a total order. */
  createdRevision(uid: string): number | undefined;
  /** The keys of all kinds that have objects. */
  kindKeys(): readonly string[];
  /** Every object of a kind named by its key (see Kind.key), for what works on any kind. */
  listKey(kindKey: string, namespace?: string): readonly KubeObject[];
}
