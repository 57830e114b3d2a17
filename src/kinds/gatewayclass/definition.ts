import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { withCondition } from '../../machinery/conditions.ts';
import { watchSelf, type Controller } from '../../machinery/controller.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { ownSchema } from '../../machinery/schema/own-schema.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { isServedGatewayClass } from './queries.ts';
import { GatewayClass, pendingConditions } from './types.ts';

const schema = ownSchema('v1', 'GatewayClass', {
  GatewayClass: { spec: 'GatewayClassSpec', status: 'any' },
  GatewayClassSpec: { controllerName: 'string', description: 'string', parametersRef: 'ParametersReference' },
  ParametersReference: { group: 'string', kind: 'string', name: 'string', namespace: 'string' },
});

/** GatewayController of the API's types: a domain and a path. */
const CONTROLLER_NAME =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

function validate({ spec }: GatewayClass): FieldProblem[] {
  const name = spec?.controllerName;
  if (!name) return [required('spec.controllerName')];
  if (CONTROLLER_NAME.test(name)) return [];
  return [invalid('spec.controllerName', name, 'spec.controllerName in body should be a domain-prefixed path')];
}

function validateUpdate({ spec }: GatewayClass, { spec: old }: GatewayClass): FieldProblem[] {
  if (spec.controllerName === old.controllerName) return [];
  return [invalid('spec.controllerName', spec.controllerName, 'Value is immutable')];
}

/** Accepts the classes of controllers that are simulated. */
const gatewayClassController: Controller = {
  name: 'gatewayclass-controller',
  watches: [watchSelf(GatewayClass)],
  reconcile(key, api) {
    const gatewayClass = api.getByKey(GatewayClass, key);
    if (!gatewayClass || !isServedGatewayClass(gatewayClass)) return;
    const { status, metadata } = gatewayClass;
    const accepted = {
      type: 'Accepted',
      status: 'True' as const,
      reason: 'Accepted',
      message: 'Valid GatewayClass',
      observedGeneration: metadata.generation ?? 1,
    };
    const conditions = withCondition(status.conditions, accepted, api.now);
    api.updateStatus({ ...gatewayClass, status: { ...status, conditions } });
  },
};

export const gatewayClass: KindDefinition<GatewayClass> = {
  kind: GatewayClass,
  schema,
  controllers: [gatewayClassController],
  prepareCreate(object) {
    object.status = { conditions: pendingConditions('Accepted') };
    return undefined;
  },
  validate,
  validateUpdate,
  columns: [
    { name: 'CONTROLLER', cell: ({ spec }) => spec.controllerName },
    {
      name: 'ACCEPTED',
      cell: ({ status }) => status.conditions?.find(({ type }) => type === 'Accepted')?.status ?? '',
    },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
    { name: 'DESCRIPTION', wide: true, cell: ({ spec }) => spec.description ?? '' },
  ],
  health: (object) => (isServedGatewayClass(object) ? 'HEALTHY' : 'UNKNOWN'),
};
