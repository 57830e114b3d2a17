import type { KindDefinition } from '../../machinery/definition.ts';
import { rememberForPods } from '../pod/volume-sync.ts';
import { checkBinaryData, validateConfigMap, validateConfigMapUpdate } from './admission.ts';
import { configMapColumns } from './table.ts';
import { ConfigMap } from './types.ts';

export const configMap: KindDefinition<ConfigMap> = {
  kind: ConfigMap,
  statusSubresource: false,
  hasGeneration: false,
  columns: configMapColumns,
  prepareCreate: checkBinaryData,
  prepareUpdate(map, old, context) {
    rememberForPods('ConfigMap', map, old, context);
    return checkBinaryData(map);
  },
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  health: () => 'HEALTHY',
};
