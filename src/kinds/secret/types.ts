import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';

export interface Secret extends KubeObject {
  type: string;
  /** Values in base64. */
  data?: StringMap;
  /** Write-only: what is given here goes into `data`. */
  stringData?: StringMap;
  immutable?: boolean;
}

export const Secret = defineKind<Secret>({
  apiVersion: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
});
