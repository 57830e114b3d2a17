import { forbiddenObject } from '../../machinery/api-error.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { applyDefaults, validate, validateUpdate } from './admission.ts';
import { systemPriorityClasses } from './bootstrap.ts';
import { priority } from './pod-priority.ts';
import { PriorityClass, SYSTEM_PRIORITY_CLASSES } from './types.ts';

/** Source: pkg/registry/scheduling/priorityclass. */
export const priorityClass: KindDefinition<PriorityClass> = {
  kind: PriorityClass,
  statusSubresource: false,
  hasGeneration: false,
  applyDefaults,
  prepareCreate({ metadata }) {
    // It is 1 and stays so.
    metadata.generation = 1;
    return undefined;
  },
  validate,
  validateUpdate,
  checkDelete({ metadata: { name } }) {
    if (!SYSTEM_PRIORITY_CLASSES.some((known) => known.name === name)) return undefined;
    const words = 'this is a system priority class and cannot be deleted';
    return forbiddenObject('priorityclasses', 'scheduling.k8s.io', name, words);
  },
  plugins: [priority],
  controllers: [systemPriorityClasses],
  columns: [
    { name: 'VALUE', cell: ({ value }) => String(value) },
    { name: 'GLOBAL-DEFAULT', cell: ({ globalDefault }) => String(globalDefault ?? false) },
    { name: 'AGE', cell: ({ metadata }, { now }) => humanDuration(now - fromTimestamp(metadata.creationTimestamp)) },
    { name: 'PREEMPTIONPOLICY', cell: ({ preemptionPolicy }) => preemptionPolicy ?? '' },
  ],
  health: () => 'HEALTHY',
};
