import { ownSchema } from '../../machinery/schema/own-schema.ts';

/** The fields of a Fault; see types.ts for what they mean. */
export const faultSchema = ownSchema('v1alpha1', 'Fault', {
  Fault: { spec: 'FaultSpec', status: 'FaultStatus' },
  FaultSpec: {
    target: 'FaultTarget',
    probe: 'ProbeFault',
    containerExit: 'ContainerExitFault',
    imagePull: 'ImagePullFault',
    nodeDown: 'NodeDownFault',
    partition: 'PartitionFault',
    latency: 'LatencyFault',
    pressure: 'PressureFault',
    storage: 'StorageFault',
    startTime: 'time',
    endTime: 'time',
  },
  FaultTarget: {
    namespace: 'string',
    name: 'string',
    labelSelector: 'meta/v1.LabelSelector',
    container: 'string',
    node: 'string',
    image: 'string',
  },
  ProbeFault: { type: 'string', succeed: 'bool', message: 'string' },
  ContainerExitFault: { exitCode: 'int32', oom: 'bool', repeat: 'bool', afterSeconds: 'double' },
  ImagePullFault: { image: 'string', message: 'string' },
  NodeDownFault: { node: 'string' },
  PartitionFault: { a: '[]string', b: '[]string' },
  LatencyFault: { component: 'string', delay: 'string' },
  PressureFault: { node: 'string', resource: 'string', available: 'quantity' },
  StorageFault: { driver: 'string', operation: 'string', message: 'string', delay: 'string' },
  FaultStatus: { active: 'bool', startedAt: 'time' },
});
