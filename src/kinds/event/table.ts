import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { Event } from './types.ts';

/** kubectl's columns of an Event, which has no NAME in front (pkg/printers/internalversion/printers.go, printEvent). */
export const eventColumns: readonly TableColumn<Event>[] = [
  {
    name: 'LAST SEEN',
    cell: ({ lastTimestamp, firstTimestamp }, view) => since(lastTimestamp ?? firstTimestamp, view.now),
  },
  { name: 'TYPE', cell: ({ type }) => type },
  { name: 'REASON', cell: ({ reason }) => reason },
  {
    name: 'OBJECT',
    cell: ({ involvedObject: { kind = '', name } }) => `${kind.toLowerCase()}${name ? `/${name}` : ''}`,
  },
  { name: 'SUBOBJECT', wide: true, cell: ({ involvedObject }) => involvedObject.fieldPath ?? '' },
  { name: 'SOURCE', wide: true, cell: sourceText },
  { name: 'MESSAGE', cell: ({ message }) => message.trim() },
  { name: 'FIRST SEEN', wide: true, cell: ({ firstTimestamp }, view) => since(firstTimestamp, view.now) },
  { name: 'COUNT', wide: true, cell: ({ count }) => String(count ?? 1) },
  { name: 'NAME', wide: true, cell: ({ metadata }) => metadata.name },
];

function since(timestamp: string | undefined, now: number): string {
  const ms = fromTimestamp(timestamp);
  return ms === undefined ? '<unknown>' : humanDuration(now - ms);
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent;
  const host = source?.host || reportingInstance;
  return host ? `${component}, ${host}` : component;
}
