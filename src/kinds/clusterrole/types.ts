import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { LabelSelector } from '../../machinery/selector.ts';
import { RBAC_GROUP, type PolicyRule } from '../role/types.ts';

export interface ClusterRole extends KubeObject {
  rules?: readonly PolicyRule[];
  /** The rules are those of the roles that match one of the selectors; a controller keeps them. */
  aggregationRule?: { clusterRoleSelectors?: readonly LabelSelector[] };
}

export const ClusterRole = defineKind<ClusterRole>({
  apiVersion: `${RBAC_GROUP}/v1`,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
});

/** The roles whose rules are made of others', under one key. */
export const aggregatedRoles: Index<ClusterRole> = {
  name: 'aggregated cluster roles',
  kind: ClusterRole,
  keys: ({ aggregationRule }) => (aggregationRule ? '' : undefined),
};
