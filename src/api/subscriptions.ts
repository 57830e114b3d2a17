import { Event } from '../kinds/event/types.ts';
import { Pod } from '../kinds/pod/types.ts';
import { isPodReady } from '../kinds/pod/queries.ts';
import { HOUR_MS, SECOND_MS } from '../machinery/time.ts';
import type { ClusterReplica } from '../machinery/ports.ts';
import type { Version } from '../machinery/version.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';
import type { Catalog } from './catalog.ts';
import { ChangeObject } from './change.ts';
import { ClockType } from './clock.ts';
import { ClusterSource, liveScope } from './cluster-source.ts';
import type { ApiContext } from './context.ts';
import { EventFilter, eventPredicate } from './event-filter.ts';
import { EventQueue } from './event-queue.ts';
import { Handle } from './handle.ts';
import { limitExceeded } from './limits.ts';
import { filterPredicate, ObjectFilter } from './object-filter.ts';
import { PodFilter, podPredicate, podStatusWord } from './pod-filter.ts';
import { kubeRef } from './refs.ts';
import { SummaryType, summaryOf } from './summary.ts';
import { commitTopic, SLOW_CONSUMER, subscribeTo, Topic, topicOf } from './topics.ts';
import { Bookmark, ChangeBatch, WatchExpired, watchObjects, WatchTopic, type WatchMessage } from './watch.ts';

/** The cluster a subscription is about; an unknown one is a bad input. */
export function replicaOf({ clusters }: ApiContext, name: string | null | undefined): ClusterReplica {
  const replica = clusters.get(name ?? 'default');
  if (!replica) throw badInput(`clusters "${name ?? 'default'}" not found`, 'NOT_FOUND');
  return replica;
}

const ChangeBatchType = builder.objectRef<ChangeBatch>('ChangeBatch').implement({
  description: 'Changes that happened together, in the order of their revisions.',
  isTypeOf: (source) => source instanceof ChangeBatch,
  fields: (t) => ({
    revision: t.expose('revision', { type: 'Revision', description: 'Resume with `since` from here.' }),
    time: t.expose('time', { type: 'DateTime' }),
    changes: t.field({ type: [ChangeObject], extensions: { listSize: 1000 }, resolve: ({ changes }) => changes }),
    summary: t.field({ type: SummaryType, resolve: ({ replica }) => summaryOf(replica.view) }),
  }),
});

const BookmarkType = builder.objectRef<Bookmark>('Bookmark').implement({
  description: 'Nothing that matches happened up to this revision.',
  isTypeOf: (source) => source instanceof Bookmark,
  fields: (t) => ({
    revision: t.expose('revision', { type: 'Revision' }),
    time: t.expose('time', { type: 'DateTime' }),
  }),
});

const ExpiredReasonEnum = builder.enumType('ExpiredReason', {
  values: ['TOO_OLD', 'SLOW_CONSUMER', 'CLUSTER_DELETED'] as const,
});

const WatchExpiredType = builder.objectRef<WatchExpired>('WatchExpired').implement({
  description: 'The watch cannot go on and completes. List and watch again.',
  isTypeOf: (source) => source instanceof WatchExpired,
  fields: (t) => ({
    reason: t.expose('reason', { type: ExpiredReasonEnum }),
    oldestRevision: t.expose('oldestRevision', { type: 'Revision' }),
  }),
});

const WatchMessageType = builder.unionType('WatchMessage', {
  types: [ChangeBatchType, BookmarkType, WatchExpiredType],
  resolveType: (message: WatchMessage) => {
    if (message instanceof ChangeBatch) return 'ChangeBatch';
    return message instanceof Bookmark ? 'Bookmark' : 'WatchExpired';
  },
});

interface PodStatusChange {
  pod: Handle<Pod>;
  from: string | null;
  to: string;
  time: number;
  revision: number;
}

const DELETED = 'Deleted';

