import type { KindDefinition } from '../../machinery/definition.ts';
import { validateTrafficSource } from './admission.ts';
import { trafficCounter } from './reconcile.ts';
import { trafficSourceSchema } from './schema.ts';
import { trafficSourceColumns } from './table.ts';
import { sourcesByService, TrafficSource } from './types.ts';

/** Requests to a Service, counted. */
export const trafficSource: KindDefinition<TrafficSource> = {
  kind: TrafficSource,
  schema: trafficSourceSchema,
  indexes: [sourcesByService],
  validate: validateTrafficSource,
  controllers: [trafficCounter],
  columns: trafficSourceColumns,
  health({ runtime }) {
    const current = runtime?.log.at(-1);
    if (!current || current.rate === 0) return 'SUSPENDED';
    return current.failed ? 'DEGRADED' : 'HEALTHY';
  },
};
