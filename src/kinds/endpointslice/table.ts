import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { EndpointSlice } from './types.ts';

/** kubectl's columns of an EndpointSlice (pkg/printers/internalversion/printers.go, printEndpointSlice). */
export const endpointSliceColumns: readonly TableColumn<EndpointSlice>[] = [
  { name: 'ADDRESSTYPE', cell: ({ addressType }) => addressType },
  { name: 'PORTS', cell: portsText },
  { name: 'ENDPOINTS', cell: addressesText },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
];

/** kubectl names this many and counts the rest. */
const SHOWN = 3;

function portsText({ ports }: EndpointSlice): string {
  if (!ports?.length) return '<unset>';
  const texts = ports.map(({ port }) => (port === undefined ? '*' : String(port)));
  return shorten(texts);
}

function addressesText({ endpoints }: EndpointSlice): string {
  const texts = (endpoints ?? []).flatMap(({ addresses }) => addresses);
  return texts.length === 0 ? '<unset>' : shorten(texts);
}

function shorten(texts: readonly string[]): string {
  const shown = texts.slice(0, SHOWN).join(',');
  return texts.length > SHOWN ? `${shown} + ${texts.length - SHOWN} more...` : shown;
}
