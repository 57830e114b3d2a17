import { readdirSync } from 'node:fs';
import { DirectiveLocation, GraphQLDirective, GraphQLInt, GraphQLNonNull, GraphQLSchema } from 'graphql';
import { definitionObjectOf } from '../kinds/customresourcedefinition/queries.ts';
import { CustomResourceDefinition } from '../kinds/customresourcedefinition/types.ts';
import { Namespace } from '../kinds/namespace/types.ts';
import type { AnyDefinition } from '../machinery/definition.ts';
import { groupOf } from '../machinery/object.ts';
import { builder } from './builder.ts';
import { UNMODELLED_TYPE } from './catalog.ts';
import { addKindLists } from './cluster.ts';
import { describe } from './descriptions.ts';
import { Handle } from './handle.ts';
import { definedTypes, defineKubeType } from './kube-object.ts';
import { NodeInterface } from './node-interface.ts';
import { KubeObjectInterface, kubeRef } from './refs.ts';
import './parts.ts';

const KINDS_FOLDER = new URL('../kinds/', import.meta.url);

let built: Promise<GraphQLSchema> | undefined;

/**
 * The schema: what src/api defines, the graphql.ts of every kind's folder, and for kinds without one the fields of every
 * object. Built once; `definitions` are those of the whole process.
 */
export function buildSchema(definitions: readonly AnyDefinition[]): Promise<GraphQLSchema> {
  built ??= assemble(definitions);
  return built;
}

async function assemble(definitions: readonly AnyDefinition[]): Promise<GraphQLSchema> {
  const keys = new Set(definitions.map(({ kind }) => kind.key));
  for (const folder of readdirSync(KINDS_FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const files = readdirSync(new URL(`${folder.name}/`, KINDS_FOLDER));
    if (files.includes('graphql.ts')) await import(new URL(`${folder.name}/graphql.ts`, KINDS_FOLDER).href);
  }
  for (const key of definedTypes().keys()) {
    if (!keys.has(key)) throw new Error(`${key} has a GraphQL type but is not in the registry of kinds`);
  }
  for (const { kind } of definitions) {
    if (!definedTypes().has(kind.key))
      defineKubeType(kind, { description: `The kind ${kind.kind} of ${kind.apiVersion}.` });
  }
  defineUnmodelledType();
  addKindLists(definitions);
  return describe(withListSize(builder.toSchema({ sortSchema: true })));
}

/** The type of objects of kinds that have no definition. */
function defineUnmodelledType(): void {
  builder.objectRef<Handle>(UNMODELLED_TYPE).implement({
    description: 'An object whose kind is stored and listed, but not modelled: an instance of a custom resource.',
    interfaces: [NodeInterface, KubeObjectInterface],
    fields: (t) => ({
      spec: t.field({ type: 'JSON', nullable: true, resolve: ({ object }) => object.spec }),
      status: t.field({ type: 'JSON', nullable: true, resolve: ({ object }) => object.status }),
      namespace: t.field({
        type: kubeRef(Namespace),
        nullable: true,
        resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
      }),
      definition: t.field({
        type: kubeRef(CustomResourceDefinition),
        nullable: true,
        description: 'The object that defines its kind.',
        resolve: (handle) => {
          const { apiVersion, kind } = handle.object;
          return handle.toMaybe(definitionObjectOf(handle.view, groupOf(apiVersion), kind));
        },
      }),
    }),
  });
}

const LIST_SIZE = new GraphQLDirective({
  name: 'listSize',
  description: 'A list without pages: it may have so many entries. Counts in the cost of a query.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: { max: { type: new GraphQLNonNull(GraphQLInt) } },
});

function withListSize(schema: GraphQLSchema): GraphQLSchema {
  const config = schema.toConfig();
  return new GraphQLSchema({ ...config, directives: [...config.directives, LIST_SIZE] });
}
