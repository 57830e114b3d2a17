import type { IToleration } from 'kubernetes-models/v1/Toleration';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';

/** node.k8s.io/v1 RuntimeClass. */
export interface RuntimeClass extends KubeObject {
  handler: string;
  /** What the runtime itself takes for each pod. */
  overhead?: { podFixed?: Record<string, string | number> };
  /** Where pods of this class can run. */
  scheduling?: { nodeSelector?: StringMap; tolerations?: IToleration[] };
}

export const RuntimeClass = defineKind<RuntimeClass>({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
});
