import type { KindDefinition } from '../../machinery/definition.ts';
import { endpointSliceController } from './reconcile.ts';
import { endpointSliceColumns } from './table.ts';
import { EndpointSlice, slicesByService, slicesByTarget } from './types.ts';
import { validateSlice, validateSliceUpdate } from './validation.ts';

export const endpointSlice: KindDefinition<EndpointSlice> = {
  kind: EndpointSlice,
  indexes: [slicesByService, slicesByTarget],
  statusSubresource: false,
  controllers: [endpointSliceController],
  columns: endpointSliceColumns,
  applyDefaults(slice) {
    slice.endpoints ??= [];
    slice.ports = (slice.ports ?? []).some(({ protocol, name }) => !protocol || name === undefined)
      ? slice.ports.map((port) => ({ ...port, name: port.name ?? '', protocol: port.protocol || 'TCP' }))
      : (slice.ports ?? []);
  },
  prepareCreate(slice) {
    slice.metadata.generation = 1;
    return undefined;
  },
  validate: validateSlice,
  validateUpdate: validateSliceUpdate,
  health: () => 'HEALTHY',
};
