import type { StringMap } from './object.ts';

/** metav1.LabelSelector as it stands in objects. */
export interface LabelSelector {
  matchLabels?: StringMap;
  matchExpressions?: readonly LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: readonly string[];
}

export type SelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

export interface Requirement {
  key: string;
  operator: SelectorOperator;
  values: readonly string[];
}

/** A parsed selector: all requirements must hold. No requirements match everything; `matchesNothing` matches nothing. */
export interface Selector {
  requirements: readonly Requirement[];
  matchesNothing?: boolean;
}

export const NOTHING: Selector = { requirements: [], matchesNothing: true };

const parsedSelectors = new WeakMap<object, Selector>();

/**
 * metav1.LabelSelectorAsSelector: null selects nothing, an empty selector everything. The result is cached by the
 * identity of the (immutable) argument.
 */
export function fromLabelSelector(selector: LabelSelector | undefined | null): Selector {
  if (!selector) return NOTHING;
  const cached = parsedSelectors.get(selector);
  if (cached) return cached;
  const requirements: Requirement[] = fromSet(selector.matchLabels).requirements.slice();
  for (const expression of selector.matchExpressions ?? []) {
    requirements.push({
      key: expression.key,
      operator: expression.operator as SelectorOperator,
      values: expression.values ?? [],
    });
  }
  const parsed = { requirements };
  parsedSelectors.set(selector, parsed);
  return parsed;
}

/** labels.SelectorFromSet: every pair must be there. An empty set matches everything. */
export function fromSet(labels: StringMap | undefined | null): Selector {
  const requirements: Requirement[] = [];
  for (const key in labels) requirements.push({ key, operator: 'In', values: [labels[key] ?? ''] });
  return { requirements };
}

/** labels.Selector.Matches: `NotIn` holds for a missing key too. */
export function matches(selector: Selector, labels: StringMap | undefined | null): boolean {
  if (selector.matchesNothing) return false;
  for (const requirement of selector.requirements) if (!matchesRequirement(requirement, labels)) return false;
  return true;
}

export function matchesRequirement(requirement: Requirement, labels: StringMap | undefined | null): boolean {
  const value = labels && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
      const bound = requirement.values[0] ?? '';
      if (!/^[+-]?\d+$/.test(bound)) return false;
      return requirement.operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
    }
    default:
      return false;
  }
}

/** One `key=value` pair that everything selected must carry, to look up in an index; undefined when there is none. */
export function anchorPair(selector: Selector): { key: string; value: string } | undefined {
  for (const { key, operator, values } of selector.requirements) {
    if (operator === 'In' && values.length === 1) return { key, value: values[0] ?? '' };
  }
  return undefined;
}
