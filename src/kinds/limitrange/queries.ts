import type { Container, Pod } from '../pod/types.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import type { ResourceList } from './types.ts';

/** What a whole pod asks for. Source: component-helpers/resource/helpers.go (PodRequests, PodLimits). */

type Section = 'requests' | 'limits';
type Amounts = Map<string, number>;

/** Resources that may stand on the pod itself. */
const POD_LEVEL = /^(cpu|memory|hugepages-.*)$/;

/**
 * The amounts of a pod by resource name, in whole units (cpu in cores): its containers and sidecars together, or the most
 * that one init container needs beside the sidecars that run by then, and the overhead.
 */
export function podTotals({ spec }: Pod, section: Section): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers) add(total, amountsOf(container, section));
  const sidecars: Amounts = new Map();
  const initial: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const amounts = amountsOf(container, section);
    if (container.restartPolicy === 'Always') {
      add(total, amounts);
      add(sidecars, amounts);
      raise(initial, sidecars);
    } else {
      const beside = new Map(sidecars);
      add(beside, amounts);
      raise(initial, beside);
    }
  }
  raise(total, initial);
  const own = (spec as { resources?: Record<Section, ResourceList | undefined> }).resources?.[section];
  for (const [name, amount] of listed(own)) if (POD_LEVEL.test(name)) total.set(name, amount);
  for (const [name, amount] of listed(spec.overhead)) {
    if (section === 'requests' || total.has(name)) total.set(name, (total.get(name) ?? 0) + amount);
  }
  return total;
}

function amountsOf({ resources }: Container, section: Section): Amounts {
  return listed(resources?.[section]);
}

function listed(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text) ?? 0]));
}

function add(total: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0) + amount);
}

function raise(total: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) total.set(name, Math.max(total.get(name) ?? 0, amount));
}
