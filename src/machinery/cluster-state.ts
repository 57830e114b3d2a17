import type { ClusterView, Index } from './cluster-view.ts';
import { kindKey, type Kind } from './kind.ts';
import { keyOf, type KubeObject } from './object.ts';

/**
 * The indexed objects of one cluster: what the engine changes, and what a view holds as it follows the feed.
 * Each object lives in a cell that stays the same from its creation to its removal, so that replacing an object touches
 * no index whose keys did not change.
 */

interface Cell {
  object: KubeObject;
  readonly created: number;
  readonly table: Table;
}

const NO_OBJECTS: readonly never[] = Object.freeze([]);

/**
 * Cells in the order of creation. Insertion is nearly always in order; where it is not, the order is mended when read.
 * Most buckets of an index hold one cell all their life and need no set for it.
 */
class Bucket {
  private only: Cell | undefined;
  private cells: Set<Cell> | undefined;
  private newest = -1;
  private sorted = true;

  get size(): number {
    return this.cells ? this.cells.size : this.only ? 1 : 0;
  }

  add(cell: Cell): void {
    if (cell.created < this.newest) this.sorted = false;
    else this.newest = cell.created;
    if (this.cells) {
      this.cells.add(cell);
    } else if (!this.only || this.only === cell) {
      this.only = cell;
    } else {
      this.cells = new Set([this.only, cell]);
      this.only = undefined;
    }
  }

  remove(cell: Cell): void {
    if (this.cells) this.cells.delete(cell);
    else if (this.only === cell) this.only = undefined;
  }

  /** The cells, oldest first. */
  ordered(): Iterable<Cell> {
    if (!this.cells) return this.only ? [this.only] : NO_OBJECTS;
    if (!this.sorted) {
      this.cells = new Set([...this.cells].sort((left, right) => left.created - right.created));
      this.sorted = true;
    }
    return this.cells;
  }

  objects(): KubeObject[] {
    if (!this.cells) return this.only ? [this.only.object] : [];
    const objects: KubeObject[] = [];
    for (const cell of this.ordered()) objects.push(cell.object);
    return objects;
  }
}

class Table {
  readonly cells = new Map<string, Cell>();
  readonly all = new Bucket();
  readonly namespaces = new Map<string, Bucket>();
  readonly indexes: { index: Index; buckets: Map<string, Bucket> }[] = [];
}

export class ClusterState implements ClusterView {
  readonly cluster: string;
  readonly seed: string;
  revision = 0;
  now = 0;
  private readonly tables = new Map<string, Table>();
  private readonly uids = new Map<string, Cell>();
  private readonly owners = new Map<string, Bucket>();
  private readonly indexBuckets = new Map<Index, Map<string, Bucket>>();
  private readonly indexesOfKind = new Map<string, Index[]>();

