import { keyOf, type KubeObject } from '../machinery/object.ts';
import { badInput } from './bad-input.ts';
import { builder, type OutputRef } from './builder.ts';
import { Handle, type Scope } from './handle.ts';

/** The most entries one page of a connection gives. */
export const MAX_PAGE_SIZE = 500;

/** The source of a connection. */
export interface Page<S> {
  edges: readonly { cursor: string; node: S }[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  /** The revision that this page was read at. */
  revision: number;
  /** How many entries all pages have together; counted only when somebody asks. */
  countAll(): number;
}

export interface PageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
}

/** The arguments of every connection: `args: { ...pageArgs(), filter: t.arg({ type: ObjectFilter }) }`. */
export function pageArgs(first = 50) {
  return builder.args((t) => ({
    first: t.int({ defaultValue: first, description: `How many entries, 1 to ${MAX_PAGE_SIZE}.` }),
    after: t.string({ description: 'The cursor (`pageInfo.endCursor`) behind which to go on.' }),
  }));
}

/** In which order a list is given. Entries with equal keys are ordered by namespace and name. */
export interface Order<T extends KubeObject> {
  /** Stands in cursors: a cursor of one order cannot be used in another. */
  readonly name: string;
  key(object: T): number | string;
}

/** The order of the API server's lists: namespace, then name. */
export const BY_NAME: Order<KubeObject> = { name: 'name', key: () => '' };

/** The order of lists of several kinds: kind, then namespace and name. */
export const BY_KIND: Order<KubeObject> = { name: 'kind', key: ({ kind, apiVersion }) => `${kind} ${apiVersion}` };

export interface PageOptions<T extends KubeObject> {
  order?: Order<T> | undefined;
  /** Which of the objects belong to the list; default all. */
  matches?: ((object: T) => boolean) | undefined;
}

interface Entry<T> {
  key: number | string;
  tie: string;
  object: T;
}

interface Cursor {
  order: string;
  /** The revision of the first page: objects created later do not turn up in later ones. */
  revision: number;
  key: number | string;
  tie: string;
}

/**
 * One page of a list of objects. A cursor holds the place in the order, not a count, so that nothing is given twice or
 * left out when objects come and go between two pages. Costs one pass over `objects`.
 */
export function paginate<T extends KubeObject>(
  scope: Scope,
  objects: Iterable<T>,
  args: PageArgs,
  options: PageOptions<T> = {},
): Page<Handle<T>> {
  const { order = BY_NAME, matches } = options;
  const first = pageSize(args);
  const after = args.after ? readCursor(args.after, order.name) : undefined;
  if (after && scope.replica && after.revision < scope.replica.oldestRevision) {
    throw badInput(
      'The cursor is too old: the revision it belongs to was compacted. Start again without it.',
      'EXPIRED',
    );
  }
  const revision = after?.revision ?? scope.view.revision;
  const entries: Entry<T>[] = [];
  for (const object of objects) {
    if (matches && !matches(object)) continue;
    if (after && (scope.view.createdRevision(object.metadata.uid) ?? 0) > revision) continue;
    const entry = { key: order.key(object), tie: keyOf(object), object };
    if (after && compare(entry, after) <= 0) continue;
    insertBounded(entries, entry, first + 1);
  }
  const edges = entries.slice(0, first).map(({ key, tie, object }) => ({
    cursor: writeCursor({ order: order.name, revision, key, tie }),
    node: new Handle(scope, object),
  }));
  return {
    edges,
    hasNextPage: entries.length > first,
    hasPreviousPage: after !== undefined,
    revision: scope.view.revision,
    countAll: () => count(objects, matches),
  };
}

/** The page size asked for; a size out of bounds is a bad input. */
export function pageSize({ first }: PageArgs): number {
  const size = first ?? 50;
  if (size < 1 || size > MAX_PAGE_SIZE) throw badInput(`first must be between 1 and ${MAX_PAGE_SIZE}, not ${size}`);
  return size;
}

function compare(left: { key: number | string; tie: string }, right: { key: number | string; tie: string }): number {
  if (left.key !== right.key) return left.key < right.key ? -1 : 1;
  if (left.tie === right.tie) return 0;
  return left.tie < right.tie ? -1 : 1;
}

/** Keeps the `limit` smallest entries in order. */
function insertBounded<T>(entries: Entry<T>[], entry: Entry<T>, limit: number): void {
  const last = entries.at(-1);
  if (last && entries.length >= limit && compare(entry, last) >= 0) return;
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(entries[middle] ?? entry, entry) <= 0) low = middle + 1;
    else high = middle;
  }
  entries.splice(low, 0, entry);
  if (entries.length > limit) entries.pop();
}

function count<T>(objects: Iterable<T>, matches: ((object: T) => boolean) | undefined): number {
  if (!matches && Array.isArray(objects)) return objects.length;
  let total = 0;
  for (const object of objects) if (!matches || matches(object)) total++;
  return total;
}

function writeCursor({ order, revision, key, tie }: Cursor): string {
  return Buffer.from(JSON.stringify([order, revision, key, tie])).toString('base64url');
}

function readCursor(text: string, order: string): Cursor {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw badInput('after is not a cursor of this API');
  }
  if (!Array.isArray(parts) || parts.length !== 4) throw badInput('after is not a cursor of this API');
  const [name, revision, key, tie] = parts as [string, number, number | string, string];
  if (name !== order) throw badInput(`after is a cursor of another order (${name}, not ${order})`);
  return { order, revision, key, tie };
}

export const PageInfo = builder.objectRef<Page<unknown>>('PageInfo').implement({
  description: 'Where a page lies in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage'),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage'),
    startCursor: t.string({ nullable: true, resolve: ({ edges }) => edges[0]?.cursor }),
    endCursor: t.string({ nullable: true, resolve: ({ edges }) => edges.at(-1)?.cursor }),
  }),
});

/** Defines `XConnection` and `XEdge`; the field's resolver returns a `Page` of X's sources. */
export function defineConnection<S extends object>(name: string, node: OutputRef<S>) {
  const Edge = builder.objectRef<{ cursor: string; node: S }>(`${name}Edge`).implement({
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      node: t.field({ type: node, resolve: (edge) => edge.node as never }),
    }),
  });
  return builder.objectRef<Page<S>>(`${name}Connection`).implement({
    fields: (t) => ({
      edges: t.field({ type: [Edge], resolve: (page) => page.edges }),
      nodes: t.field({ type: [node], resolve: (page) => page.edges.map((edge) => edge.node) as never }),
      pageInfo: t.field({ type: PageInfo, resolve: (page) => page }),
      totalCount: t.int({ description: 'How many entries all pages have.', resolve: (page) => page.countAll() }),
      revision: t.field({
        type: 'Revision',
        description: 'The revision that was read: watch from here.',
        resolve: (page) => page.revision,
      }),
    }),
  });
}
