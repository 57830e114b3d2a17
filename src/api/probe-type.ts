import { builder } from './builder.ts';

export const ProbeTypeEnum = builder.enumType('ProbeType', { values: ['STARTUP', 'READINESS', 'LIVENESS'] as const });
