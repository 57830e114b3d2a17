import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { addressesOf, type Ingress } from './types.ts';

/** kubectl's columns of an Ingress (pkg/printers/internalversion/printers.go, printIngress). */
export const ingressColumns: readonly TableColumn<Ingress>[] = [
  { name: 'CLASS', cell: ({ spec }) => spec.ingressClassName ?? '<none>' },
  { name: 'HOSTS', cell: hostsText },
  { name: 'ADDRESS', cell: addressText },
  { name: 'PORTS', cell: ({ spec }) => (spec.tls?.length ? '80, 443' : '80') },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
];

const SHOWN_HOSTS = 3;
/** How much of the addresses the table shows. */
const ADDRESS_WIDTH = 16;

function hostsText({ spec }: Ingress): string {
  const hosts = (spec.rules ?? []).flatMap(({ host }) => host || []);
  if (hosts.length === 0) return '*';
  const shown = hosts.slice(0, SHOWN_HOSTS).join(',');
  return hosts.length > SHOWN_HOSTS ? `${shown} + ${hosts.length - SHOWN_HOSTS} more...` : shown;
}

function addressText(ingress: Ingress): string {
  const text = [...new Set(addressesOf(ingress))].sort().join(',');
  return text.length > ADDRESS_WIDTH ? `${text.slice(0, ADDRESS_WIDTH - 3)}...` : text;
}
