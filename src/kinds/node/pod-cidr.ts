import { watch, type Controller } from '../../machinery/controller.ts';
import { freePodCidrs } from './addresses.ts';
import { Node, nodesByPodCidr } from './types.ts';

/**
 * Gives each node a range of each of the cluster's for its pods, never one range to two nodes; says so when none is left and
 * tries again when a node goes. Source: pkg/controller/nodeipam/ipam/range_allocator.go.
 */
export const podCidrAllocator: Controller = {
  name: 'cidrAllocator',
  watches: [
    watch(Node, ({ old, new: node }, view) => {
      if (node) return node.spec?.podCIDR ? undefined : node.metadata.name;
      if (!old?.spec.podCIDR) return undefined;
      return view.by(nodesByPodCidr, '').map(({ metadata }) => metadata.name);
    }),
  ],
  reconcile(key, api) {
    const node = api.getByKey(Node, key);
    if (!node || node.spec.podCIDR) return;
    const podCIDRs = freePodCidrs(api, api.settings.clusterCidr);
    const podCIDR = podCIDRs?.[0];
    if (podCIDRs && podCIDR !== undefined) {
      api.update({ ...node, spec: { ...node.spec, podCIDR, podCIDRs } });
    } else if (!exhaustionRecorded(node)) {
      api.updateStatus({ ...node, runtime: { ...node.runtime, podCidrExhausted: true } });
      api.event(node, 'Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`);
    }
  },
};

/** The event is recorded once, so that a restart does not repeat it. */
function exhaustionRecorded(node: Node): boolean {
  return node.runtime?.podCidrExhausted ?? false;
}