/** The change of a pod's STATUS (or readiness) in a version, if there is one. */
function podStatusChange(replica: ClusterReplica, catalog: Catalog, version: Version): PodStatusChange | undefined {
  const scope = liveScope(replica);
  const pod = new Handle(scope, version.object as Pod);
  const before = version.previous && new Handle(scope, version.previous as Pod);
  const from = before ? podStatusWord(before, catalog) : null;
  const to = version.type === 'DELETED' ? DELETED : podStatusWord(pod, catalog);
  if (from === to && before && isPodReady(before.object) === isPodReady(pod.object)) return undefined;
  return { pod, from, to, time: version.time, revision: version.revision };
}

/** Why a pod is as it is: its own reason, or that of the first container that says one. */
function reasonOf({ status }: Pod): string | null {
  if (status.reason) return status.reason;
  for (const { state } of status.containerStatuses ?? []) {
    const reason = state?.waiting?.reason ?? state?.terminated?.reason;
    if (reason) return reason;
  }
  return null;
}

const PodStatusChangeType = builder.objectRef<PodStatusChange>('PodStatusChange').implement({
  description: "A pod's STATUS or readiness changed.",
  fields: (t) => ({
    pod: t.field({ type: kubeRef(Pod), resolve: ({ pod }) => pod }),
    from: t.exposeString('from', { nullable: true, description: 'Null for a new pod.' }),
    to: t.exposeString('to', { description: 'kubectl\'s STATUS; "Deleted" when the pod is gone.' }),
    time: t.expose('time', { type: 'DateTime' }),
    reason: t.string({ nullable: true, resolve: ({ pod }) => reasonOf(pod.object) }),
    revision: t.expose('revision', { type: 'Revision' }),
  }),
});

const SHORTEST_TICK_MS = 100;

/** A topic of ticks in wall time; each is the cluster anew. */
function clockTopic(replica: ClusterReplica, everyMs: number): Topic<ClusterSource> {
  return new Topic((publish, closed) => {
    const timer = setInterval(() => publish(new ClusterSource(liveScope(replica))), everyMs);
    timer.unref();
    const unsubscribe = replica.subscribe(() => undefined, closed);
    return () => {
      clearInterval(timer);
      unsubscribe();
    };
  });
}

function podTopic(replica: ClusterReplica, filter: typeof PodFilter.$inferInput | null | undefined, catalog: Catalog) {
  return topicOf(replica, 'podStatusChanged', { filter: filter ?? null }, () => {
    const matches = podPredicate(filter && { ...filter, status: null }, liveScope(replica), catalog);
    const words = filter?.status;
    return commitTopic<PodStatusChange>(replica, {
      eventsOf: ({ versions }) =>
        versions.flatMap((version) => {
          if (version.kindKey !== Pod.key || (matches && !matches(version.object as Pod))) return [];
          const change = podStatusChange(replica, catalog, version);
          return change && (!words || words.includes(change.to)) ? change : [];
        }),
    });
  });
}

/** The events of a cluster that match, as they occur; each is a handle of its own. */
function eventTopic(replica: ClusterReplica, filter: typeof EventFilter.$inferInput | null | undefined) {
  return topicOf(replica, 'eventOccurred', { filter: filter ?? null }, () => {
    const matches = eventPredicate(filter);
    return commitTopic<Handle<Event>>(replica, {
      eventsOf: ({ versions }) => versions.flatMap((version) => occurrence(replica, version, matches)),
    });
  });
}

function occurrence(
  replica: ClusterReplica,
  { kindKey, type, object }: Version,
  matches: ((event: Event) => boolean) | undefined,
): Handle<Event>[] {
  if (kindKey !== Event.key || type === 'DELETED') return [];
  const event = object as Event;
  return matches && !matches(event) ? [] : [new Handle(liveScope(replica), event)];
}

/** Events since a revision, then those that occur. */
async function subscribeToEvents(
  replica: ClusterReplica,
  filter: typeof EventFilter.$inferInput | null | undefined,
  since: number,
): Promise<EventQueue<Handle<Event>>> {
  const { revision } = replica.view;
  const held: Handle<Event>[] = [];
  let publish = (event: Handle<Event>): void => {
    held.push(event);
  };
  let close: () => void = () => undefined;
  const unlisten = eventTopic(replica, filter).listen(
    (event) => publish(event),
    () => close(),
  );
  const batches = await replica.since(since);
  if (batches === 'expired') {
    unlisten();
    throw badInput(`revision ${since} was compacted; the oldest revision is ${replica.oldestRevision}`, 'EXPIRED');
  }
  const queue = new EventQueue<Handle<Event>>(() => limitExceeded(SLOW_CONSUMER), unlisten);
  const matches = eventPredicate(filter);
  for (const version of batches.flatMap(({ versions }) => versions)) {
    if (version.revision > revision) continue;
    for (const event of occurrence(replica, version, matches)) queue.push(event);
  }
  for (const event of held) queue.push(event);
  publish = (event) => queue.push(event);
  close = () => queue.end();
  return queue;
}

