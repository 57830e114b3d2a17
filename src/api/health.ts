import { builder } from './builder.ts';

export const Health = builder.enumType('Health', {
  description: 'The state of an object in one word, computed on the server.',
  values: ['HEALTHY', 'PROGRESSING', 'DEGRADED', 'SUSPENDED', 'UNKNOWN'] as const,
});
