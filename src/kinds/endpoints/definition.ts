import type { KindDefinition } from '../../machinery/definition.ts';
import { endpointsColumns } from './table.ts';
import { Endpoints } from './types.ts';

export const endpoints: KindDefinition<Endpoints> = {
  kind: Endpoints,
  statusSubresource: false,
  hasGeneration: false,
  columns: endpointsColumns,
  health: () => 'HEALTHY',
};
