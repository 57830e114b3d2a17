import { countTraffic, firstTrafficAt, type TrafficBucket } from '../kinds/trafficsource/queries.ts';
import type { TrafficSource } from '../kinds/trafficsource/types.ts';
import type { ClusterView } from '../machinery/cluster-view.ts';
import type { StringMap } from '../machinery/object.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';

export const TrafficBucketType = builder.objectRef<TrafficBucket>('TrafficBucket').implement({
  description: 'Requests of a stretch of time. They are counted by rates, so they need not be whole.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'Its first moment.', resolve: ({ from }) => from }),
    to: t.field({ type: 'DateTime', description: 'The first moment after it.', resolve: ({ to }) => to }),
    requests: t.exposeFloat('requests', { description: 'How many were sent.' }),
    failed: t.exposeFloat('failed', { description: 'How many of them were not answered.' }),
    reasons: t.field({
      type: 'StringMap',
      description: 'How many failed for which reason: {"connection refused: no endpoints": "12.5"}.',
      resolve: ({ reasons }): StringMap =>
        Object.fromEntries(Object.entries(reasons).map(([reason, count]) => [reason, String(count)])),
    }),
  }),
});

const MAX_BUCKETS = 1000;
const DEFAULT_BUCKETS = 60;

export interface BucketArgs {
  from?: number | null | undefined;
  to?: number | null | undefined;
  buckets?: number | null | undefined;
}

/** The arguments of every field that counts requests. */
export function bucketArgs() {
  return builder.args((t) => ({
    from: t.field({ type: 'DateTime', description: 'Default: when the first source came to be.' }),
    to: t.field({ type: 'DateTime', description: 'Default, and at the latest: now.' }),
    buckets: t.int({ defaultValue: DEFAULT_BUCKETS, description: `How many equal parts, 1 to ${MAX_BUCKETS}.` }),
  }));
}

/** What became of the requests of some sources; nothing where there are none, or no time to speak of. */
export function bucketsOf(sources: readonly TrafficSource[], view: ClusterView, args: BucketArgs): TrafficBucket[] {
  const buckets = args.buckets ?? DEFAULT_BUCKETS;
  if (buckets < 1 || buckets > MAX_BUCKETS) throw badInput(`buckets must be between 1 and ${MAX_BUCKETS}`);
  const first = firstTrafficAt(sources);
  if (first === undefined) return [];
  const from = args.from ?? first;
  const to = Math.min(args.to ?? view.now, view.now);
  if (typeof args.to === 'number' && args.to < from) throw badInput('to must not be before from');
  return to < from ? [] : countTraffic(sources, from, to, buckets);
}
