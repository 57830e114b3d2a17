import type { HealthWord, KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { pendingConditions } from '../gatewayclass/types.ts';
import { applyGatewayDefaults, gatewaySchema, validateGateway } from './admission.ts';
import { gatewayController } from './reconcile.ts';
import { Gateway, gatewaysByAddress, gatewaysByClass } from './types.ts';

export const gateway: KindDefinition<Gateway> = {
  kind: Gateway,
  schema: gatewaySchema,
  indexes: [gatewaysByClass, gatewaysByAddress],
  controllers: [gatewayController],
  applyDefaults: applyGatewayDefaults,
  prepareCreate(object) {
    object.status = { conditions: pendingConditions('Accepted', 'Programmed') };
    return undefined;
  },
  validate: validateGateway,
  columns: [
    { name: 'CLASS', cell: ({ spec }) => spec.gatewayClassName },
    { name: 'ADDRESS', cell: ({ status }) => (status.addresses ?? []).map(({ value }) => value).join(',') },
    { name: 'PROGRAMMED', cell: (object) => conditionStatus(object, 'Programmed') },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health,
};

function conditionStatus({ status }: Gateway, type: string): string {
  return status.conditions?.find((condition) => condition.type === type)?.status ?? '';
}

/** Nobody looked at it yet: nothing can be said. */
function health(object: Gateway): HealthWord {
  if (conditionStatus(object, 'Accepted') === 'Unknown') return 'UNKNOWN';
  return conditionStatus(object, 'Programmed') === 'True' ? 'HEALTHY' : 'PROGRESSING';
}
