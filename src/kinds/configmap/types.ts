import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';

export interface ConfigMap extends KubeObject {
  data?: StringMap;
  /** Values in base64. */
  binaryData?: StringMap;
  immutable?: boolean;
}

export const ConfigMap = defineKind<ConfigMap>({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
});
