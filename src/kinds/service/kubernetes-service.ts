import { watch, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { Kind } from '../../machinery/kind.ts';
import { formatIp } from '../../machinery/ip-address.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { Endpoints } from '../endpoints/types.ts';
import { EndpointSlice, SERVICE_NAME_LABEL } from '../endpointslice/types.ts';
import { Namespace } from '../namespace/types.ts';
import { serviceRanges } from './cluster-ip.ts';
import { Service } from './types.ts';

/**
 * The Service `kubernetes` in the namespace `default`: how pods reach the API server. It has the first address of the
 * range, and comes back when somebody deletes it. Source: pkg/controlplane/controller/kubernetesservice/controller.go
 * and pkg/controlplane/reconcilers/endpointsadapter.go.
 */
export const kubernetesService: Controller = {
  name: 'kubernetes-service',
  watches: [
    watch(Namespace, ({ new: namespace }) => (namespace?.metadata.name === 'default' ? KEY : undefined)),
    goneWatch(Service),
    goneWatch(Endpoints),
    goneWatch(EndpointSlice),
  ],
  initialKeys: () => [KEY],
  reconcile(_key, api) {
    if (!api.get(Namespace, undefined, NAMESPACE)) return;
    ensureService(api);
    ensureEndpoints(api);
    ensureSlice(api);
  },
};

const KEY = 'kubernetes';
const NAMESPACE = 'default';
const PORT = 443;
const SERVER_PORT = 6443;

/** Where the modelled API server listens, in the network of the nodes. */
export const API_SERVER_ADDRESS = '172.18.255.254';

function goneWatch<T extends KubeObject>(kind: Kind<T>) {
  return watch(kind, ({ old, new: current }) => {
    if (current || !old) return undefined;
    return old.metadata.namespace === NAMESPACE && old.metadata.name === KEY ? KEY : undefined;
  });
}

function ensureService(api: ControllerApi): void {
  if (api.get(Service, NAMESPACE, KEY)) return;
  const [range] = serviceRanges(api.settings.serviceCidr).values();
  api.create<Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: KEY, namespace: NAMESPACE, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ports: [{ name: 'https', protocol: 'TCP', port: PORT, targetPort: SERVER_PORT }],
      ...(range ? { clusterIP: formatIp({ family: range.family, value: range.base + 1n }) } : {}),
    },
    status: { loadBalancer: {} },
  });
}

function ensureEndpoints(api: ControllerApi): void {
  if (api.get(Endpoints, NAMESPACE, KEY)) return;
  api.create<Endpoints>({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: KEY, namespace: NAMESPACE, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [
      { addresses: [{ ip: API_SERVER_ADDRESS }], ports: [{ name: 'https', port: SERVER_PORT, protocol: 'TCP' }] },
    ],
  });
}

function ensureSlice(api: ControllerApi): void {
  if (api.get(EndpointSlice, NAMESPACE, KEY)) return;
  api.create<EndpointSlice>({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: KEY, namespace: NAMESPACE, labels: { [SERVICE_NAME_LABEL]: KEY } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [API_SERVER_ADDRESS], conditions: { ready: true } }],
    ports: [{ name: 'https', port: SERVER_PORT, protocol: 'TCP' }],
  });
}
