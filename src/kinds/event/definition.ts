import type { KindDefinition } from '../../machinery/definition.ts';
import { eventExpiry } from './expiry.ts';
import { eventColumns } from './table.ts';
import { Event, eventsByMinute, eventsByRegarding } from './types.ts';

export const event: KindDefinition<Event> = {
  kind: Event,
  indexes: [eventsByRegarding, eventsByMinute],
  statusSubresource: false,
  hasGeneration: false,
  controllers: [eventExpiry],
  columns: eventColumns,
};
