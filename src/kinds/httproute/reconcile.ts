import type { ClusterView } from '../../machinery/cluster-view.ts';
import { withCondition } from '../../machinery/conditions.ts';
import { watch, watchSelf, type Controller } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { keyOf } from '../../machinery/object.ts';
import { Gateway, gatewaysByClass } from '../gateway/types.ts';
import { GatewayClass, type GatewayCondition } from '../gatewayclass/types.ts';
import { Namespace } from '../namespace/types.ts';
import { ReferenceGrant } from '../referencegrant/types.ts';
import { Service } from '../service/types.ts';
import { resolveBackendReference } from './backends.ts';
import { attach, servedGateway } from './queries.ts';
import { HttpRoute, routesByGateway, routesByService, type ParentReference, type RouteParentStatus } from './types.ts';

/** Says of each parent of a route whether it takes the route, and whether its backends can be followed. */
export const httpRouteController: Controller = {
  name: 'httproute-controller',
  watches: [
    watchSelf(HttpRoute),
    watch(Gateway, ({ old, new: current }, view) =>
      old?.spec === current?.spec ? undefined : routesOf(view, [(current ?? old) as Gateway]),
    ),
    watch(GatewayClass, ({ old, new: current }, view) =>
      routesOf(view, view.by(gatewaysByClass, (current ?? old)?.metadata.name ?? '')),
    ),
    watch(Service, ({ old, new: current }, view) => {
      const service = current ?? old;
      const isSame = old && current && old.spec === current.spec;
      return isSame || !service ? undefined : view.by(routesByService, keyOf(service)).map(keyOf);
    }),
    watch(Namespace, ({ old, new: current }, view) =>
      old?.metadata.labels === current?.metadata.labels
        ? undefined
        : view.list(HttpRoute, (current ?? old)?.metadata.name).map(keyOf),
    ),
    watch(ReferenceGrant, (_change, view) => view.list(HttpRoute).map(keyOf)),
  ],
  reconcile(key, api) {
    const route = api.getByKey(HttpRoute, key);
    if (!route) return;
    const parents = (route.spec.parentRefs ?? []).flatMap((parent) => parentStatus(api, route, parent) ?? []);
    api.updateStatus({ ...route, status: { ...route.status, parents } });
  },
};

function routesOf(view: ClusterView, gateways: readonly Gateway[]): string[] {
  return gateways.flatMap((gateway) => view.by(routesByGateway, keyOf(gateway)).map(keyOf));
}

/** Undefined for parents that no simulated controller serves: another controller would write there. */
function parentStatus(view: ClusterView, route: HttpRoute, parent: ParentReference): RouteParentStatus | undefined {
  const served = servedGateway(view, parent.namespace ?? route.metadata.namespace, parent.name);
  if (!served || (parent.kind ?? 'Gateway') !== 'Gateway') return undefined;
  const { reason, message, listeners } = attach(view, route, parent, served.gateway);
  const observedGeneration = route.metadata.generation ?? 1;
  const accepted: GatewayCondition = {
    type: 'Accepted',
    status: listeners.length > 0 ? 'True' : 'False',
    reason,
    message,
    observedGeneration,
  };
  const known = route.status.parents.find(({ parentRef }) => deepEqual(parentRef, parent));
  let conditions = withCondition(known?.conditions, accepted, view.now);
  conditions = withCondition(conditions, { ...resolvedRefs(view, route), observedGeneration }, view.now);
  return { parentRef: parent, controllerName: served.gatewayClass.spec.controllerName, conditions };
}

function resolvedRefs(view: ClusterView, route: HttpRoute): GatewayCondition {
  for (const { backendRefs = [] } of route.spec.rules ?? []) {
    for (const reference of backendRefs) {
      const { refusal, problem } = resolveBackendReference(view, route, reference);
      if (refusal) return { type: 'ResolvedRefs', status: 'False', reason: refusal, message: problem ?? '' };
    }
  }
  return {
    type: 'ResolvedRefs',
    status: 'True',
    reason: 'ResolvedRefs',
    message: 'Resolved all the Object references for the Route',
  };
}
