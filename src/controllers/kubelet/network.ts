import type { ClusterView } from '../../machinery/cluster-view.ts';
import { formatIp, parseIp, parseRange, type IpFamily } from '../../machinery/ip-address.ts';
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
  const { base, last, family } = rangeOf(node.spec?.podCIDR) ?? fallbackRange(node);
  const size = last - FIRST_HOST + 1;
  const start = hash32(pod.metadata.uid) % size;
  for (let step = 0; step < size; step++) {
    const ip = hostIn(family, base, FIRST_HOST + ((start + step) % size));
    if (view.countBy(podsByAddress, ip) === 0) return ip;
  }
  return hostIn(family, base, FIRST_HOST + start);
}

/**
 * All addresses of a pod that has `ip`: where its node has ranges of two families, the one of the second is the host of
 * the same number. A pod on its node's own address has no other.
 */
export function podIpsOf({ spec: { podCIDRs = [] } }: Node, pod: Pod, ip: string): { ip: string }[] {
  const [main, second] = podCIDRs.map(rangeOf);
  const address = parseIp(ip);
  if (pod.spec.hostNetwork || !main || !second || !address) return [{ ip }];
  return [{ ip }, { ip: hostIn(second.family, second.base, Number(address.value - main.base)) }];
}

interface AddressRange {
  family: IpFamily;
  /** The network's address. */
  base: bigint;
  /** The last host number that may be given out. */
  last: number;
}

const ranges = new Map<string, AddressRange | undefined>();

function rangeOf(cidr: string | undefined): AddressRange | undefined {
  if (!cidr) return undefined;
  if (ranges.has(cidr)) return ranges.get(cidr);
  const range = parseRange(cidr);
  const known = range && {
    family: range.family,
    base: range.base,
    last: Math.min(Number(range.size) - 2, LAST_HOST),
  };
  ranges.set(cidr, known);
  return known;
}

/** No node gives out more addresses than these, however large its range. */
const LAST_HOST = 65_534;

/** For nodes that were given no range: one of 192.168.0.0/16 by their name. */
function fallbackRange(node: Node): AddressRange {
  const base = BigInt(192 * 2 ** 24 + 168 * 2 ** 16 + (hash32(node.metadata.name) % 256) * 2 ** 8);
  return { family: 'IPv4', base, last: 254 };
}

function hostIn(family: IpFamily, base: bigint, host: number): string {
  return formatIp({ family, value: base + BigInt(host) });
}