  constructor(cluster: string, seed: string, indexes: readonly Index[]) {
    this.cluster = cluster;
    this.seed = seed;
    for (const index of indexes) {
      const known = this.indexesOfKind.get(index.kind.key);
      if (known) known.push(index);
      else this.indexesOfKind.set(index.kind.key, [index]);
      this.indexBuckets.set(index, new Map());
    }
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  get<T extends KubeObject>(kind: Kind<T>, namespace: string | undefined, name: string): T | undefined {
    return this.getByKey(kind, namespace ? `${namespace}/${name}` : name);
  }

  getByKey<T extends KubeObject>(kind: Kind<T>, key: string): T | undefined {
    return this.tables.get(kind.key)?.cells.get(key)?.object as T | undefined;
  }

  byUid(uid: string): KubeObject | undefined {
    return this.uids.get(uid)?.object;
  }

  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly T[] {
    return this.listKey(kind.key, namespace) as readonly T[];
  }

  listKey(key: string, namespace?: string): readonly KubeObject[] {
    return this.bucket(key, namespace)?.objects() ?? NO_OBJECTS;
  }

  *iterate<T extends KubeObject>(kind: Kind<T>, namespace?: string): Iterable<T> {
    const bucket = this.bucket(kind.key, namespace);
    if (bucket) for (const cell of bucket.ordered()) yield cell.object as T;
  }

  count(kind: Kind, namespace?: string): number {
    return this.bucket(kind.key, namespace)?.size ?? 0;
  }

  by<T extends KubeObject>(index: Index<T>, key: string): readonly T[] {
    const bucket = this.bucketsOf(index).get(key);
    return bucket ? (bucket.objects() as T[]) : NO_OBJECTS;
  }

  countBy(index: Index<never> | Index, key: string): number {
    return this.bucketsOf(index).get(key)?.size ?? 0;
  }

  dependents(uid: string): readonly KubeObject[] {
    return this.owners.get(uid)?.objects() ?? NO_OBJECTS;
  }

  createdRevision(uid: string): number | undefined {
    return this.uids.get(uid)?.created;
  }

  kindKeys(): readonly string[] {
    const keys: string[] = [];
    for (const [key, table] of this.tables) if (table.all.size > 0) keys.push(key);
    return keys.sort();
  }

  private bucket(key: string, namespace: string | undefined): Bucket | undefined {
    const table = this.tables.get(key);
    return namespace === undefined ? table?.all : table?.namespaces.get(namespace);
  }

  private bucketsOf(index: Index): Map<string, Bucket> {
    const buckets = this.indexBuckets.get(index);
    if (!buckets) throw new Error(`index ${index.name} is not listed in the definition of ${index.kind.key}`);
    return buckets;
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  /** Adds an object or replaces the one with its uid. `created` is the revision of its creation. */
  put(object: KubeObject, created: number): void {
    const cell = this.uids.get(object.metadata.uid);
    if (cell) this.replace(cell, object);
    else this.insert(object, created);
  }

  remove(uid: string): KubeObject | undefined {
    const cell = this.uids.get(uid);
    if (!cell) return undefined;
    const { object, table } = cell;
    this.uids.delete(uid);
    table.cells.delete(keyOf(object));
    table.all.remove(cell);
    const namespace = object.metadata.namespace;
    if (namespace !== undefined) removeFrom(table.namespaces, namespace, cell);
    for (const reference of object.metadata.ownerReferences ?? []) removeFrom(this.owners, reference.uid, cell);
    for (const { index, buckets } of table.indexes) unindex(buckets, index.keys(object), cell);
    return object;
  }

  private insert(object: KubeObject, created: number): void {
    const table = this.tableFor(kindKey(object.apiVersion, object.kind));
    const cell: Cell = { object, created, table };
    this.uids.set(object.metadata.uid, cell);
    table.cells.set(keyOf(object), cell);
    table.all.add(cell);
    const namespace = object.metadata.namespace;
    if (namespace !== undefined) addTo(table.namespaces, namespace, cell);
    for (const reference of object.metadata.ownerReferences ?? []) addTo(this.owners, reference.uid, cell);
    for (const { index, buckets } of table.indexes) reindex(buckets, undefined, index.keys(object), cell);
  }

  private replace(cell: Cell, object: KubeObject): void {
    const old = cell.object;
    cell.object = object;
    const oldOwners = old.metadata.ownerReferences;
    const newOwners = object.metadata.ownerReferences;
    if (oldOwners !== newOwners) {
      for (const reference of oldOwners ?? []) removeFrom(this.owners, reference.uid, cell);
      for (const reference of newOwners ?? []) addTo(this.owners, reference.uid, cell);
    }
    for (const { index, buckets } of cell.table.indexes) {
      reindex(buckets, index.keys(old), index.keys(object), cell);
    }
  }

  private tableFor(key: string): Table {
    let table = this.tables.get(key);
    if (!table) {
      table = new Table();
      for (const index of this.indexesOfKind.get(key) ?? []) {
        table.indexes.push({ index, buckets: this.bucketsOf(index) });
      }
      this.tables.set(key, table);
    }
    return table;
  }
}

function addTo(buckets: Map<string, Bucket>, key: string, cell: Cell): void {
  let bucket = buckets.get(key);
  if (!bucket) {
    bucket = new Bucket();
    buckets.set(key, bucket);
  }
  bucket.add(cell);
}

function removeFrom(buckets: Map<string, Bucket>, key: string, cell: Cell): void {
  const bucket = buckets.get(key);
  if (!bucket) return;
  bucket.remove(cell);
  if (bucket.size === 0) buckets.delete(key);
}

type Keys = string | readonly string[] | undefined;

function unindex(buckets: Map<string, Bucket>, keys: Keys, cell: Cell): void {
  if (keys === undefined) return;
  if (typeof keys === 'string') removeFrom(buckets, keys, cell);
  else for (const key of keys) removeFrom(buckets, key, cell);
}

function reindex(buckets: Map<string, Bucket>, oldKeys: Keys, newKeys: Keys, cell: Cell): void {
  if (sameKeys(oldKeys, newKeys)) return;
  unindex(buckets, oldKeys, cell);
  if (newKeys === undefined) return;
  if (typeof newKeys === 'string') addTo(buckets, newKeys, cell);
  else for (const key of newKeys) addTo(buckets, key, cell);
}

function sameKeys(left: Keys, right: Keys): boolean {
  if (left === right) return true;
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((key, position) => key === right[position]);
}
