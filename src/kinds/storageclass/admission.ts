import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import type { StorageClass } from './types.ts';

/** Defaults and rules of classes. Sources: pkg/apis/storage/v1/defaults.go, pkg/apis/storage/validation/validation.go. */

export function applyStorageClassDefaults(storageClass: StorageClass): void {
  storageClass.reclaimPolicy ??= 'Delete';
  storageClass.volumeBindingMode ??= 'Immediate';
}

export function validateStorageClass({ provisioner, reclaimPolicy, volumeBindingMode }: StorageClass): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!provisioner) problems.push(required('provisioner'));
  if (reclaimPolicy !== 'Delete' && reclaimPolicy !== 'Retain') {
    problems.push(notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']));
  }
  if (volumeBindingMode !== 'Immediate' && volumeBindingMode !== 'WaitForFirstConsumer') {
    problems.push(notSupported('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
  }
  return problems;
}

const IMMUTABLE = ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'] as const;

export function validateStorageClassUpdate(storageClass: StorageClass, old: StorageClass): FieldProblem[] {
  return IMMUTABLE.filter((field) => !deepEqual(storageClass[field], old[field])).map((field) =>
    invalid(field, storageClass[field], 'field is immutable'),
  );
}
