import type { ControllerApi } from '../../machinery/controller.ts';
import { isNodeDown, podsOfFault } from '../../kinds/fault/queries.ts';
import { Fault, FAULT_FINALIZER } from '../../kinds/fault/types.ts';
import { Node } from '../../kinds/node/types.ts';
import { PodSync } from './pod-sync.ts';
import { settleProbes } from './running.ts';

/**
 * Before a deleted fault goes away, the probes that it changed are written down as they stand: afterwards nobody could
 * tell how they came there.
 */
export function settleFault(name: string, api: ControllerApi): void {
  const fault = api.get(Fault, undefined, name);
  if (fault?.metadata.deletionTimestamp === undefined) return;
  const finalizers = fault.metadata.finalizers ?? [];
  if (!finalizers.includes(FAULT_FINALIZER)) return;
  if (fault.spec.probe) {
    for (const pod of podsOfFault(api, fault)) {
      const node = api.get(Node, undefined, pod.spec.nodeName ?? '');
      if (!node || pod.runtime?.since === undefined || pod.runtime.done) continue;
      if (isNodeDown(api, node.metadata.name)) continue;
      const sync = new PodSync(api, pod, node);
      for (const about of sync.containers) settleProbes(sync, about, api.now);
      if (sync.runtime.containers !== pod.runtime.containers) api.updateStatus({ ...pod, runtime: sync.runtime });
    }
  }
  const rest = finalizers.filter((finalizer) => finalizer !== FAULT_FINALIZER);
  api.update<Fault>({ ...fault, metadata: { ...fault.metadata, finalizers: rest } });
}
