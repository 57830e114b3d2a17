import type { ClusterView } from '../../machinery/cluster-view.ts';
import { parseIp, parseRange, type IpAddress, type IpRange } from '../../machinery/ip-address.ts';
import { Node } from '../node/types.ts';
import type { Pod } from '../pod/types.ts';

/** One end of a connection: a pod, or addresses that no pod of the cluster has. */
export interface Party {
  /** "pod/shop/web-1", or the address or range as it was given. */
  text: string;
  pod?: Pod;
  addresses: readonly IpAddress[];
  /** Set where the question is about many addresses at once: what is said must hold for each of them. */
  range?: IpRange;
}

/** A pod with the addresses that others see. A pod on its node's network has those of the node. */
export function podParty(view: ClusterView, pod: Pod): Party {
  const { status, metadata } = pod;
  const own = status.podIPs?.map(({ ip }) => ip) ?? (status.podIP === undefined ? [] : [status.podIP]);
  const texts = pod.spec.hostNetwork && own.length === 0 ? nodeAddresses(view, pod.spec.nodeName) : own;
  return {
    text: `pod/${metadata.namespace}/${metadata.name}`,
    pod,
    addresses: texts.flatMap((text) => parseIp(text) ?? []),
  };
}

/** An address or a range; undefined for what is neither. */
export function addressParty(text: string): Party | undefined {
  const range = parseRange(text);
  if (range) return { text, addresses: [], range };
  const address = parseIp(text);
  return address && { text, addresses: [address] };
}

/** Whether a pod has a network of its own, so that selectors and isolation are about it. */
export function hasOwnNetwork({ pod }: Party): boolean {
  return pod !== undefined && !pod.spec.hostNetwork;
}

/**
 * Whether a party is the node that a pod runs on: a pod on that node's network, or one of the node's addresses. Traffic
 * between a pod and its node is always allowed (the documentation of network policies).
 */
export function isNodeOf(view: ClusterView, party: Party, { spec }: Pod): boolean {
  if (!spec.nodeName) return false;
  if (party.pod) return party.pod.spec.hostNetwork === true && party.pod.spec.nodeName === spec.nodeName;
  if (party.range) return false;
  const own = nodeAddresses(view, spec.nodeName).flatMap((text) => parseIp(text) ?? []);
  return party.addresses.some((address) => own.some((other) => sameAddress(address, other)));
}

function nodeAddresses(view: ClusterView, name: string | undefined): string[] {
  const node = name === undefined ? undefined : view.get(Node, undefined, name);
  return (node?.status.addresses ?? []).filter(({ type }) => type.endsWith('IP')).map(({ address }) => address);
}

function sameAddress(left: IpAddress, right: IpAddress): boolean {
  return left.family === right.family && left.value === right.value;
}
