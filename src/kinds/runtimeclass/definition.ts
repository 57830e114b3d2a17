import type { KindDefinition } from '../../machinery/definition.ts';
import { canonicalResources } from '../../machinery/quantity-text.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { validate, validateUpdate } from './admission.ts';
import { runtimeClassPlugin } from './pod-runtime-class.ts';
import { RuntimeClass } from './types.ts';

/** Source: pkg/registry/node/runtimeclass. */
export const runtimeClass: KindDefinition<RuntimeClass> = {
  kind: RuntimeClass,
  statusSubresource: false,
  applyDefaults(object) {
    const podFixed = canonicalResources(object.overhead?.podFixed);
    if (podFixed && podFixed !== object.overhead?.podFixed) object.overhead = { ...object.overhead, podFixed };
  },
  validate,
  validateUpdate,
  plugins: [runtimeClassPlugin],
  columns: [
    { name: 'HANDLER', cell: ({ handler }) => handler },
    { name: 'AGE', cell: ({ metadata }, { now }) => humanDuration(now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health: () => 'HEALTHY',
};
