import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** Amounts by resource name, as written. */
export type ResourceList = Record<string, string | number>;

export interface ScopeRequirement {
  scopeName: string;
  operator: string;
  values?: string[];
}

export interface ResourceQuota extends KubeObject {
  spec: {
    hard?: ResourceList;
    scopes?: string[];
    scopeSelector?: { matchExpressions?: ScopeRequirement[] };
  };
  status: { hard?: ResourceList; used?: ResourceList };
  /** The cluster's revision when `status.used` was counted: what came later is counted on top. */
  runtime?: { countedAt: number };
}

export const ResourceQuota = defineKind<ResourceQuota>({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  namespaced: true,
});
