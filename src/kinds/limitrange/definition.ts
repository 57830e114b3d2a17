import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, toTimestamp } from '../../machinery/time.ts';
import { applyLimitRangeDefaults, limitRanger, validateLimitRange } from './admission.ts';
import { LimitRange } from './types.ts';

export const limitRange: KindDefinition<LimitRange> = {
  kind: LimitRange,
  statusSubresource: false,
  hasGeneration: false,
  plugins: [limitRanger],
  columns: [{ name: 'CREATED AT', cell: ({ metadata }) => toTimestamp(fromTimestamp(metadata.creationTimestamp)) }],
  applyDefaults: applyLimitRangeDefaults,
  validate: validateLimitRange,
  health: () => 'HEALTHY',
};
