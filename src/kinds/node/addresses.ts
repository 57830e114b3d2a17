import type { ClusterView, Index } from '../../machinery/cluster-view.ts';
import { formatIp, parseRange, type IpFamily } from '../../machinery/ip-address.ts';
import { nodesByAddress, nodesByPodCidr, Node } from './types.ts';

/** Addresses of nodes and the ranges their pods get (pkg/controller/nodeipam/ipam/cidrset). */

/** Nodes stand in this network; the first address is the gateway's. */
const NODE_NETWORK = ipv4(172, 18, 0, 0);
const NODE_NETWORK_SIZE = 1 << 16;

/** --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 */
const NODE_MASK_BITS: Readonly<Record<IpFamily, number>> = { IPv4: 24, IPv6: 64 };
/** No more bits than these tell the ranges of nodes apart (cidrset, clusterSubnetMaxDiff). */
const MAX_NODE_BITS = 16;

function ipv4(a: number, b: number, c: number, d: number): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The ranges that nodes get of one range of the cluster, by number. */
interface NodeRanges {
  size: number;
  text(index: number): string;
}

function nodeRangesOf(cidr: string): NodeRanges | undefined {
  const range = parseRange(cidr.trim());
  if (!range) return undefined;
  const { family, base, prefixLength } = range;
  const bits = NODE_MASK_BITS[family];
  if (prefixLength > bits) return undefined;
  const step = 1n << BigInt((family === 'IPv4' ? 32 : 128) - bits);
  return {
    size: 2 ** Math.min(bits - prefixLength, MAX_NODE_BITS),
    text: (index) => `${formatIp({ family, value: base + BigInt(index) * step })}/${bits}`,
  };
}

/**
 * One range for each family of the cluster that no node has, the main one first; undefined when all are given out. A node
 * has the same number in both families.
 */
export function freePodCidrs(view: ClusterView, clusterCidr: string): string[] | undefined {
  const families = clusterCidr.split(',').map(nodeRangesOf);
  const [main] = families;
  if (!main) return undefined;
  const size = Math.min(...families.map((ranges) => ranges?.size ?? 0));
  const index = firstFree(view, nodesByPodCidr, size, main.text);
  return index === undefined ? undefined : families.flatMap((ranges) => ranges?.text(index) ?? []);
}

/** An InternalIP that no node has, or undefined when all are given out. */
export function freeNodeAddress(view: ClusterView): string | undefined {
  const text = (index: number) => formatAddress(NODE_NETWORK + 2 + index);
  const index = firstFree(view, nodesByAddress, NODE_NETWORK_SIZE - 3, text);
  return index === undefined ? undefined : text(index);
}

/** Tries places from the number of those given out on, so that nodes that come one after the other find theirs at once. */
function firstFree(
  view: ClusterView,
  index: Index<Node>,
  size: number,
  text: (index: number) => string,
): number | undefined {
  const start = view.count(Node) - view.countBy(index, '');
  for (let step = 0; step < size; step++) {
    const candidate = (start + step) % size;
    if (view.countBy(index, text(candidate)) === 0) return candidate;
  }
  return undefined;
}
