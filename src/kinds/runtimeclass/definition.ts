import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { validate, validateUpdate } from './admission.ts';
import { runtimeClassPlugin } from './pod-runtime-class.ts';
import { RuntimeClass } from './types.ts';

/** Source: pkg/registry/node/runtimeclass. */
export const runtimeClass: KindDefinition<RuntimeClass> = {
  kind: RuntimeClass,
  statusSubresource: false,
  validate,
  validateUpdate,
  plugins: [runtimeClassPlugin],
  columns: [
    { name: 'HANDLER', cell: ({ handler }) => handler },
    { name: 'AGE', cell: ({ metadata }, { now }) => humanDuration(now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health: () => 'HEALTHY',
};
