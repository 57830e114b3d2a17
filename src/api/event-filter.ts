import type { Event } from '../kinds/event/types.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';
import { decodeId } from './global-id.ts';
import { namespaceTest } from './object-filter.ts';

export const EventTypeEnum = builder.enumType('EventType', { values: ['NORMAL', 'WARNING'] as const });

export const EventFilter = builder.inputType('EventFilter', {
  description: 'Which events.',
  fields: (t) => ({
    namespaces: t.stringList(),
    types: t.field({ type: [EventTypeEnum] }),
    reasons: t.stringList(),
    regarding: t.id({ description: 'The id of the object they are about.' }),
    search: t.string({ description: 'Text that the message must contain; case does not matter.' }),
  }),
});

export function eventTypeWord({ type }: Event): 'NORMAL' | 'WARNING' {
  return type === 'Warning' ? 'WARNING' : 'NORMAL';
}

/** What a filter asks of an event; undefined when it asks nothing. */
export function eventPredicate(
  filter: typeof EventFilter.$inferInput | null | undefined,
): ((event: Event) => boolean) | undefined {
  if (!filter) return undefined;
  const { namespaces, types, reasons, regarding, search } = filter;
  const uid = regarding ? decodeId(regarding)?.uid : undefined;
  if (regarding && uid === undefined) throw badInput('filter.regarding is no id of this API');
  const text = search?.toLowerCase();
  const inNamespaces = namespaceTest(namespaces);
  return (event) =>
    (inNamespaces?.(event) ?? true) &&
    (!types || types.includes(eventTypeWord(event))) &&
    (!reasons || reasons.includes(event.reason)) &&
    (uid === undefined || event.involvedObject.uid === uid) &&
    (text === undefined || event.message.toLowerCase().includes(text));
}
