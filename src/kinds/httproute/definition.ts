import type { HealthWord, KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { applyHttpRouteDefaults, httpRouteSchema, validateHttpRoute } from './admission.ts';
import { httpRouteController } from './reconcile.ts';
import { HttpRoute, routesByGateway, routesByService } from './types.ts';

export const httpRoute: KindDefinition<HttpRoute> = {
  kind: HttpRoute,
  schema: httpRouteSchema,
  indexes: [routesByGateway, routesByService],
  controllers: [httpRouteController],
  applyDefaults: applyHttpRouteDefaults,
  prepareCreate(object) {
    object.status = { parents: [] };
    return undefined;
  },
  validate: validateHttpRoute,
  columns: [
    { name: 'HOSTNAMES', cell: ({ spec }) => (spec.hostnames ? JSON.stringify(spec.hostnames) : '') },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health,
};

function health({ status }: HttpRoute): HealthWord {
  const conditions = status.parents.flatMap((parent) => parent.conditions);
  if (conditions.length === 0) return 'UNKNOWN';
  return conditions.every((condition) => condition.status === 'True') ? 'HEALTHY' : 'DEGRADED';
}
