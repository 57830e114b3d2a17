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
  // Every request for this kind is answered with it since v1.33.
  warnings: () => ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
  health: () => 'HEALTHY',
};
