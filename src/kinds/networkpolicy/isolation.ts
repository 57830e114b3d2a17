import type { ClusterView } from '../../machinery/cluster-view.ts';
import { parseRange, rangeHolds, type IpRange } from '../../machinery/ip-address.ts';
import { fromLabelSelector, matches } from '../../machinery/selector.ts';
import { Namespace } from '../namespace/types.ts';
import type { Pod } from '../pod/types.ts';
import { hasOwnNetwork, isNodeOf, type Party } from './party.ts';
import { containerPort } from './ports.ts';
import { isolates, policiesOf } from './queries.ts';
import type { IpBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, PolicyType } from './types.ts';

/**
 * What the policies that select a pod say about one direction of its traffic: nothing (the pod is not isolated, all is
 * allowed), or that only what one of their rules allows may pass. Source: the documentation of network policies and the
 * field descriptions of networking/v1; test/e2e/network/netpol has the cases.
 *
 * A pod on its node's network is seen as the node: policies do not isolate it, and peers match it by address only. That
 * is how most network plugins do it; the API leaves it open.
 */

/** The port at the target's end: undefined asks about every port at once. */
export interface TargetPort {
  number: number | undefined;
  protocol: string;
}

/** The rule that lets a connection through, by its place in the policy. */
export interface RuleMatch {
  policy: NetworkPolicy;
  rule: number;
  /** Undefined where the rule is about every peer. */
  peer: number | undefined;
  /** Undefined where the rule is about every port. */
  port: number | undefined;
}

export interface SideVerdict {
  type: PolicyType;
  allowed: boolean;
  /** The policies that isolate the pod in this direction, by name. None: it is not isolated. */
  policies: readonly NetworkPolicy[];
  allowedBy: RuleMatch | undefined;
  /** Why nothing isolates it in this connection, whatever the policies say. */
  exemption: string | undefined;
}

/** One side of a connection: `subject` is the source for Egress and the target for Ingress, `other` the other end. */
export function judgeSide(
  view: ClusterView,
  type: PolicyType,
  subject: Party,
  other: Party,
  port: TargetPort,
): SideVerdict {
  const { pod } = subject;
  const open = (exemption?: string): SideVerdict => ({
    type,
    allowed: true,
    policies: [],
    allowedBy: undefined,
    exemption,
  });
  if (!pod) return open('policies are about pods');
  if (!hasOwnNetwork(subject)) return open("it is on its node's network");
  if (other.pod?.metadata.uid === pod.metadata.uid) return open('a pod can always reach itself');
  const policies = policiesOf(view, pod).filter((policy) => isolates(policy, type));
  if (policies.length === 0) return open();
  if (isNodeOf(view, other, pod)) {
    return {
      type,
      allowed: true,
      policies,
      allowedBy: undefined,
      exemption: 'traffic with its own node always passes',
    };
  }
  const target = type === 'Ingress' ? pod : other.pod;
  for (const policy of policies) {
    const allowedBy = ruleFor(view, policy, type, other, target, port);
    if (allowedBy) return { type, allowed: true, policies, allowedBy, exemption: undefined };
  }
  return { type, allowed: false, policies, allowedBy: undefined, exemption: undefined };
}

function ruleFor(
  view: ClusterView,
  policy: NetworkPolicy,
  type: PolicyType,
  other: Party,
  target: Pod | undefined,
  port: TargetPort,
): RuleMatch | undefined {
  const { ingress = [], egress = [] } = policy.spec;
  const rules =
    type === 'Ingress'
      ? ingress.map(({ from, ports }) => ({ peers: from, ports }))
      : egress.map(({ to, ports }) => ({ peers: to, ports }));
  for (const [rule, { peers = [], ports = [] }] of rules.entries()) {
    const peerAt = peers.findIndex((peer) => matchesPeer(view, peer, policy, other));
    const portAt = ports.findIndex((entry) => matchesPort(entry, target, port));
    if ((peers.length > 0 && peerAt < 0) || (ports.length > 0 && portAt < 0)) continue;
    return {
      policy,
      rule,
      peer: peers.length > 0 ? peerAt : undefined,
      port: ports.length > 0 ? portAt : undefined,
    };
  }
  return undefined;
}

function matchesPort(
  { port, endPort, protocol = 'TCP' }: NetworkPolicyPort,
  target: Pod | undefined,
  asked: TargetPort,
) {
  if (protocol !== asked.protocol) return false;
  if (port === undefined) return true;
  if (asked.number === undefined) return false;
  if (typeof port === 'string') return target !== undefined && containerPort(target, port, protocol) === asked.number;
  return asked.number >= port && asked.number <= (endPort ?? port);
}

function matchesPeer(view: ClusterView, peer: NetworkPolicyPeer, policy: NetworkPolicy, other: Party): boolean {
  if (peer.ipBlock) return matchesBlock(peer.ipBlock, other);
  const { pod } = other;
  if (!pod || !hasOwnNetwork(other)) return false;
  const { namespace = '', labels } = pod.metadata;
  if (peer.namespaceSelector) {
    const place = view.get(Namespace, undefined, namespace);
    if (!matches(fromLabelSelector(peer.namespaceSelector), place?.metadata.labels)) return false;
  } else if (namespace !== policy.metadata.namespace) return false;
  return !peer.podSelector || matches(fromLabelSelector(peer.podSelector), labels);
}

function matchesBlock({ cidr, except = [] }: IpBlock, { addresses, range }: Party): boolean {
  const block = parseRange(cidr);
  if (!block) return false;
  const holes = except.flatMap((text) => parseRange(text) ?? []);
  if (range) return holdsRange(block, range) && !holes.some((hole) => overlaps(hole, range));
  return addresses.some((address) => rangeHolds(block, address) && !holes.some((hole) => rangeHolds(hole, address)));
}

function holdsRange(block: IpRange, range: IpRange): boolean {
  const first = { family: range.family, value: range.base };
  return rangeHolds(block, first) && block.prefixLength <= range.prefixLength;
}

function overlaps(left: IpRange, right: IpRange): boolean {
  return holdsRange(left, right) || holdsRange(right, left);
}
