import { invalid, type FieldProblem } from './api-error.ts';

/** intstr.IntOrString where a text is a percentage: 1, "25%". Source: apimachinery/pkg/util/intstr, pkg/apis/apps/validation. */
export type IntOrPercent = number | string;

const PERCENT = /^[0-9]+%$/;
const PERCENT_WORDS =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** Whether a value can be scaled: absent, a number or a percentage. */
export function isIntOrPercent(value: unknown): boolean {
  return value === undefined || typeof value === 'number' || (typeof value === 'string' && PERCENT.test(value));
}

/** GetScaledValueFromIntOrPercent: a number as it is, a percentage of `total` rounded as asked; 0 for what is neither. */
export function scaledValue(value: IntOrPercent | undefined, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  if (value === undefined || !PERCENT.test(value)) return 0;
  const exact = (Number.parseInt(value, 10) * total) / 100;
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact);
}

/** ValidatePositiveIntOrPercent: a percentage, or a number that is not negative. */
export function validateIntOrPercent(value: unknown, path: string): FieldProblem[] {
  if (typeof value === 'number') {
    return value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : [];
  }
  if (typeof value === 'string') return PERCENT.test(value) ? [] : [invalid(path, value, PERCENT_WORDS)];
  return [invalid(path, value, "must be an integer or percentage (e.g '5%%')")];
}

/** IsNotMoreThan100Percent */
export function validateNotOver100Percent(value: unknown, path: string): FieldProblem[] {
  if (typeof value !== 'string' || !PERCENT.test(value)) return [];
  return Number.parseInt(value, 10) > 100 ? [invalid(path, value, 'must not be greater than 100%')] : [];
}
