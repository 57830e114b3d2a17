import type { KindDefinition } from '../../machinery/definition.ts';
import { Event, eventsByRegarding } from './types.ts';

export const event: KindDefinition<Event> = {
  kind: Event,
  indexes: [eventsByRegarding],
  statusSubresource: false,
  hasGeneration: false,
};
