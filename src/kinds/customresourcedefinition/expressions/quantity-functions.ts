import type { Environment } from '@marcbachmann/cel-js';
import { parseQuantity, QUANTITY_ERROR } from '../../../machinery/quantity.ts';
import { ExpressionError } from './expression-error.ts';

/** A Kubernetes quantity inside an expression. */
class Quantity {
  readonly amount: number;

  constructor(amount: number) {
    this.amount = amount;
  }

  valueOf(): number {
    return this.amount;
  }
}

/** Source: k8s.io/apiserver/pkg/cel/library/quantity.go. Amounts are doubles: exact up to 2^53 units. */
export function addQuantityFunctions(environment: Environment): void {
  environment
    .registerType('kubernetes.Quantity', { ctor: Quantity, fields: {} })
    .registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined)
    .registerFunction('quantity(string): kubernetes.Quantity', (text: string) => new Quantity(amountOf(text)));
  const method = (signature: string, handler: (left: Quantity, right: Quantity) => unknown) =>
    environment.registerFunction(`kubernetes.Quantity.${signature}`, handler);
  method('sign(): int', ({ amount }) => BigInt(Math.sign(amount)));
  method('isInteger(): bool', ({ amount }) => Number.isSafeInteger(amount));
  method('asInteger(): int', ({ amount }) => wholeNumber(amount));
  method('asApproximateFloat(): double', ({ amount }) => amount);
  method('isGreaterThan(kubernetes.Quantity): bool', (left, right) => left.amount > right.amount);
  method('isLessThan(kubernetes.Quantity): bool', (left, right) => left.amount < right.amount);
  method('compareTo(kubernetes.Quantity): int', (left, right) => BigInt(Math.sign(left.amount - right.amount)));
  method('add(kubernetes.Quantity): kubernetes.Quantity', (left, right) => new Quantity(left.amount + right.amount));
  method('sub(kubernetes.Quantity): kubernetes.Quantity', (left, right) => new Quantity(left.amount - right.amount));
  environment
    .registerFunction(
      'kubernetes.Quantity.add(int): kubernetes.Quantity',
      (left: Quantity, right: bigint) => new Quantity(left.amount + Number(right)),
    )
    .registerFunction(
      'kubernetes.Quantity.sub(int): kubernetes.Quantity',
      (left: Quantity, right: bigint) => new Quantity(left.amount - Number(right)),
    )
    .registerOperator(
      'kubernetes.Quantity == kubernetes.Quantity',
      (left: Quantity, right: Quantity) => left.amount === right.amount,
    );
}

function amountOf(text: string): number {
  const amount = parseQuantity(text);
  if (amount === undefined) throw new ExpressionError(QUANTITY_ERROR);
  return amount;
}

function wholeNumber(amount: number): bigint {
  if (!Number.isSafeInteger(amount)) throw new ExpressionError('cannot convert value to integer');
  return BigInt(amount);
}
