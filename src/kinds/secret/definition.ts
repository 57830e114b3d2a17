import type { KindDefinition } from '../../machinery/definition.ts';
import { rememberForPods } from '../pod/volume-sync.ts';
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
  prepareUpdate(secret, old, context) {
    rememberForPods('Secret', secret, old, context);
    return checkData(secret);
  },
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  health: () => 'HEALTHY',
};
