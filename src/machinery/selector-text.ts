import type { LabelSelector } from './selector.ts';

/**
 * metav1.FormatLabelSelector: "app=web,env in (prod,test),!canary"; "<none>" for an empty or missing selector.
 * Requirements are ordered by key, values by themselves, as labels.Selector.String() does. A label of `matchLabels` is
 * written with "=", an expression with "in" even for one value.
 */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const requirements: { key: string; text: string }[] = [];
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {}).sort(byKey)) {
    requirements.push({ key, text: `${key}=${value}` });
  }
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    requirements.push({ key, text: formatExpression(key, operator, [...values].sort()) });
  }
  if (requirements.length === 0) return '<none>';
  return requirements
    .sort((left, right) => compare(left.key, right.key))
    .map(({ text }) => text)
    .join(',');
}

function formatExpression(key: string, operator: string, values: readonly string[]): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${values[0]}`;
    default:
      return `${key}<${values[0]}`;
  }
}

function byKey([left]: [string, string], [right]: [string, string]): number {
  return compare(left, right);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
