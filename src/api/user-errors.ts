import { problemText, type ErrorReason, type FieldProblem } from '../machinery/api-error.ts';
import type { CommandError } from '../machinery/controller.ts';
import { builder } from './builder.ts';
import type { Handle } from './handle.ts';
import { KubeObjectInterface } from './refs.ts';

const CODES = [
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'CONFLICT',
  'INVALID',
  'FORBIDDEN',
  'DISRUPTION_BUDGET',
  'IMMUTABLE',
  'EXPIRED',
  'UNSUPPORTED',
] as const;

export const ErrorCode = builder.enumType('ErrorCode', { description: 'Why something was refused.', values: CODES });

type Code = (typeof CODES)[number];

/** A refusal as payloads show it. */
export interface UserErrorSource {
  type: 'Refusal' | 'ConflictError' | 'FieldError';
  message: string;
  code: Code;
  path?: readonly string[] | undefined;
  current?: Handle | undefined;
  value?: unknown;
  allowed?: readonly string[] | undefined;
}

const CODE_OF_REASON: Record<ErrorReason, Code> = {
  NotFound: 'NOT_FOUND',
  AlreadyExists: 'ALREADY_EXISTS',
  Conflict: 'CONFLICT',
  Invalid: 'INVALID',
  Forbidden: 'FORBIDDEN',
  BadRequest: 'INVALID',
  TooManyRequests: 'DISRUPTION_BUDGET',
  RequestEntityTooLarge: 'INVALID',
  MethodNotAllowed: 'UNSUPPORTED',
  InternalError: 'UNSUPPORTED',
};

/** The user errors of one refusal of the cluster: one per broken rule, where it names them. */
export function userErrorsOf(error: CommandError, current?: Handle): UserErrorSource[] {
  if (error.reason === 'Invalid' && error.causes?.length) return error.causes.map(fieldError);
  const code = CODE_OF_REASON[error.reason];
  if (code === 'CONFLICT' && current) {
    return [{ type: 'ConflictError', message: error.message, code, path: error.path, current }];
  }
  return [{ type: 'Refusal', message: error.message, code, path: error.path }];
}

function fieldError(problem: FieldProblem): UserErrorSource {
  const immutable = problem.detail.includes('field is immutable');
  return {
    type: 'FieldError',
    message: problemText(problem),
    code: immutable ? 'IMMUTABLE' : 'INVALID',
    path: fieldPath(problem.field),
    value: problem.value,
    allowed: problem.allowed,
  };
}

/** "spec.containers[0].image" → spec, containers, 0, image. A key in brackets stays whole. */
function fieldPath(field: string): string[] {
  return [...field.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map((match) => match[1] ?? match[0]);
}

export const UserError = builder.interfaceRef<UserErrorSource>('UserError').implement({
  description: 'A refusal: something that was asked for properly and could not be done.',
  resolveType: (error) => error.type,
  fields: (t) => ({
    message: t.exposeString('message', { description: "In the API server's words." }),
    code: t.expose('code', { type: ErrorCode }),
    path: t.stringList({
      nullable: true,
      description: 'The field it is about, of the input or of the object: ["spec", "replicas"].',
      resolve: ({ path }) => path,
    }),
  }),
});

builder.objectRef<UserErrorSource>('Refusal').implement({
  description: 'A refusal of which no more is to be said.',
  interfaces: [UserError],
});

builder.objectRef<UserErrorSource>('ConflictError').implement({
  description: 'The object is no longer the one that `guard.resourceVersion` names.',
  interfaces: [UserError],
  fields: (t) => ({
    current: t.field({
      type: KubeObjectInterface,
      description: 'The object as it is now.',
      resolve: ({ current }) => current as Handle,
    }),
  }),
});

builder.objectRef<UserErrorSource>('FieldError').implement({
  description: 'A field that breaks a rule.',
  interfaces: [UserError],
  fields: (t) => ({
    value: t.field({ type: 'JSON', nullable: true, resolve: ({ value }) => value }),
    allowed: t.stringList({ nullable: true, resolve: ({ allowed }) => allowed }),
  }),
});
