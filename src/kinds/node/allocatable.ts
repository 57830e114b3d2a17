import type { StringMap } from '../../machinery/object.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { formatSum, isBinaryQuantity } from '../../machinery/resource-sum.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';

/**
 * What of a machine pods may ask for: its capacity without what kubelet and system keep for themselves. (A real kubelet
 * takes its hard eviction thresholds off as well; a machine of the model is all there.)
 * Source: pkg/kubelet/cm/node_container_manager_linux.go (GetNodeAllocatableReservation).
 */
export function allocatableOf(capacity: StringMap, { kubeReserved, systemReserved }: ClusterSettings): StringMap {
  const names = new Set([...Object.keys(kubeReserved), ...Object.keys(systemReserved)]);
  if (names.size === 0) return capacity;
  const allocatable = { ...capacity };
  for (const name of names) {
    const whole = capacity[name];
    if (whole === undefined) continue;
    const amount = (text: string | undefined) => parseQuantity(text) ?? 0;
    const left = Math.max(0, amount(whole) - amount(kubeReserved[name]) - amount(systemReserved[name]));
    allocatable[name] = formatSum(name, left, isBinaryQuantity(whole));
  }
  return allocatable;
}
