import type { ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { isTopologyAuto, type Service } from '../service/types.ts';
import type { AddressType } from './types.ts';

/**
 * Tells of a Service when its endpoints begin or cease to have hints by zone, and why they have none. What was said last
 * stands in the Service's runtime, so that it is said once. Source: topologycache/event.go, topologycache.go (AddHints).
 */
export function reportHints(
  service: Service,
  outcomes: readonly { type: AddressType; problem?: string | undefined }[],
  api: ControllerApi,
): void {
  const { hints: known = {}, ...runtime } = service.runtime ?? {};
  const say = (type: 'Normal' | 'Warning', reason: string, message: string, addressType: string) =>
    api.event(service, type, reason, `${message}, addressType: ${addressType}`);
  if (!isTopologyAuto(service)) {
    if (service.runtime?.hints === undefined) return;
    for (const [addressType, problem] of Object.entries(known)) {
      if (problem !== HINTED) continue;
      say('Warning', 'TopologyAwareHintsDisabled', 'Topology Aware Hints has been disabled', addressType);
    }
    api.updateStatus<Service>({ ...service, runtime });
    return;
  }
  const hints: Record<string, string> = {};
  let hadHints = Object.values(known).includes(HINTED);
  for (const { type, problem = HINTED } of outcomes) {
    hints[type] = problem;
    if (problem !== HINTED) {
      if (known[type] !== problem) say('Warning', 'TopologyAwareHintsDisabled', problem, type);
    } else if (!hadHints) {
      hadHints = true;
      say('Normal', 'TopologyAwareHintsEnabled', 'Topology Aware Hints has been enabled', type);
    }
  }
  if (!deepEqual(hints, known)) api.updateStatus<Service>({ ...service, runtime: { ...runtime, hints } });
}

/** What the runtime says of endpoints that have their hints. */
const HINTED = '';
