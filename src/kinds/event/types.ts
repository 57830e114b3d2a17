import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromTimestamp, MINUTE_MS } from '../../machinery/time.ts';

export interface ObjectReference {
  apiVersion?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  resourceVersion?: string;
  fieldPath?: string;
}

/** core/v1 Event, as client-go's recorder writes it. */
export interface Event extends KubeObject {
  involvedObject: ObjectReference;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  source: { component?: string; host?: string };
  reportingComponent: string;
  reportingInstance: string;
  firstTimestamp: string;
  lastTimestamp: string;
  count: number;
  eventTime: null;
}

export const Event = defineKind<Event>({
  apiVersion: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
});

export const eventsByRegarding: Index<Event> = {
  name: 'events by the object they are about',
  kind: Event,
  keys: (event) => event.involvedObject.uid,
};

/** The minute since the epoch in which an event was last seen, as text. */
export function eventMinute(event: Event): string {
  const seen = event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
  return String(Math.floor((fromTimestamp(seen) ?? 0) / MINUTE_MS));
}

/** Events by the minute in which they were last seen: see `eventMinute`. */
export const eventsByMinute: Index<Event> = {
  name: 'events by minute',
  kind: Event,
  keys: eventMinute,
};
