import type { ClusterView } from '../machinery/cluster-view.ts';
import { fromTimestamp, humanDuration } from '../machinery/time.ts';
import { builder } from './builder.ts';
import type { Catalog } from './catalog.ts';
import { ClusterType } from './cluster-source.ts';
import { pageArgs, PageInfo, paginate, type Page } from './connections.ts';
import type { Handle } from './handle.ts';
import { filterPredicate, ObjectFilter, objectsOfKind } from './object-filter.ts';
import { KubeObjectInterface } from './refs.ts';

interface Column {
  name: string;
  readonly cell: (handle: Handle) => string;
}

interface Table {
  columns: readonly Column[];
  page: Page<Handle>;
}

const NAME: Column = { name: 'NAME', cell: ({ object }) => object.metadata.name };

/** kubectl's AGE. */
const AGE: Column = {
  name: 'AGE',
  cell: ({ object, view }) => humanDuration(view.now - fromTimestamp(object.metadata.creationTimestamp)),
};

/** kubectl's columns of a kind; a kind that says nothing has NAME and AGE. NAMESPACE is the caller's to print. */
export function columnsOf(catalog: Catalog, kindKey: string, view: ClusterView, wide: boolean): Column[] {
  const own = catalog.columns(kindKey, view);
  if (!own) return [NAME, AGE];
  const columns = own
    .filter((column) => wide || !column.wide)
    .map(({ name, cell }) => ({ name, cell: ({ object, view }: Handle) => cell(object, view) }));
  return columns[0]?.name === 'NAME' ? columns : [NAME, ...columns];
}

const TableRow = builder.objectRef<{ handle: Handle; columns: readonly Column[] }>('TableRow').implement({
  fields: (t) => ({
    object: t.field({ type: KubeObjectInterface, resolve: ({ handle }) => handle }),
    cells: t.stringList({ resolve: ({ handle, columns }) => columns.map(({ cell }) => cell(handle)) }),
  }),
});

const TableType = builder.objectRef<Table>('Table').implement({
  description: 'Objects as `kubectl get` prints them.',
  fields: (t) => ({
    columns: t.stringList({ resolve: ({ columns }) => columns.map(({ name }) => name) }),
    rows: t.field({
      type: [TableRow],
      extensions: { listSize: 500 },
      resolve: ({ columns, page }) => page.edges.map(({ node }) => ({ handle: node, columns })),
    }),
    pageInfo: t.field({ type: PageInfo, resolve: ({ page }) => page }),
    totalCount: t.int({ resolve: ({ page }) => page.countAll() }),
    revision: t.field({ type: 'Revision', resolve: ({ page }) => page.revision }),
  }),
});

builder.objectField(ClusterType, 'table', (t) =>
  t.field({
    type: TableType,
    description: 'Objects of one kind as `kubectl get` prints them.',
    args: {
      kind: t.arg.string({ required: true, description: 'As kubectl takes it: "pods", "deploy", "Service".' }),
      wide: t.arg.boolean({ defaultValue: false, description: 'With the columns of `-o wide`.' }),
      filter: t.arg({ type: ObjectFilter }),
      ...pageArgs(100),
    },
    resolve: ({ scope }, args, { catalog }) => {
      const key = catalog.keyOfWord(args.kind, scope.view);
      const matches = filterPredicate(args.filter, scope, catalog, catalog.kind(key));
      const objects = objectsOfKind(scope, key, args.filter?.namespaces);
      return {
        columns: columnsOf(catalog, key, scope.view, args.wide ?? false),
        page: paginate(scope, objects, args, { matches }),
      };
    },
  }),
);
