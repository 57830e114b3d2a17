/** A refusal in the API server's words (metav1.Status): a value, never thrown by the engine. */

export type ErrorReason =
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Invalid'
  | 'Forbidden'
  | 'BadRequest'
  | 'TooManyRequests'
  | 'RequestEntityTooLarge'
  | 'MethodNotAllowed'
  | 'InternalError';

export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueForbidden'
  | 'FieldValueNotFound'
  | 'FieldValueNotSupported'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

/** One broken rule of validation. `field` is Kubernetes' path ("spec.containers[0].image"), `detail` its sentence. */
export interface FieldProblem {
  type: FieldErrorType;
  field: string;
  detail: string;
  value?: unknown;
  /** The values that would have been accepted, for FieldValueNotSupported. */
  allowed?: readonly string[];
}

export interface ApiError {
  reason: ErrorReason;
  message: string;
  causes?: readonly FieldProblem[];
  /** For TooManyRequests: seconds to wait; and the budget's details where an eviction was refused. */
  details?: Record<string, unknown>;
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: ApiError };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail<T = never>(reason: ErrorReason, message: string, causes?: readonly FieldProblem[]): Result<T> {
  return { ok: false, error: causes ? { reason, message, causes } : { reason, message } };
}

/** field.Required */
export function required(field: string, detail = ''): FieldProblem {
  return { type: 'FieldValueRequired', field, detail };
}
/** field.Invalid */
export function invalid(field: string, value: unknown, detail: string): FieldProblem {
  return { type: 'FieldValueInvalid', field, value, detail };
}
/** field.Invalid with field.OmitValueType: the value is not repeated. */
export function invalidWithoutValue(field: string, detail: string): FieldProblem {
  return { type: 'FieldValueInvalid', field, detail };
}
/** field.NotSupported */
export function notSupported(field: string, value: unknown, allowed: readonly string[]): FieldProblem {
  return { type: 'FieldValueNotSupported', field, value, allowed, detail: '' };
}
/** field.Forbidden */
export function forbidden(field: string, detail: string): FieldProblem {
  return { type: 'FieldValueForbidden', field, detail };
}
/** field.Duplicate */
export function duplicate(field: string, value: unknown): FieldProblem {
  return { type: 'FieldValueDuplicate', field, value, detail: '' };
}
/** field.NotFound */
export function notFoundField(field: string, value: unknown): FieldProblem {
  return { type: 'FieldValueNotFound', field, value, detail: '' };
}
/** field.TooLong: Kubernetes does not repeat the value. */
export function tooLong(field: string, maxLength: number): FieldProblem {
  return { type: 'FieldValueTooLong', field, detail: `may not be more than ${maxLength} bytes` };
}
/** field.TooMany */
export function tooMany(field: string, actual: number, max: number): FieldProblem {
  return { type: 'FieldValueTooMany', field, value: actual, detail: `must have at most ${max} items` };
}
/** field.TypeInvalid */
export function typeInvalid(field: string, value: unknown, detail: string): FieldProblem {
  return { type: 'FieldValueTypeInvalid', field, value, detail };
}

const TYPE_WORDS: Record<FieldErrorType, string> = {
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueForbidden: 'Forbidden',
  FieldValueNotFound: 'Not found',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
};

/** field.Error.Error(): `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. */
export function problemText(problem: FieldProblem): string {
  return `${problem.field}: ${problemBody(problem)}`;
}

/** field.Error.ErrorBody(): the same without the path. */
export function problemBody(problem: FieldProblem): string {
  const words = TYPE_WORDS[problem.type];
  const detail = problem.allowed ? `supported values: ${problem.allowed.map(quote).join(', ')}` : problem.detail;
  const silent =
    !('value' in problem) ||
    problem.type === 'FieldValueRequired' ||
    problem.type === 'FieldValueForbidden' ||
    problem.type === 'FieldValueTooLong' ||
    problem.type === 'InternalError';
  const head = silent ? words : `${words}: ${valueText(problem.value)}`;
  return detail ? `${head}: ${detail}` : head;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  return JSON.stringify(value) ?? 'null';
}

/** errors.NewInvalid: the sentence kubectl prints behind "The Deployment … is invalid". */
export function invalidObject(kind: string, group: string, name: string, problems: readonly FieldProblem[]): ApiError {
  const qualified = group ? `${kind}.${group}` : kind;
  const texts = [...new Set(problems.map(problemText))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return { reason: 'Invalid', message: `${qualified} ${quote(name)} is invalid: ${list}`, causes: problems };
}

/** errors.NewNotFound: `deployments.apps "web" not found`. */
export function notFound(plural: string, group: string, name: string): ApiError {
  return { reason: 'NotFound', message: `${group ? `${plural}.${group}` : plural} ${quote(name)} not found` };
}

/** errors.NewAlreadyExists */
export function alreadyExists(plural: string, group: string, name: string): ApiError {
  return { reason: 'AlreadyExists', message: `${group ? `${plural}.${group}` : plural} ${quote(name)} already exists` };
}

/** errors.NewForbidden */
export function forbiddenObject(plural: string, group: string, name: string, why: string): ApiError {
  return {
    reason: 'Forbidden',
    message: `${group ? `${plural}.${group}` : plural} ${quote(name)} is forbidden: ${why}`,
  };
}
