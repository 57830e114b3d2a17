import type { KindDefinition } from '../../machinery/definition.ts';
import { checkBinaryData, validateConfigMap, validateConfigMapUpdate } from './admission.ts';
import { configMapColumns } from './table.ts';
import { ConfigMap } from './types.ts';

export const configMap: KindDefinition<ConfigMap> = {
  kind: ConfigMap,
  statusSubresource: false,
  hasGeneration: false,
  columns: configMapColumns,
  prepareCreate: checkBinaryData,
  prepareUpdate: checkBinaryData,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  health: () => 'HEALTHY',
};
