import { builder } from './builder.ts';
import type { ClusterSource } from './cluster-source.ts';
import { ClusterType } from './cluster-source.ts';

/** The source is the cluster whose clock it is. A past cluster's clock stands. */
export const ClockType = builder.objectRef<ClusterSource>('Clock').implement({
  description: 'The simulated clock of a cluster.',
  fields: (t) => ({
    now: t.field({ type: 'DateTime', description: 'Simulated time.', resolve: ({ scope }) => scope.view.now }),
    wallNow: t.field({
      type: 'DateTime',
      description: 'Wall time, to reckon between two looks at a running clock.',
      resolve: (_cluster, _args, { wallNow }) => wallNow(),
    }),
    running: t.boolean({
      resolve: ({ scope }) => scope.pinned === undefined && (scope.replica?.clock.running ?? false),
    }),
    speed: t.float({
      description: 'Simulated seconds per second while it runs.',
      resolve: ({ scope }) => scope.replica?.clock.speed ?? 1,
    }),
    pendingTimers: t.int({
      description: 'Timers that keep the cluster from being at rest.',
      resolve: ({ scope }) => (scope.pinned === undefined ? (scope.replica?.clock.pendingTimers ?? 0) : 0),
    }),
  }),
});

builder.objectField(ClusterType, 'clock', (t) => t.field({ type: ClockType, resolve: (cluster) => cluster }));
