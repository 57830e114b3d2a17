import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { countBetween } from './log.ts';
import { isSending, serviceKeyOf, type TrafficSource } from './types.ts';

export const trafficSourceColumns: readonly TableColumn<TrafficSource>[] = [
  { name: 'SERVICE', cell: serviceText },
  { name: 'RATE', cell: ({ spec }) => `${spec.requestsPerSecond}/s` },
  { name: 'ACTIVE', cell: (source) => (isSending(source) ? 'True' : 'False') },
  { name: 'FAILING', cell: failingText },
  { name: 'REQUESTS', cell: (source, { now }) => countText(source, now, 'requests') },
  { name: 'FAILED', cell: (source, { now }) => countText(source, now, 'failed') },
  { name: 'AGE', cell: ({ metadata }, { now }) => humanDuration(now - fromTimestamp(metadata.creationTimestamp)) },
];

/** The name alone for a Service of the source's own namespace. */
function serviceText(source: TrafficSource): string {
  const key = serviceKeyOf(source);
  const own = `${source.metadata.namespace ?? ''}/`;
  return key.startsWith(own) ? key.slice(own.length) : key;
}

/** How many of its requests fail each second, as things are. */
function failingText({ runtime }: TrafficSource): string {
  const rates = Object.values(runtime?.log.at(-1)?.failed ?? {});
  return `${Math.round(rates.reduce((sum, rate) => sum + rate, 0) * 10) / 10}/s`;
}

/** A count of all its requests so far, to a tenth. */
function countText({ runtime }: TrafficSource, now: number, what: 'requests' | 'failed'): string {
  const count = runtime ? countBetween(runtime.log, runtime.since, now)[what] : 0;
  return String(Math.round(count * 10) / 10);
}
