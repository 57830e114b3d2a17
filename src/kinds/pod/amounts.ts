import { milliValue, wholeValue } from '../../machinery/quantity.ts';

/**
 * Amounts of resources as the scheduler counts them: millicores, bytes, pieces.
 * Source: pkg/scheduler/framework/types.go (Resource).
 */
export interface Amounts {
  milliCpu: number;
  memory: number;
  ephemeralStorage: number;
  /** Extended resources, huge pages and the like; undefined when there are none. */
  scalars: Map<string, number> | undefined;
}

export type ResourceList = Record<string, string | number>;

export function noAmounts(): Amounts {
  return { milliCpu: 0, memory: 0, ephemeralStorage: 0, scalars: undefined };
}

/** v1helper.IsScalarResourceName: what is counted by name only. */
export function isScalarResource(name: string): boolean {
  return name.includes('/') || name.startsWith('hugepages-') || name.startsWith('attachable-volumes-');
}

/** framework.NewResource without the number of pods. */
export function amountsOf(list: ResourceList | undefined): Amounts {
  const amounts = noAmounts();
  for (const name in list) {
    const quantity = list[name];
    if (name === 'cpu') amounts.milliCpu = milliValue(quantity);
    else if (name === 'memory') amounts.memory = wholeValue(quantity);
    else if (name === 'ephemeral-storage') amounts.ephemeralStorage = wholeValue(quantity);
    else if (isScalarResource(name)) (amounts.scalars ??= new Map()).set(name, wholeValue(quantity));
  }
  return amounts;
}

/** Adds `sign` times `more` to `amounts`, in place. */
export function addAmounts(amounts: Amounts, more: Amounts, sign: 1 | -1): void {
  amounts.milliCpu += sign * more.milliCpu;
  amounts.memory += sign * more.memory;
  amounts.ephemeralStorage += sign * more.ephemeralStorage;
  if (!more.scalars) return;
  amounts.scalars ??= new Map();
  for (const [name, amount] of more.scalars) {
    amounts.scalars.set(name, (amounts.scalars.get(name) ?? 0) + sign * amount);
  }
}

export function cloneAmounts(amounts: Amounts): Amounts {
  return { ...amounts, scalars: amounts.scalars && new Map(amounts.scalars) };
}

/** One resource of `amounts` by its name. */
export function amountOf(amounts: Amounts, name: string): number {
  if (name === 'cpu') return amounts.milliCpu;
  if (name === 'memory') return amounts.memory;
  if (name === 'ephemeral-storage') return amounts.ephemeralStorage;
  return amounts.scalars?.get(name) ?? 0;
}
