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

interface Placed {
  key: string;
  address: EndpointAddress;
}

const addressKeys = new WeakMap<EndpointAddress, string>();

function addressKey(address: EndpointAddress): string {
  let key = addressKeys.get(address);
  if (key === undefined) addressKeys.set(address, (key = `${address.ip} ${address.targetRef?.uid ?? ''}`));
  return key;
}

const portKeys = new WeakMap<EndpointsPort, string>();

function portKey(port: EndpointsPort): string {
  let key = portKeys.get(port);
  if (key === undefined) {
    const { name = '', port: number, protocol, appProtocol = '' } = port;
    portKeys.set(port, (key = `${name} ${String(number).padStart(5, '0')} ${protocol} ${appProtocol}`));
  }
  return key;
}

/**
 * Subsets in canonical form: one for each set of ports, with addresses in the order of their texts. An address is ready
 * behind all its ports or behind none.
 */
export function repackSubsets(entries: readonly AddressEntry[]): EndpointSubset[] {
  const byAddress = { ready: new Map<string, Located>(), notReady: new Map<string, Located>() };
  for (const { address, ready, port } of entries) {
    const located = ready ? byAddress.ready : byAddress.notReady;
    const key = addressKey(address);
    let known = located.get(key);
    if (!known) located.set(key, (known = { key, address, ports: [] }));
    if (port) known.ports.push(port);
  }
  const subsets = new Map<string, { addresses: Placed[]; notReadyAddresses: Placed[]; ports: EndpointsPort[] }>();
  for (const list of ['ready', 'notReady'] as const) {
    for (const located of byAddress[list].values()) {
      const ports = located.ports.length > 1 ? distinctPorts(located.ports) : located.ports;
      const key = ports.map(portKey).join('\n');
      let subset = subsets.get(key);
      if (!subset) subsets.set(key, (subset = { addresses: [], notReadyAddresses: [], ports }));
      (list === 'ready' ? subset.addresses : subset.notReadyAddresses).push(located);
    }
  }
  return [...subsets.entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { addresses, notReadyAddresses, ports }]) =>
      withoutEmpty({ addresses: inOrder(addresses), notReadyAddresses: inOrder(notReadyAddresses), ports }),
    );
}

/** The ports in the order of their texts, each once. */
function distinctPorts(ports: readonly EndpointsPort[]): EndpointsPort[] {
  const byKey = new Map(ports.map((port) => [portKey(port), port]));
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
}

interface Located extends Placed {
  ports: EndpointsPort[];
}

function inOrder(addresses: Placed[]): EndpointAddress[] {
  return addresses.sort(compareAddresses).map(({ address }) => address);
}

function compareAddresses({ key: left }: Placed, { key: right }: Placed): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function withoutEmpty({ addresses, notReadyAddresses, ports }: Required<EndpointSubset>): EndpointSubset {
  const subset: EndpointSubset = {};
  if (addresses.length > 0) subset.addresses = addresses;
  if (notReadyAddresses.length > 0) subset.notReadyAddresses = notReadyAddresses;
  if (ports.length > 0) subset.ports = ports;
  return subset;
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
    return withoutEmpty({ addresses: [...addresses], notReadyAddresses, ports: subset.ports ?? [] });
  });
  return { subsets: cut, truncated: true };
}
