import type { ClusterView } from '../../machinery/cluster-view.ts';
import { hash32 } from '../../machinery/random.ts';
import { internalAddress, type Node } from '../../kinds/node/types.ts';
import { podsByAddress, type Pod } from '../../kinds/pod/types.ts';

/**
 * The addresses of pods: each node gives out free ones of its podCIDR. Where the search begins depends on the pod, so
 * that an address that was just given back is not given out again at once.
 */

/** The first host of a range is the node's own bridge. */
const FIRST_HOST = 2;

/** A free address for a pod of a node; that of the node where the pod shares its network. */
export function assignPodIp(view: ClusterView, node: Node, pod: Pod): string {
  if (pod.spec.hostNetwork) return internalAddress(node) ?? '';
  const { base, last } = parseRange(node.spec?.podCIDR) ?? fallbackRange(node);
  const size = last - FIRST_HOST + 1;
  const start = hash32(pod.metadata.uid) % size;
  for (let step = 0; step < size; step++) {
    const ip = toText(base + FIRST_HOST + ((start + step) % size));
    if (view.countBy(podsByAddress, ip) === 0) return ip;
  }
  return toText(base + FIRST_HOST + start);
}

interface AddressRange {
  base: number;
  /** The last host number that may be given out. */
  last: number;
}

const ranges = new Map<string, AddressRange | undefined>();

function parseRange(cidr: string | undefined): AddressRange | undefined {
  if (!cidr) return undefined;
  if (ranges.has(cidr)) return ranges.get(cidr);
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr);
  const range = match ? { base: toNumber(match[1] ?? ''), last: 2 ** (32 - Number(match[2])) - 2 } : undefined;
  ranges.set(cidr, range);
  return range;
}

/** For nodes that were given no range: one of 192.168.0.0/16 by their name. */
function fallbackRange(node: Node): AddressRange {
  return { base: toNumber(`192.168.${hash32(node.metadata.name) % 256}.0`), last: 254 };
}

function toNumber(ip: string): number {
  let number = 0;
  for (const part of ip.split('.')) number = number * 256 + Number(part);
  return number;
}

function toText(number: number): string {
  return `${Math.floor(number / 2 ** 24)}.${Math.floor(number / 65_536) % 256}.${Math.floor(number / 256) % 256}.${number % 256}`;
}
