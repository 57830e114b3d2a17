import { applyEndpointsDefaults, validateEndpoints } from './admission.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { endpointSliceMirroring } from './mirroring.ts';
import { endpointsController } from './reconcile.ts';
import { endpointsColumns } from './table.ts';
import { Endpoints } from './types.ts';

export const endpoints: KindDefinition<Endpoints> = {
  kind: Endpoints,
  statusSubresource: false,
  hasGeneration: false,
  controllers: [endpointsController, endpointSliceMirroring],
  columns: endpointsColumns,
  applyDefaults: applyEndpointsDefaults,
  validate: validateEndpoints,
  health: () => 'HEALTHY',
};
