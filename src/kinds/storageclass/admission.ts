import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { qualifiedNameProblems } from '../../machinery/metadata-validation.ts';
import type { StorageClass } from './types.ts';

/** Defaults and rules of classes. Sources: pkg/apis/storage/v1/defaults.go, pkg/apis/storage/validation/validation.go. */

export function applyStorageClassDefaults(storageClass: StorageClass): void {
  storageClass.reclaimPolicy ??= 'Delete';
  storageClass.volumeBindingMode ??= 'Immediate';
}

export function validateStorageClass(storageClass: StorageClass): FieldProblem[] {
  const { provisioner, reclaimPolicy, volumeBindingMode, allowedTopologies } = storageClass;
  const problems: FieldProblem[] = [];
  if (!provisioner) problems.push(required('provisioner'));
  else {
    for (const text of qualifiedNameProblems(provisioner.toLowerCase())) {
      problems.push(invalid('provisioner', provisioner, text));
    }
  }
  if (reclaimPolicy !== 'Delete' && reclaimPolicy !== 'Retain') {
    problems.push(notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']));
  }
  if (volumeBindingMode !== 'Immediate' && volumeBindingMode !== 'WaitForFirstConsumer') {
    problems.push(notSupported('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
  }
  return problems.concat(validateTopologies(allowedTopologies));
}

const FIXED = ['parameters', 'provisioner', 'reclaimPolicy'] as const;

export function validateStorageClassUpdate(storageClass: StorageClass, old: StorageClass): FieldProblem[] {
  const problems = FIXED.filter((field) => !deepEqual(storageClass[field], old[field])).map((field) =>
    forbidden(field, `updates to ${field} are forbidden.`),
  );
  if (storageClass.volumeBindingMode !== old.volumeBindingMode) {
    problems.push(invalid('volumeBindingMode', storageClass.volumeBindingMode, 'field is immutable'));
  }
  return problems;
}

function validateTopologies(topologies: StorageClass['allowedTopologies']): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, { matchLabelExpressions }] of (topologies ?? []).entries()) {
    const keys = new Set<string>();
    for (const [position, { key, values }] of (matchLabelExpressions ?? []).entries()) {
      const at = `allowedTopologies[${index}].matchLabelExpressions[${position}]`;
      if (!values?.length) problems.push(required(`${at}.values`));
      for (const [place, value] of (values ?? []).entries()) {
        if (values.indexOf(value) < place) problems.push(duplicate(`${at}.values[${place}]`, value));
      }
      for (const text of qualifiedNameProblems(key ?? '')) problems.push(invalid(`${at}.key`, key ?? '', text));
      if (keys.has(key)) problems.push(duplicate(`${at}.key`, key));
      keys.add(key);
    }
  }
  return problems;
}
