import type { ClusterView } from '../../machinery/cluster-view.ts';
import { selectorsMatching } from '../../machinery/selector-index.ts';
import { DEFAULT_SETTINGS } from '../../machinery/settings.ts';
import type { Pod } from '../pod/types.ts';
import { HEADLESS, selectorOf, servicesBySelector, type Service, type ServicePort } from './types.ts';

/** isHeadlessService: its only cluster IP is "None". */
export function isHeadless(spec: Service['spec']): boolean {
  return spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === HEADLESS;
}

/** helper.IsServiceIPSet: it has a cluster IP that is an address. */
export function hasClusterIp({ clusterIP }: Service['spec']): boolean {
  return clusterIP !== undefined && clusterIP !== '' && clusterIP !== HEADLESS;
}

/**
 * podutil.FindPort: the number a Service's port has in a pod. A named target is the container port of that name and
 * protocol, of an ordinary container or a sidecar; undefined when the pod has none.
 */
export function findPodPort({ spec }: Pod, { targetPort, protocol }: ServicePort): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports = [] } of [...spec.containers, ...sidecars]) {
    for (const port of ports) {
      if (port.name === targetPort && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
    }
  }
  return undefined;
}

/** The Services whose selector matches a pod, oldest first within each label. */
export function servicesOf(view: ClusterView, pod: Pod): Service[] {
  return selectorsMatching(view, servicesBySelector, selectorOf, pod);
}

/** `web.default.svc.cluster.local`: the name under which a Service is found from any namespace. */
export function dnsName({ metadata }: Service, clusterDomain = DEFAULT_SETTINGS.clusterDomain): string {
  return `${metadata.name}.${metadata.namespace ?? 'default'}.svc.${clusterDomain}`;
}

/** Whether kube-proxy keeps a client at one endpoint; it has no say where a Service is headless. */
export function staysAtOne({ spec }: Service): boolean {
  return spec.sessionAffinity === 'ClientIP' && !isHeadless(spec);
}

/**
 * The name of the port that requests to a Service mean (by name or number; the first one when they do not say), or why
 * there is none. A headless Service needs none: its clients speak to pods.
 */
export function proxiedPort(
  { spec }: Service,
  port: string | undefined,
): { name: string; reason?: undefined } | { reason: string } {
  if (spec.type === 'ExternalName') return { reason: 'an ExternalName is not proxied' };
  const found = (spec.ports ?? []).find(
    ({ name, port: number }) => port === undefined || name === port || String(number) === port,
  );
  if (!found && !isHeadless(spec)) return { reason: 'no such port' };
  return { name: found?.name ?? '' };
}
