import type { ClusterView } from '../../machinery/cluster-view.ts';
import { ReferenceGrant } from './types.ts';

const GATEWAY_GROUP = 'gateway.networking.k8s.io';

/** Whether an HTTPRoute of one namespace may send requests to a Service of another. */
export function mayReferToService(view: ClusterView, routeNamespace: string, namespace: string, name: string): boolean {
  if (routeNamespace === namespace) return true;
  return view.list(ReferenceGrant, namespace).some(({ spec }) => {
    const from = (spec.from ?? []).some(
      (each) => each.group === GATEWAY_GROUP && each.kind === 'HTTPRoute' && each.namespace === routeNamespace,
    );
    const to = (spec.to ?? []).some(
      (each) => !each.group && each.kind === 'Service' && (each.name === undefined || each.name === name),
    );
    return from && to;
  });
}
