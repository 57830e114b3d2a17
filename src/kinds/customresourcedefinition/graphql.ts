import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { filterPredicate, ObjectFilter } from '../../api/object-filter.ts';
import { KubeObjectConnection } from '../../api/refs.ts';
import { kindKey } from '../../machinery/kind.ts';
import { CustomResourceDefinition, type DefinedVersion, type PrinterColumn } from './types.ts';

const PrinterColumnType = builder.objectRef<PrinterColumn>('PrinterColumn').implement({
  description: 'A column of the table of a custom kind.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As it is defined; tables show it in capitals.' }),
    type: t.exposeString('type', { description: 'integer, number, string, boolean or date.' }),
    jsonPath: t.exposeString('jsonPath', { description: 'Where its value stands in an object.' }),
    priority: t.int({
      description: 'Columns above 0 are shown in wide tables alone.',
      resolve: ({ priority }) => priority ?? 0,
    }),
  }),
});

const VersionType = builder.objectRef<DefinedVersion>('CustomResourceVersion').implement({
  description: 'One version of a custom kind.',
  fields: (t) => ({
    name: t.exposeString('name', { description: '"v1", "v1beta1".' }),
    served: t.exposeBoolean('served', { description: 'Whether objects may be read and written in it.' }),
    storage: t.exposeBoolean('storage', { description: 'Whether objects are stored in it: true of one version.' }),
    hasStatus: t.boolean({
      description: 'Whether `status` is a subresource, which other writes leave alone.',
      resolve: ({ subresources }) => subresources?.status !== undefined,
    }),
    hasScale: t.boolean({
      description: 'Whether objects can be scaled.',
      resolve: ({ subresources }) => subresources?.scale !== undefined,
    }),
    schema: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The structural schema (openAPIV3Schema).',
      resolve: ({ schema }) => schema?.openAPIV3Schema,
    }),
    printerColumns: t.field({
      type: [PrinterColumnType],
      description: 'The columns of its tables beside NAME; AGE alone where there are none.',
      extensions: { listSize: 20 },
      resolve: ({ additionalPrinterColumns }) => [...(additionalPrinterColumns ?? [])],
    }),
  }),
});

defineKubeType(CustomResourceDefinition, {
  description: 'Defines a kind of objects that people add to the API.',
  fields: (t) => ({
    group: t.string({ description: 'The API group of the kind.', resolve: ({ object }) => object.spec.group }),
    definedKind: t.string({ description: 'The kind it defines.', resolve: ({ object }) => object.spec.names.kind }),
    plural: t.string({
      description: 'What kubectl calls its objects.',
      resolve: ({ object }) => object.spec.names.plural,
    }),
    shortNames: t.stringList({
      description: 'What kubectl takes for it, too.',
      resolve: ({ object }) => object.spec.names.shortNames ?? [],
    }),
    scope: t.string({ description: 'Namespaced or Cluster.', resolve: ({ object }) => object.spec.scope }),
    established: t.boolean({
      description: 'Whether its names are accepted and its objects are served.',
      resolve: ({ object }) =>
        object.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false,
    }),
    versions: t.field({
      type: [VersionType],
      description: 'Its versions, as they are defined.',
      extensions: { listSize: 10 },
      resolve: ({ object }) => [...object.spec.versions],
    }),
    storedVersions: t.stringList({
      description: 'The versions in which objects were ever stored.',
      resolve: ({ object }) => object.status?.storedVersions ?? [],
    }),
    objects: t.field({
      type: KubeObjectConnection,
      description: 'The objects of the kind it defines.',
      args: { filter: t.arg({ type: ObjectFilter }), ...pageArgs() },
      resolve: ({ scope, object: { spec } }, args, { catalog }) =>
        paginate(scope, scope.view.listKey(kindKey(`${spec.group}/v1`, spec.names.kind)), args, {
          matches: filterPredicate(args.filter, scope, catalog),
        }),
    }),
  }),
});
