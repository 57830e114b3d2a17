import { Registry } from '../../src/engine/registry.ts';
import { endpoints } from '../../src/kinds/endpoints/definition.ts';
import type { Endpoints } from '../../src/kinds/endpoints/types.ts';
import { endpointSlice } from '../../src/kinds/endpointslice/definition.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { node } from '../../src/kinds/node/definition.ts';
import { pod } from '../../src/kinds/pod/definition.ts';
import { Pod, type PodStatus } from '../../src/kinds/pod/types.ts';
import { service } from '../../src/kinds/service/definition.ts';
import type { KindDefinition } from '../../src/machinery/definition.ts';
import type { ClusterSettings } from '../../src/machinery/settings.ts';
import { boundPod, readyNode, type PodShape } from '../support/service-manifests.ts';
import { doIt, Model } from '../support/model.ts';

/** A definition that stands in for that of the model, and settings of the cluster. */
interface NetworkChanges {
  endpoints?: KindDefinition<Endpoints>;
  settings?: Partial<ClusterSettings>;
}

/** Services and slices with pods that stand as the test puts them: no scheduler, no kubelets. */
export function network(changes: NetworkChanges = {}): Model {
  const model = emptyNetwork(changes);
  model.create(readyNode('node-1', { 'topology.kubernetes.io/zone': 'east' }), readyNode('node-2'));
  return model;
}

/** … without any node. */
export function emptyNetwork(changes: NetworkChanges = {}): Model {
  const still = [node, pod].map((definition) => ({ ...definition, controllers: [] }));
  const kinds = [namespace, ...still, service, endpointSlice, changes.endpoints ?? endpoints, event];
  return new Model({ registry: new Registry(kinds, [], [doIt]), settings: changes.settings ?? {} });
}

let addresses = 0;

/** Says of a pod what its kubelet would: its address and whether it is ready. */
export function report(model: Model, name: string, ready: boolean, changes: Partial<PodStatus> = {}): void {
  model.do((api) => {
    const found = api.get(Pod, 'default', name);
    if (!found) throw new Error(`no pod ${name}`);
    const podIP = found.status.podIP ?? `10.244.${Math.floor(++addresses / 250)}.${addresses % 250}`;
    const conditions = [{ type: 'Ready', status: ready ? ('True' as const) : ('False' as const) }];
    api.updateStatus({
      ...found,
      status: { ...found.status, phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions, ...changes },
    });
  });
}

export function addPod(model: Model, shape: PodShape, ready = true): void {
  model.create(boundPod(shape));
  report(model, shape.name, ready);
}
