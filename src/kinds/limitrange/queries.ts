import type { Container, Pod } from '../pod/types.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { isBinaryQuantity } from '../../machinery/resource-sum.ts';
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
    if (section === 'requests' || total.has(name)) add(total, new Map([[name, amount]]));
  }
  return total;
}

/** Whether the first container that says an amount says it in powers of 1024: the sum goes on in that form. */
export function isBinaryTotal({ spec }: Pod, section: Section, name: string): boolean {
  const own = (spec as { resources?: Record<Section, ResourceList | undefined> }).resources?.[section]?.[name];
  if (own !== undefined) return isBinaryQuantity(own);
  for (const { resources } of [...spec.containers, ...(spec.initContainers ?? [])]) {
    const text = resources?.[section]?.[name];
    if (text !== undefined && parseQuantity(text) !== 0) return isBinaryQuantity(text);
  }
  return isBinaryQuantity(spec.overhead?.[name]);
}

function amountsOf({ resources }: Container, section: Section): Amounts {
  return listed(resources?.[section]);
}

function listed(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text) ?? 0]));
}

function add(total: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) total.set(name, exact((total.get(name) ?? 0) + amount));
}

/** Parts of a unit are added as if they were whole ones of a finer unit: three times 100m is 300m. */
function exact(sum: number): number {
  return Number.isInteger(sum) ? sum : Math.round(sum * 1e9) / 1e9;
}

function raise(total: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) total.set(name, Math.max(total.get(name) ?? 0, amount));
}
