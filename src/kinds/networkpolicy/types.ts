import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { indexBySelector } from '../../machinery/selector-index.ts';
import { fromLabelSelector, type LabelSelector, type Selector } from '../../machinery/selector.ts';

export type PolicyType = 'Ingress' | 'Egress';

export interface NetworkPolicyPort {
  protocol?: string;
  port?: number | string;
  endPort?: number;
}

export interface IpBlock {
  cidr: string;
  except?: string[];
}

export interface NetworkPolicyPeer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: IpBlock;
}

export interface NetworkPolicyIngressRule {
  ports?: NetworkPolicyPort[];
  from?: NetworkPolicyPeer[];
}

export interface NetworkPolicyEgressRule {
  ports?: NetworkPolicyPort[];
  to?: NetworkPolicyPeer[];
}

export interface NetworkPolicySpec {
  podSelector?: LabelSelector;
  ingress?: NetworkPolicyIngressRule[];
  egress?: NetworkPolicyEgressRule[];
  policyTypes?: string[];
}

export interface NetworkPolicy extends KubeObject {
  spec: NetworkPolicySpec;
}

export const NetworkPolicy = defineKind<NetworkPolicy>({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  namespaced: true,
});

const EVERYTHING: Selector = { requirements: [] };

/** The pods of its namespace that a policy is about: all of them where it does not say. */
export function selectorOf({ spec }: NetworkPolicy): Selector {
  return spec.podSelector ? fromLabelSelector(spec.podSelector) : EVERYTHING;
}

/** Policies by one pair of their selector, for `selectorsMatching`. */
export const policiesBySelector = indexBySelector('network policies by selector', NetworkPolicy, selectorOf);
