import { builder } from '../../api/builder.ts';
import { ClusterType } from '../../api/cluster-source.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { EventFilter, eventPredicate, EventTypeEnum, eventTypeWord } from '../../api/event-filter.ts';
import { defineKubeType, NEWEST_EVENT_FIRST } from '../../api/kube-object.ts';
import { connectionOf, KubeObjectInterface } from '../../api/refs.ts';
import { Event } from './types.ts';

defineKubeType(Event, {
  description: 'Something that happened to an object. Events are forgotten after an hour.',
  listed: false,
  fields: (t) => ({
    type: t.field({ type: EventTypeEnum, resolve: ({ object }) => eventTypeWord(object) }),
    reason: t.string({ resolve: ({ object }) => object.reason }),
    message: t.string({ resolve: ({ object }) => object.message }),
    count: t.int({ description: 'How often it occurred.', resolve: ({ object }) => object.count ?? 1 }),
    firstSeen: t.field({
      type: 'DateTime',
      resolve: ({ object }) => object.firstTimestamp ?? object.metadata.creationTimestamp,
    }),
    lastSeen: t.field({
      type: 'DateTime',
      resolve: ({ object }) => object.lastTimestamp ?? object.metadata.creationTimestamp,
    }),
    regarding: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'What it is about, as long as that is there.',
      resolve: (handle) => handle.toMaybe(handle.view.byUid(handle.object.involvedObject.uid ?? '')),
    }),
    regardingRef: t.string({
      description: '"pod/web-0", as kubectl prints it.',
      resolve: ({ object: { involvedObject } }) =>
        `${(involvedObject.kind ?? '').toLowerCase()}/${involvedObject.name ?? ''}`,
    }),
    source: t.string({
      description: 'The component that saw it.',
      resolve: ({ object }) => object.source?.component ?? object.reportingComponent ?? '',
    }),
  }),
});

builder.objectField(ClusterType, 'events', (t) =>
  t.field({
    type: connectionOf(Event),
    description: 'Newest first.',
    args: { filter: t.arg({ type: EventFilter }), ...pageArgs() },
    resolve: ({ scope }, args) =>
      paginate(scope, scope.view.list(Event), args, {
        order: NEWEST_EVENT_FIRST,
        matches: eventPredicate(args.filter),
      }),
  }),
);
