import type { EndpointAddress, EndpointsPort, EndpointSubset } from './types.ts';

/** Putting addresses with equal ports together. Source: pkg/api/v1/endpoints/util.go (RepackSubsets). */

/** One address behind one port, or behind none. */
export interface AddressEntry {
  address: EndpointAddress;
  ready: boolean;
  port: EndpointsPort | undefined;
}

/** How many addresses an Endpoints object lists at most. */
const MAX_ADDRESSES = 1000;

function addressKey({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid ?? ''}`;
}

function portKey({ name = '', port, protocol, appProtocol = '' }: EndpointsPort): string {
  return `${name} ${String(port).padStart(5, '0')} ${protocol} ${appProtocol}`;
}

/**
 * Subsets in canonical form: one for each set of ports, with addresses in the order of their texts. An address is ready
 * behind all its ports or behind none.
 */
export function repackSubsets(entries: readonly AddressEntry[]): EndpointSubset[] {
  const byAddress = new Map<string, { address: EndpointAddress; ready: boolean; ports: Map<string, EndpointsPort> }>();
  for (const { address, ready, port } of entries) {
    const key = `${addressKey(address)} ${ready}`;
    let known = byAddress.get(key);
    if (!known) byAddress.set(key, (known = { address, ready, ports: new Map() }));
    if (port) known.ports.set(portKey(port), port);
  }
  const subsets = new Map<string, Required<EndpointSubset>>();
  for (const { address, ready, ports } of byAddress.values()) {
    const keys = [...ports.keys()].sort();
    const key = keys.join('\n');
    let subset = subsets.get(key);
    if (!subset) {
      const list = keys.flatMap((portName) => ports.get(portName) ?? []);
      subsets.set(key, (subset = { addresses: [], notReadyAddresses: [], ports: list }));
    }
    (ready ? subset.addresses : subset.notReadyAddresses).push(address);
  }
  return [...subsets.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, subset]) => canonical(subset));
}

function canonical({ addresses, notReadyAddresses, ports }: Required<EndpointSubset>): EndpointSubset {
  const subset: EndpointSubset = {};
  if (addresses.length > 0) subset.addresses = addresses.sort(compareAddresses);
  if (notReadyAddresses.length > 0) subset.notReadyAddresses = notReadyAddresses.sort(compareAddresses);
  if (ports.length > 0) subset.ports = ports;
  return subset;
}

function compareAddresses(one: EndpointAddress, other: EndpointAddress): number {
  const left = addressKey(one);
  const right = addressKey(other);
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Cuts what is more than an Endpoints object may list, those that are not ready first, in proportion over the subsets;
 * tells whether anything was cut. Source: endpoints_controller.go (truncateEndpoints).
 */
export function truncate(subsets: readonly EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = (list: 'addresses' | 'notReadyAddresses') =>
    subsets.reduce((sum, subset) => sum + (subset[list]?.length ?? 0), 0);
  const ready = count('addresses');
  const notReady = count('notReadyAddresses');
  if (ready + notReady <= MAX_ADDRESSES) return { subsets: [...subsets], truncated: false };
  const cutsReady = ready > MAX_ADDRESSES;
  const room = cutsReady ? MAX_ADDRESSES : MAX_ADDRESSES - ready;
  const total = cutsReady ? ready : notReady;
  let left = room;
  const cut = subsets.map((subset) => {
    const list = (cutsReady ? subset.addresses : subset.notReadyAddresses) ?? [];
    const share = Math.min(Math.ceil((list.length / total) * room), left);
    const kept = list.slice(0, share);
    left -= kept.length;
    const addresses = cutsReady ? kept : (subset.addresses ?? []);
    const notReadyAddresses = cutsReady ? [] : kept;
    return canonical({ addresses: [...addresses], notReadyAddresses, ports: subset.ports ?? [] });
  });
  return { subsets: cut, truncated: true };
}
