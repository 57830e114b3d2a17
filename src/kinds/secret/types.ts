import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';
import type { RemembersData } from '../../machinery/past-data.ts';

export interface Secret extends KubeObject {
  type: string;
  /** Values in base64. */
  data?: StringMap;
  /** Write-only: what is given here goes into `data`. */
  stringData?: StringMap;
  immutable?: boolean;
  runtime?: RemembersData['runtime'];
}

export const Secret = defineKind<Secret>({
  apiVersion: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
});
