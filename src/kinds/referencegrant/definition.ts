import { required, type FieldProblem } from '../../machinery/api-error.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { ownSchema } from '../../machinery/schema/own-schema.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { ReferenceGrant } from './types.ts';

const schema = ownSchema('v1beta1', 'ReferenceGrant', {
  ReferenceGrant: { spec: 'ReferenceGrantSpec' },
  ReferenceGrantSpec: { from: '[]ReferenceGrantFrom', to: '[]ReferenceGrantTo' },
  ReferenceGrantFrom: { group: 'string', kind: 'string', namespace: 'string' },
  ReferenceGrantTo: { group: 'string', kind: 'string', name: 'string' },
});

function validate({ spec }: ReferenceGrant): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!spec?.from?.length) problems.push(required('spec.from'));
  if (!spec?.to?.length) problems.push(required('spec.to'));
  return problems;
}

export const referenceGrant: KindDefinition<ReferenceGrant> = {
  kind: ReferenceGrant,
  schema,
  statusSubresource: false,
  validate,
  columns: [
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health: () => 'HEALTHY',
};
