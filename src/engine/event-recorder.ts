import { Event, eventsByRegarding } from '../kinds/event/types.ts';
import type { ClusterView } from '../machinery/cluster-view.ts';
import type { EventOptions, EventType } from '../machinery/controller.ts';
import type { KubeObject } from '../machinery/object.ts';
import { hash32, hex32 } from '../machinery/random.ts';
import { fromTimestamp, MINUTE_MS, toTimestamp } from '../machinery/time.ts';

/** client-go tools/record: more distinct messages than this, of one reason about one object, are combined. */
const MAX_SIMILAR_EVENTS = 10;
const SIMILAR_WITHIN_MS = 10 * MINUTE_MS;
const COMBINED_PREFIX = '(combined from similar events): ';

export interface EventRequest {
  regarding: KubeObject;
  type: EventType;
  reason: string;
  message: string;
  component: string;
  options: EventOptions;
}

/**
 * What the recorder of client-go would send for an occurrence: the same text about the same object counts up the event
 * that is there, and many similar texts are combined into one. Source: client-go tools/record/events_cache.go.
 * Returns the event to replace (if any) and the event to store; `resourceVersion` is the engine's to set.
 */
export function recordEvent(
  view: ClusterView,
  request: EventRequest,
  uid: string,
): { previous: Event | undefined; next: Event } {
  const { regarding, type, reason, component, options } = request;
  const similar = view
    .by(eventsByRegarding, regarding.metadata.uid)
    .filter(
      (event) =>
        event.reason === reason &&
        event.type === type &&
        event.source.component === component &&
        event.involvedObject.fieldPath === options.fieldPath,
    );
  const message = combined(similar, request.message, view.now);
  const previous = similar.find((event) => event.message === message || isCombined(event, message));
  const lastTimestamp = toTimestamp(view.now);
  if (previous) {
    return { previous, next: { ...previous, message, count: previous.count + 1, lastTimestamp } };
  }
  return { previous: undefined, next: newEvent(view, request, message, uid) };
}

function isCombined(event: Event, message: string): boolean {
  return message.startsWith(COMBINED_PREFIX) && event.message.startsWith(COMBINED_PREFIX);
}

function combined(similar: readonly Event[], message: string, now: number): string {
  if (similar.length < MAX_SIMILAR_EVENTS || similar.some((event) => event.message === message)) return message;
  const recent = similar.filter((event) => now - fromTimestamp(event.lastTimestamp) <= SIMILAR_WITHIN_MS);
  return recent.length >= MAX_SIMILAR_EVENTS ? COMBINED_PREFIX + message : message;
}

function newEvent(view: ClusterView, request: EventRequest, message: string, uid: string): Event {
  const { regarding, type, reason, component, options } = request;
  const { name, namespace, uid: regardingUid, resourceVersion } = regarding.metadata;
  const time = toTimestamp(view.now);
  const suffix = hex32(hash32(uid)) + hex32(hash32(uid, reason));
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${suffix}`,
      namespace: namespace ?? 'default',
      uid,
      resourceVersion: '',
      creationTimestamp: time,
    },
    involvedObject: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      uid: regardingUid,
      resourceVersion,
      ...(options.fieldPath === undefined ? {} : { fieldPath: options.fieldPath }),
    },
    type,
    reason,
    message,
    source: options.host === undefined ? { component } : { component, host: options.host },
    reportingComponent: component,
    reportingInstance: options.host ?? '',
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    eventTime: null,
  };
}
