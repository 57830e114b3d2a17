import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { applyIngressClassDefaults, validateIngressClass, validateIngressClassUpdate } from './admission.ts';
import { ingressClassController } from './reconcile.ts';
import { classesByAddress, IngressClass } from './types.ts';

/** Which controller serves the Ingresses that name the class. */
export const ingressClass: KindDefinition<IngressClass> = {
  kind: IngressClass,
  statusSubresource: false,
  indexes: [classesByAddress],
  controllers: [ingressClassController],
  applyDefaults: applyIngressClassDefaults,
  validate: validateIngressClass,
  validateUpdate: validateIngressClassUpdate,
  columns: [
    { name: 'CONTROLLER', cell: ({ spec }) => spec.controller ?? '' },
    { name: 'PARAMETERS', cell: parametersText },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health: () => 'HEALTHY',
};

/** printIngressClass (pkg/printers/internalversion/printers.go). */
function parametersText({ spec: { parameters } }: IngressClass): string {
  if (!parameters) return '<none>';
  return `${parameters.kind}${parameters.apiGroup ? `.${parameters.apiGroup}` : ''}/${parameters.name}`;
}
