import type { Pod } from '../../../kinds/pod/types.ts';
import { ADD, DELETE } from '../cluster-events.ts';
import { SKIP, type Plugin, type Rejection } from '../framework.ts';
import { PodInfo } from '../pod-info.ts';
import { UsedPorts, type HostPort } from '../../../kinds/pod/host-ports.ts';

const NAME = 'NodePorts';

const TAKEN: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  unresolvable: false,
};

/** A host port is given to one pod of a node. Source: pkg/scheduler/framework/plugins/nodeports. */
export const nodePorts: Plugin<readonly HostPort[]> = {
  name: NAME,
  preFilter({ pod }) {
    return pod.hostPorts.length === 0 ? SKIP : { kind: 'state', state: pod.hostPorts };
  },
  filter(wanted, node) {
    return wanted.some((port) => node.usedPorts.conflicts(port)) ? TAKEN : undefined;
  },
  hints: [
    {
      resource: 'AssignedPod',
      actions: DELETE,
      helps(pod, event) {
        const freed = new UsedPorts();
        for (const port of new PodInfo(event.old as Pod).hostPorts) freed.add(port);
        return pod.hostPorts.some((port) => freed.conflicts(port));
      },
    },
    { resource: 'Node', actions: ADD },
  ],
};
