import { ownSchema } from '../../machinery/schema/own-schema.ts';

/** The fields of a TrafficSource; see types.ts for what they mean. */
export const trafficSourceSchema = ownSchema('v1alpha1', 'TrafficSource', {
  TrafficSource: { spec: 'TrafficSourceSpec' },
  TrafficSourceSpec: {
    service: 'string',
    requestsPerSecond: 'double',
    from: 'string',
    until: 'string',
    port: 'intOrString',
    clientIP: 'string',
    clients: 'int32',
    zone: 'string',
    node: 'string',
    external: 'bool',
  },
});
