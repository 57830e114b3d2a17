import { forbidden, invalid, required, type FieldProblem } from './api-error.ts';
import { labelValueProblems, qualifiedNameProblems, validateLabels } from './metadata-validation.ts';
import type { LabelSelector, LabelSelectorRequirement } from './selector.ts';

/** The rules of a label selector. Source: apimachinery/pkg/apis/meta/v1/validation (ValidateLabelSelector). */
export function validateLabelSelector(selector: LabelSelector | undefined, path: string): FieldProblem[] {
  if (!selector) return [];
  return [
    ...validateLabels(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((expression, index) =>
      validateRequirement(expression, `${path}.matchExpressions[${index}]`),
    ),
  ];
}

function validateRequirement(expression: LabelSelectorRequirement, path: string): FieldProblem[] {
  const { key, operator, values = [] } = expression;
  const problems: FieldProblem[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      problems.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      problems.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
  } else {
    problems.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  for (const text of qualifiedNameProblems(key)) problems.push(invalid(`${path}.key`, key, text));
  for (const [index, value] of values.entries()) {
    for (const text of labelValueProblems(value)) problems.push(invalid(`${path}.values[${index}]`, value, text));
  }
  return problems;
}
