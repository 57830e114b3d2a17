import type { KindDefinition } from '../../machinery/definition.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { allocateCreate, allocateUpdate } from './allocation.ts';
import { applyServiceDefaults } from './defaults.ts';
import { kubernetesService } from './kubernetes-service.ts';
import { loadBalancerController } from './load-balancer.ts';
import { serviceColumns } from './table.ts';
import { alignClusterIps, dropTypeDependentFields, keepAllocatedValues } from './type-change.ts';
import {
  Service,
  servicesByClusterIp,
  servicesByLoadBalancerIp,
  servicesByNodePort,
  servicesBySelector,
  servicesByTopologyMode,
} from './types.ts';
import { validateService, validateServiceUpdate } from './validation.ts';
import { warnOfService } from './warnings.ts';

export const service: KindDefinition<Service> = {
  kind: Service,
  indexes: [
    servicesByClusterIp,
    servicesByNodePort,
    servicesBySelector,
    servicesByLoadBalancerIp,
    servicesByTopologyMode,
  ],
  hasGeneration: false,
  controllers: [kubernetesService, loadBalancerController],
  columns: serviceColumns,
  applyDefaults(object) {
    object.spec = { ...object.spec };
    applyServiceDefaults(object);
  },
  prepareCreate(object, context) {
    object.status = { loadBalancer: {} };
    alignClusterIps(object, undefined);
    return allocateCreate(object, context);
  },
  prepareUpdate(object, old, context) {
    keepAllocatedValues(object, old);
    alignClusterIps(object, old);
    const refusal = allocateUpdate(object, old, context);
    if (refusal) return refusal;
    dropTypeDependentFields(object, old);
    if (deepEqual(object.spec, old.spec)) object.spec = old.spec;
    return undefined;
  },
  validate: validateService,
  warnings: warnOfService,
  validateUpdate: validateServiceUpdate,
  health({ spec, status }) {
    const waits = spec.type === 'LoadBalancer' && !status.loadBalancer.ingress?.length && !spec.loadBalancerClass;
    return waits ? 'PROGRESSING' : 'HEALTHY';
  },
};
