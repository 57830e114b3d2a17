import { fromLabelSelector, type LabelSelector, type Requirement } from './selector.ts';

/**
 * metav1.FormatLabelSelector: "app=web,env in (prod,test),!canary"; "<none>" for an empty or missing selector.
 * Requirements are ordered by key, values by themselves, as labels.Selector.String() does.
 */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const { requirements } = fromLabelSelector(selector);
  if (requirements.length === 0) return '<none>';
  return [...requirements]
    .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
    .map(formatRequirement)
    .join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  const list = [...values].sort();
  switch (operator) {
    case 'In':
      return list.length === 1 ? `${key}=${list[0]}` : `${key} in (${list.join(',')})`;
    case 'NotIn':
      return list.length === 1 ? `${key} notin (${list[0]})` : `${key} notin (${list.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${list[0]}`;
    default:
      return `${key}<${list[0]}`;
  }
}