/** Subscriptions cannot wait longer than this to be told. */
const LONGEST_COALESCE_MS = 10 * SECOND_MS;

builder.subscriptionFields((t) => {
  const cluster = t.arg.string({ defaultValue: 'default' });
  return {
    objectChanges: t.field({
      type: WatchMessageType,
      description:
        'Every change of the objects that match, in batches. Begins with a bookmark, after what `since` asks for.',
      args: {
        cluster,
        filter: t.arg({ type: ObjectFilter }),
        since: t.arg({ type: 'Revision', description: 'Begin behind this revision: list, then watch, no gap.' }),
        coalesce: t.arg({
          type: 'Duration',
          defaultValue: 100,
          description:
            'Changes of so much wall time become one batch with one change per object; "0s" gives every change.',
        }),
      },
      subscribe: (_root, { cluster: name, filter, since, coalesce }, context) => {
        const replica = replicaOf(context, name);
        const coalesceMs = coalesce ?? 100;
        if (coalesceMs < 0 || coalesceMs > LONGEST_COALESCE_MS) throw badInput('coalesce must be between 0s and 10s');
        if (typeof since === 'number' && since > replica.view.revision) {
          throw badInput(`revision ${since} has not happened yet; the newest revision is ${replica.view.revision}`);
        }
        const matches = filterPredicate(filter, liveScope(replica), context.catalog);
        const topic = topicOf(replica, 'objectChanges', { filter: filter ?? null, coalesceMs }, () => {
          return new WatchTopic(replica, matches, coalesceMs);
        });
        return watchObjects(replica, topic, matches, since ?? undefined);
      },
      resolve: (message) => message,
    }),
    podStatusChanged: t.field({
      type: PodStatusChangeType,
      description: "Changes of pods' STATUS and readiness.",
      args: { cluster, filter: t.arg({ type: PodFilter }) },
      subscribe: (_root, { cluster: name, filter }, context) =>
        subscribeTo(podTopic(replicaOf(context, name), filter, context.catalog)),
      resolve: (change) => change,
    }),
    eventOccurred: t.field({
      type: kubeRef(Event),
      description: 'Events as they are recorded or counted up.',
      args: { cluster, filter: t.arg({ type: EventFilter }), since: t.arg({ type: 'Revision' }) },
      subscribe: (_root, { cluster: name, filter, since }, context) => {
        const replica = replicaOf(context, name);
        if (typeof since !== 'number') return subscribeTo(eventTopic(replica, filter));
        return later(subscribeToEvents(replica, filter, since));
      },
      resolve: (event) => event,
    }),
    clockTick: t.field({
      type: ClockType,
      description: 'The clock, now and again.',
      args: { cluster, every: t.arg({ type: 'Duration', defaultValue: SECOND_MS, description: 'Wall time.' }) },
      subscribe: (_root, { cluster: name, every }, context) => {
        const replica = replicaOf(context, name);
        const everyMs = every ?? SECOND_MS;
        if (everyMs < SHORTEST_TICK_MS || everyMs > HOUR_MS) throw badInput('every must be between 100ms and 1h');
        const topic = topicOf(replica, 'clockTick', { everyMs }, () => clockTopic(replica, everyMs));
        return subscribeTo(topic, [new ClusterSource(liveScope(replica))]);
      },
      resolve: (source) => source,
    }),
  };
});

/** A stream that is still being prepared. */
function later<E extends object>(preparing: Promise<EventQueue<E>>): AsyncIterableIterator<E> {
  const stream: AsyncIterableIterator<E> = {
    next: async () => (await preparing).next(),
    return: async () => (await preparing).return(),
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
