import type { ClusterView } from '../../machinery/cluster-view.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { faultsByNode } from './types.ts';

/** Questions asked of faults by those whom they hit. All are answered from the faults that act now. */

/** Since when the control plane has not heard a node, in milliseconds; undefined while it does. */
export function silentSince(view: ClusterView, nodeName: string): number | undefined {
  let since: number | undefined;
  for (const fault of view.by(faultsByNode, nodeName)) {
    const start = fromTimestamp(fault.status.startedAt ?? fault.metadata.creationTimestamp);
    if (since === undefined || start < since) since = start;
  }
  return since;
}

/** Whether a node's machine is off, not merely out of reach. */
export function isNodeDown(view: ClusterView, nodeName: string): boolean {
  return view.by(faultsByNode, nodeName).some((fault) => fault.spec.nodeDown !== undefined);
}
