import { invalid, type FieldProblem } from '../../machinery/api-error.ts';
import { validateImmutable } from '../../machinery/field-validation.ts';
import { dns1123LabelProblems, validateLabels } from '../../machinery/metadata-validation.ts';
import { parseQuantity, QUANTITY_ERROR } from '../../machinery/quantity.ts';
import type { RuntimeClass } from './types.ts';

/** Source: pkg/apis/node/validation/validation.go. */

export function validate({ handler, overhead, scheduling }: RuntimeClass): FieldProblem[] {
  const problems = dns1123LabelProblems(handler ?? '').map((text) => invalid('handler', handler ?? '', text));
  const podFixed = overhead?.podFixed ?? {};
  for (const name in podFixed) {
    const path = `overhead.limits[${name}]`;
    const value = parseQuantity(podFixed[name]);
    if (value === undefined) problems.push(invalid(path, podFixed[name], QUANTITY_ERROR));
    else if (value < 0) problems.push(invalid(path, podFixed[name], 'must be greater than or equal to 0'));
  }
  return [...problems, ...validateLabels(scheduling?.nodeSelector, 'scheduling.nodeSelector')];
}

export function validateUpdate(object: RuntimeClass, old: RuntimeClass): FieldProblem[] {
  return validateImmutable(object.handler, old.handler, 'handler');
}
