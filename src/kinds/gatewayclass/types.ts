import { defineKind } from '../../machinery/kind.ts';
import type { Condition } from '../../machinery/conditions.ts';
import type { KubeObject } from '../../machinery/object.ts';

export type GatewayCondition = Condition & { observedGeneration?: number };

export interface GatewayClass extends KubeObject {
  spec: { controllerName: string; description?: string; parametersRef?: Record<string, unknown> };
  status: { conditions?: GatewayCondition[] };
}

export const GatewayClass = defineKind<GatewayClass>({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  plural: 'gatewayclasses',
  shortNames: ['gc'],
  namespaced: false,
});

/** The conditions of an object of this API that no controller has looked at: the defaults of the definitions. */
export function pendingConditions(...types: readonly string[]): GatewayCondition[] {
  return types.map((type) => ({
    type,
    status: 'Unknown',
    reason: 'Pending',
    message: 'Waiting for controller',
    lastTransitionTime: '1970-01-01T00:00:00Z',
  }));
}
