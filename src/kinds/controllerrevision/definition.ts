import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { validateImmutable } from '../../machinery/field-validation.ts';
import { controllerRef } from '../../machinery/object.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { ControllerRevision, orphanRevisions } from './types.ts';

/** Source: pkg/apis/apps/validation/validation.go (ValidateControllerRevision…). */
function validate({ data, revision }: ControllerRevision): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (data === undefined || data === null) problems.push(required('data', 'data is mandatory'));
  if (revision < 0) problems.push(invalid('revision', revision, 'must be greater than or equal to 0'));
  return problems;
}

/** The templates that a StatefulSet or DaemonSet had. */
export const controllerRevision: KindDefinition<ControllerRevision> = {
  kind: ControllerRevision,
  indexes: [orphanRevisions],
  statusSubresource: false,
  hasGeneration: false,
  validate,
  validateUpdate: (object, old) => validateImmutable(object.data, old.data, 'data'),
  columns: [
    {
      name: 'CONTROLLER',
      cell(object) {
        const owner = controllerRef(object);
        const group = owner?.apiVersion.split('/').at(-2);
        return owner ? `${owner.kind.toLowerCase()}${group ? `.${group}` : ''}/${owner.name}` : '<none>';
      },
    },
    { name: 'REVISION', cell: (object) => String(object.revision) },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health: () => 'HEALTHY',
};
