import type { Pod } from '../pod/types.ts';
import { HEADLESS, type Service, type ServicePort } from './types.ts';

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
