import type { ClusterView } from '../../machinery/cluster-view.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { fromLabelSelector, matches } from '../../machinery/selector.ts';
import type { PolicyRule } from '../role/types.ts';
import { ClusterRole } from './types.ts';

/** The roles that a role is made of: for each of its selectors those that match, by name. None where it has no rule. */
export function aggregatedFrom(view: ClusterView, role: ClusterRole): ClusterRole[] {
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map(fromLabelSelector);
  if (selectors.length === 0) return [];
  const others = view.list(ClusterRole).filter(({ metadata }) => metadata.name !== role.metadata.name);
  const byName = others.toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
  const found = selectors.flatMap((selector) => byName.filter(({ metadata }) => matches(selector, metadata.labels)));
  return [...new Set(found)];
}

/** The rules of an aggregated role: those of the roles it is made of, each once. */
export function aggregatedRules(view: ClusterView, role: ClusterRole): PolicyRule[] {
  const rules: PolicyRule[] = [];
  for (const rule of aggregatedFrom(view, role).flatMap(({ rules: own }) => own ?? [])) {
    if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
  }
  return rules;
}
