import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { capacitiesByClass, CsiStorageCapacity } from './types.ts';

/** Source of the rules: pkg/apis/storage/validation/validation.go (ValidateCSIStorageCapacity). */
function validateCapacity(object: CsiStorageCapacity): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!object.storageClassName) problems.push(required('storageClassName'));
  for (const field of ['capacity', 'maximumVolumeSize'] as const) {
    const amount = object[field];
    if (amount !== undefined && (parseQuantity(amount) ?? -1) < 0) {
      problems.push(invalid(field, String(amount), 'must be greater than or equal to 0'));
    }
  }
  return problems;
}

const IMMUTABLE = ['nodeTopology', 'storageClassName'] as const;

function validateCapacityUpdate(object: CsiStorageCapacity, old: CsiStorageCapacity): FieldProblem[] {
  return IMMUTABLE.filter((field) => !deepEqual(object[field], old[field])).map((field) =>
    invalid(field, object[field], 'field is immutable'),
  );
}

export const csiStorageCapacity: KindDefinition<CsiStorageCapacity> = {
  kind: CsiStorageCapacity,
  statusSubresource: false,
  hasGeneration: false,
  indexes: [capacitiesByClass],
  validate: validateCapacity,
  validateUpdate: validateCapacityUpdate,
  columns: [
    { name: 'STORAGECLASSNAME', cell: ({ storageClassName }) => storageClassName },
    { name: 'CAPACITY', cell: ({ capacity }) => (capacity === undefined ? '' : String(capacity)) },
  ],
};
