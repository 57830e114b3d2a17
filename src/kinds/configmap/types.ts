import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';
import type { RemembersData } from '../../machinery/past-data.ts';

export interface ConfigMap extends KubeObject {
  data?: StringMap;
  /** Values in base64. */
  binaryData?: StringMap;
  immutable?: boolean;
  runtime?: RemembersData['runtime'];
}

export const ConfigMap = defineKind<ConfigMap>({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
});
