import type { Environment } from '@marcbachmann/cel-js';
import { deepEqual } from '../../../machinery/equality.ts';
import { ExpressionError } from './expression-error.ts';

type Ordered = bigint | number | string | boolean | Date;

/** `sets`, as an expression names it: lists compared without order and repetition. */
class Sets {
  contains(all: readonly unknown[], some: readonly unknown[]): boolean {
    return some.every((wanted) => all.some((item) => isEqual(item, wanted)));
  }

  equivalent(left: readonly unknown[], right: readonly unknown[]): boolean {
    return this.contains(left, right) && this.contains(right, left);
  }

  intersects(left: readonly unknown[], right: readonly unknown[]): boolean {
    return left.some((item) => this.contains(right, [item]));
  }
}

/**
 * isSorted, sum, min, max, indexOf, lastIndexOf, and sets.contains, equivalent, intersects.
 * Source: k8s.io/apiserver/pkg/cel/library/lists.go, cel-go/ext/sets.go.
 */
export function addListFunctions(environment: Environment): void {
  for (const element of ['int', 'double', 'string', 'bool', 'google.protobuf.Timestamp', 'google.protobuf.Duration']) {
    const list = `list<${element}>`;
    environment
      .registerFunction(`${list}.isSorted(): bool`, (items: Ordered[]) => isSorted(items))
      .registerFunction(`${list}.min(): ${element}`, (items: Ordered[]) => extreme(items, 'min'))
      .registerFunction(`${list}.max(): ${element}`, (items: Ordered[]) => extreme(items, 'max'));
  }
  environment
    .registerFunction('list<int>.sum(): int', (items: bigint[]) => items.reduce((sum, item) => sum + item, 0n))
    .registerFunction('list<double>.sum(): double', (items: number[]) => items.reduce((sum, item) => sum + item, 0))
    .registerFunction('list.indexOf(dyn): int', (items: unknown[], wanted: unknown) =>
      BigInt(items.findIndex((item) => isEqual(item, wanted))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (items: unknown[], wanted: unknown) =>
      BigInt(items.findLastIndex((item) => isEqual(item, wanted))),
    )
    .registerType('Sets', Sets)
    .registerConstant('sets', 'Sets', new Sets());
  for (const question of ['contains', 'equivalent', 'intersects'] as const) {
    environment.registerFunction(
      `Sets.${question}(list, list): bool`,
      (sets: Sets, left: readonly unknown[], right: readonly unknown[]) => sets[question](left, right),
    );
  }
}

function isSorted(items: readonly Ordered[]): boolean {
  return items.every((item, index) => index === 0 || compare(items[index - 1] as Ordered, item) <= 0);
}

function compare(left: Ordered, right: Ordered): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function extreme(items: readonly Ordered[], which: 'min' | 'max'): Ordered {
  const [first, ...others] = items;
  if (first === undefined) throw new ExpressionError(`${which} called on empty list`);
  const sign = which === 'min' ? -1 : 1;
  return others.reduce((best, item) => (compare(item, best) === sign ? item : best), first);
}

function isEqual(left: unknown, right: unknown): boolean {
  return left === right || deepEqual(left, right);
}
