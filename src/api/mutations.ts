import type { InputFieldMap, InputShapeFromFields } from '@pothos/core';
import type { Kind } from '../machinery/kind.ts';
import type { KubeObject } from '../machinery/object.ts';
import { builder, type ObjectTypeRef } from './builder.ts';
import { typeNameOf } from './catalog.ts';
import {
  findById,
  Guard,
  refusedPayload,
  submit,
  targetInput,
  type GuardInput,
  type PayloadSource,
} from './commands.ts';
import { Handle } from './handle.ts';
import { KubeObjectInterface, kubeRef } from './refs.ts';
import { UserError } from './user-errors.ts';

type InputBuilder = PothosSchemaTypes.InputFieldBuilder<(typeof builder)['$inferSchemaTypes'], 'InputObject'>;

export interface MutationOptions<T extends KubeObject, Fields extends InputFieldMap> {
  /** The mutation's name; also that of the command, unless `command` says otherwise. */
  name: string;
  description: string;
  /** The kind of the object it is about; any kind when it is left out. */
  kind?: Kind<T>;
  command?: string;
  /** The input type's name and its fields beside `id` and `guard`. Default: `TargetInput` with no more fields. */
  inputName?: string;
  input?: (t: InputBuilder) => Fields;
  /** The command's input beside target and resourceVersion. Default: the fields of `input` as they are, nulls left out. */
  toCommand?: (input: InputShapeFromFields<Fields>, target: Handle<T>) => Record<string, unknown>;
}

/**
 * Defines a mutation about one object: its input has `id`, the fields of `input` and `guard`; it submits the command of
 * its name with `{ target, resourceVersion, …fields }`; its payload shows the object and the userErrors.
 */
export function defineMutation<T extends KubeObject, Fields extends InputFieldMap = {}>(
  options: MutationOptions<T, Fields>,
): void {
  const { name, description, kind, command = name } = options;
  const Input = inputType(options.inputName ?? 'TargetInput', options.input);
  builder.mutationField(name, (t) =>
    t.field({
      type: kind ? payloadType(kind) : ObjectPayload,
      description,
      args: { input: t.arg({ type: Input, required: true }) },
      resolve: async (_root, { input }, context) => {
        const { id, guard, ...fields } = input as { id: string; guard: GuardInput } & InputShapeFromFields<Fields>;
        const found = findById(id, kind, context);
        if ('code' in found) return refusedPayload(found);
        const { replica, handle: target } = found;
        const own = options.toCommand?.(fields as never, target as Handle<T>) ?? withoutNulls(fields);
        const commandInput = { ...targetInput(target, guard), ...own };
        return submit({ replica, command, input: commandInput, guard, target }, context);
      },
    }),
  );
}

function withoutNulls(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

const inputTypes = new Map<string, ReturnType<typeof newInputType>>();

/** Input types are shared by name: `TargetInput` is one type for all mutations that need no more. */
function inputType(name: string, fields: ((t: InputBuilder) => InputFieldMap) | undefined) {
  let type = inputTypes.get(name);
  if (!type) {
    type = newInputType(name, fields);
    inputTypes.set(name, type);
  }
  return type;
}

function newInputType(name: string, fields: ((t: InputBuilder) => InputFieldMap) | undefined) {
  return builder.inputType(name, {
    fields: (t) => ({
      id: t.id({ required: true }),
      ...(fields?.(t) as {}),
      guard: t.field({ type: Guard }),
    }),
  });
}

/** The interface of all payloads. */
export const Payload = builder.interfaceRef<PayloadSource>('Payload').implement({
  description: 'What every mutation answers. `userErrors` is empty when it was done.',
  fields: (t) => ({
    revision: t.field({
      type: 'Revision',
      description: "The cluster's revision after the mutation and what it set off at once.",
      resolve: ({ revision }) => revision,
    }),
    replayed: t.boolean({
      description: 'The idempotency key had been used: this is the answer of that time.',
      resolve: ({ replayed }) => replayed,
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ errors }) => errors }),
  }),
});

const payloads = new Map<string, ObjectTypeRef<PayloadSource>>();

/** `DeploymentPayload { deployment revision replayed userErrors }`: the payload of mutations about one object of a kind. */
export function payloadType<T extends KubeObject>(kind: Kind<T>): ObjectTypeRef<PayloadSource> {
  const known = payloads.get(kind.key);
  if (known) return known;
  const ref = builder.objectRef<PayloadSource>(`${typeNameOf(kind)}Payload`);
  payloads.set(kind.key, ref);
  ref.implement({
    interfaces: [Payload],
    fields: (t) => ({
      [kind.kind[0]?.toLowerCase() + kind.kind.slice(1)]: t.field({
        type: kubeRef(kind),
        nullable: true,
        resolve: ({ objects }) =>
          (objects.find(({ kindKey }) => kindKey === kind.key) as Handle<T> | undefined) ?? null,
      }),
    }),
  });
  return ref;
}

/** The payload of mutations about an object of any kind. */
export const ObjectPayload = builder.objectRef<PayloadSource>('ObjectPayload').implement({
  interfaces: [Payload],
  fields: (t) => ({
    object: t.field({ type: KubeObjectInterface, nullable: true, resolve: ({ objects }) => objects[0] ?? null }),
  }),
});
