import type { KindDefinition } from '../../machinery/definition.ts';
import { applySecretDefaults, checkData, validateSecret, validateSecretUpdate } from './admission.ts';
import { secretColumns } from './table.ts';
import { Secret } from './types.ts';

export const secret: KindDefinition<Secret> = {
  kind: Secret,
  statusSubresource: false,
  hasGeneration: false,
  columns: secretColumns,
  applyDefaults: applySecretDefaults,
  prepareCreate: checkData,
  prepareUpdate: checkData,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  health: () => 'HEALTHY',
};
