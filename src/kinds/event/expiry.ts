import { watch, type Controller } from '../../machinery/controller.ts';
import { MINUTE_MS } from '../../machinery/time.ts';
import { Event, eventMinute, eventsByMinute } from './types.ts';

/**
 * Forgets events some time after they were last seen (kube-apiserver --event-ttl). Keys are minutes: the events that were
 * last seen in one minute go together, when the last of them is old enough, as those that share a lease of etcd do. One
 * timer a minute serves any number of events.
 */
export const eventExpiry: Controller = {
  name: 'event-expiry',
  watches: [watch(Event, ({ new: event }) => event && eventMinute(event))],
  reconcile(minute, api) {
    // Asked at every instant that has events: it must not list them before their time.
    if (api.countBy(eventsByMinute, minute) === 0) return;
    const dueAt = (Number(minute) + 1) * MINUTE_MS + api.settings.eventTtlMs;
    if (api.now < dueAt) api.requeueAt(dueAt, { background: true });
    else for (const event of api.by(eventsByMinute, minute)) api.delete(event);
  },
};
