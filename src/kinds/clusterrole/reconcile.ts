import { watch, type Controller } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { aggregatedRules } from './queries.ts';
import { aggregatedRoles, ClusterRole } from './types.ts';

/**
 * Keeps the rules of aggregated roles: any change of a role may concern all of them, of which there are few. Source:
 * pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go.
 */
export const clusterRoleAggregation: Controller = {
  name: 'clusterrole-aggregation-controller',
  watches: [watch(ClusterRole, (_change, view) => view.by(aggregatedRoles, '').map(({ metadata }) => metadata.name))],
  reconcile(name, api) {
    const role = api.get(ClusterRole, undefined, name);
    if (!role?.aggregationRule) return;
    const rules = aggregatedRules(api, role);
    if (!deepEqual(rules, role.rules ?? [])) api.update({ ...role, rules });
  },
};
