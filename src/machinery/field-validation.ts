import { invalid, type FieldProblem } from './api-error.ts';
import { deepEqual } from './equality.ts';

/** Rules that many kinds share. Source: apimachinery/pkg/api/validation/generic.go, objectmeta.go. */

/** ValidateNonnegativeField; absent is fine. */
export function validateNonNegative(value: number | undefined, path: string): FieldProblem[] {
  return value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : [];
}

/** ValidateImmutableField */
export function validateImmutable(value: unknown, old: unknown, path: string): FieldProblem[] {
  return deepEqual(value, old) ? [] : [invalid(path, value, 'field is immutable')];
}
