import { duplicate, invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { CsiNode } from './types.ts';

/** Source of the rules: pkg/apis/storage/validation/validation.go (ValidateCSINode, ValidateCSINodeUpdate). */
function validateCsiNode({ spec }: CsiNode): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  for (const [index, { name, nodeID, allocatable }] of (spec?.drivers ?? []).entries()) {
    const at = `spec.drivers[${index}]`;
    if (!name) problems.push(required(`${at}.name`));
    if (!nodeID) problems.push(required(`${at}.nodeID`));
    const count = allocatable?.count;
    if (count !== undefined && count < 0) {
      problems.push(invalid(`${at}.allocatable.count`, count, 'must be greater than or equal to 0'));
    }
    if (names.has(name)) problems.push(duplicate(`${at}.name`, name));
    names.add(name);
  }
  return problems;
}

/** A driver may come and go; while it is there, only its count may change (MutableCSINodeAllocatableCount). */
function validateCsiNodeUpdate(node: CsiNode, old: CsiNode): FieldProblem[] {
  const changed = (node.spec?.drivers ?? []).some((driver) => {
    const before = old.spec?.drivers?.find(({ name }) => name === driver.name);
    return before && !deepEqual({ ...driver, allocatable: undefined }, { ...before, allocatable: undefined });
  });
  return changed ? [invalid('CSINode.spec.drivers', node.spec.drivers, 'field is immutable')] : [];
}

export const csiNode: KindDefinition<CsiNode> = {
  kind: CsiNode,
  statusSubresource: false,
  hasGeneration: false,
  validate: validateCsiNode,
  validateUpdate: validateCsiNodeUpdate,
  columns: [
    { name: 'DRIVERS', cell: ({ spec }) => String(spec?.drivers?.length ?? 0) },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
};
