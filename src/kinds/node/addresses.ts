import type { ClusterView, Index } from '../../machinery/cluster-view.ts';
import { nodesByAddress, nodesByPodCidr, Node } from './types.ts';

/** Addresses of nodes and the ranges their pods get (pkg/controller/nodeipam/ipam/cidrset). */

/** Nodes stand in this network; the first address is the gateway's. */
const NODE_NETWORK = ipv4(172, 18, 0, 0);
const NODE_NETWORK_SIZE = 1 << 16;

/** --node-cidr-mask-size */
const NODE_MASK_BITS = 24;

function ipv4(a: number, b: number, c: number, d: number): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Start and size of an IPv4 range; undefined when the text is none. */
function parseCidr(text: string): { start: number; bits: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
  if (Math.max(a, b, c, d) > 255 || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  return { start: Math.floor(ipv4(a, b, c, d) / size) * size, bits };
}

/** A /24 of the cluster's range that no node has, or undefined when all are given out. */
export function freePodCidr(view: ClusterView, clusterCidr: string): string | undefined {
  const range = parseCidr(clusterCidr);
  if (!range || range.bits > NODE_MASK_BITS) return undefined;
  const size = 2 ** (NODE_MASK_BITS - range.bits);
  const text = (index: number) => `${formatAddress(range.start + index * 256)}/${NODE_MASK_BITS}`;
  return firstFree(view, nodesByPodCidr, size, text);
}

/** An InternalIP that no node has, or undefined when all are given out. */
export function freeNodeAddress(view: ClusterView): string | undefined {
  return firstFree(view, nodesByAddress, NODE_NETWORK_SIZE - 3, (index) => formatAddress(NODE_NETWORK + 2 + index));
}

/** Tries places from the number of those given out on, so that nodes that come one after the other find theirs at once. */
function firstFree(
  view: ClusterView,
  index: Index<Node>,
  size: number,
  text: (index: number) => string,
): string | undefined {
  const start = view.count(Node) - view.countBy(index, '');
  for (let step = 0; step < size; step++) {
    const candidate = text((start + step) % size);
    if (view.countBy(index, candidate) === 0) return candidate;
  }
  return undefined;
}
