import SchemaBuilder from '@pothos/core';
import type { StringMap } from '../machinery/object.ts';
import type { ApiContext } from './context.ts';

/** The types of the schema's scalars: what resolvers get as arguments (Input) and may return (Output). */
export interface SchemaTypes {
  Context: ApiContext;
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: false;
  Scalars: {
    ID: { Input: string; Output: string };
    /** RFC 3339. Milliseconds come in; milliseconds or text go out. */
    DateTime: { Input: number; Output: number | string };
    /** Go's durations ("90s"). Milliseconds both ways. */
    Duration: { Input: number; Output: number };
    Quantity: { Input: string; Output: string | number };
    Revision: { Input: number; Output: number | string };
    StringMap: { Input: StringMap; Output: StringMap };
    JSON: { Input: unknown; Output: unknown };
  };
}

/**
 * The one builder that every part of the schema adds to. Fields are non-null unless they say `nullable: true`; arguments
 * and input fields are optional unless they say `required: true`.
 */
export const builder = new SchemaBuilder<SchemaTypes>({
  defaultFieldNullability: false,
});

builder.queryType({ description: 'Everything that can be read.' });
builder.mutationType({
  description: 'Everything that can be done. A refusal is data (`userErrors`), never a top-level error.',
});
builder.subscriptionType({ description: 'Everything that can be watched. Only what is committed is published.' });

type PothosTypes = (typeof builder)['$inferSchemaTypes'];

/** A reference to an object or interface type whose sources are S. */
export type OutputRef<S> =
  | PothosSchemaTypes.ObjectRef<PothosTypes, S>
  | PothosSchemaTypes.ImplementableObjectRef<PothosTypes, S>
  | PothosSchemaTypes.InterfaceRef<PothosTypes, S>
  | PothosSchemaTypes.ImplementableInterfaceRef<PothosTypes, S>;

/** A reference to an object type that may still be given its fields. */
export type ObjectTypeRef<S> = PothosSchemaTypes.ImplementableObjectRef<PothosTypes, S>;
