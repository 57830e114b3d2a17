import type { ClusterView } from '../../machinery/cluster-view.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { hasClusterIp } from '../service/queries.ts';
import { Service } from '../service/types.ts';

/**
 * The variables that tell a container where the Services of its namespace are.
 * Source: pkg/kubelet/envvars/envvars.go, pkg/kubelet/kubelet_pods.go (getServiceEnvVarMap).
 */

/** The Service that every container is told of, from whatever namespace. */
const MASTER_SERVICE = { namespace: 'default', name: 'kubernetes' };

export interface ServiceVariable {
  name: string;
  value: string;
  service: Service;
}

/**
 * The variables of the Services that a container of a namespace, started at `startMs`, was told of, by the Services'
 * names. Creation times are whole seconds: a Service made in the second of the start counts as there.
 */
export function serviceVariables(
  view: ClusterView,
  namespace: string,
  serviceLinks: boolean,
  startMs: number,
): ServiceVariable[] {
  const services = new Map<string, Service>();
  const offer = (service: Service | undefined) => {
    if (!service || !hasClusterIp(service.spec)) return;
    if (fromTimestamp(service.metadata.creationTimestamp) <= startMs) services.set(service.metadata.name, service);
  };
  offer(view.get(Service, MASTER_SERVICE.namespace, MASTER_SERVICE.name));
  if (serviceLinks) for (const service of view.iterate(Service, namespace)) offer(service);
  const names = [...services.keys()].sort();
  return names.flatMap((name) => variablesOf(services.get(name) as Service));
}

/** The variables of one Service with a cluster IP, in the order in which the kubelet makes them. */
export function variablesOf(service: Service): ServiceVariable[] {
  const { clusterIP = '', ports = [] } = service.spec;
  const prefix = variableName(service.metadata.name);
  const variables: ServiceVariable[] = [];
  const add = (name: string, value: string | number) => variables.push({ name, value: String(value), service });
  const [first] = ports;
  if (!first) return [];
  add(`${prefix}_SERVICE_HOST`, clusterIP);
  add(`${prefix}_SERVICE_PORT`, first.port);
  for (const { name, port } of ports) if (name) add(`${prefix}_SERVICE_PORT_${variableName(name)}`, port);
  for (const { protocol = 'TCP', port } of ports) {
    const word = protocol.toLowerCase();
    const url = `${word}://${clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP}:${port}`;
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    if (port === first.port && protocol === first.protocol) add(`${prefix}_PORT`, url);
    add(link, url);
    add(`${link}_PROTO`, word);
    add(`${link}_PORT`, port);
    add(`${link}_ADDR`, clusterIP);
  }
  return variables;
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
