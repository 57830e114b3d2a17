import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { Service, ServicePort } from './types.ts';

/** kubectl's columns of a Service (pkg/printers/internalversion/printers.go, printService). */
export const serviceColumns: readonly TableColumn<Service>[] = [
  { name: 'TYPE', cell: ({ spec }) => spec.type },
  { name: 'CLUSTER-IP', cell: ({ spec }) => spec.clusterIPs?.[0] ?? '<none>' },
  { name: 'EXTERNAL-IP', cell: externalAddress },
  { name: 'PORT(S)', cell: ({ spec }) => portsText(spec.ports ?? []) },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  { name: 'SELECTOR', wide: true, cell: ({ spec }) => selectorText(spec.selector) },
];

/** How much of the load balancer's addresses the narrow table shows. */
const ADDRESS_WIDTH = 16;

function externalAddress({ spec, status }: Service): string {
  const external = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ExternalName':
      return spec.externalName ?? '';
    case 'LoadBalancer': {
      const given = [...new Set((status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || ''))];
      const joined = given.sort().join(',');
      const shown = joined.length > ADDRESS_WIDTH ? `${joined.slice(0, ADDRESS_WIDTH - 3)}...` : joined;
      const all = [...(shown ? [shown] : []), ...external];
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    default:
      return external.length > 0 ? external.join(',') : '<none>';
  }
}

function portsText(ports: readonly ServicePort[]): string {
  if (ports.length === 0) return '<none>';
  return ports.map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`).join(',');
}

function selectorText(selector: Service['spec']['selector']): string {
  const keys = Object.keys(selector ?? {}).sort();
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${selector?.[key]}`).join(',');
}
