import { watch, type Controller } from '../../machinery/controller.ts';
import { PriorityClass, SYSTEM_PRIORITY_CLASSES } from './types.ts';

const NAMES = SYSTEM_PRIORITY_CLASSES.map(({ name }) => name);

/** Makes the classes every cluster has. Source: pkg/registry/scheduling/rest/storage_scheduling.go. */
export const systemPriorityClasses: Controller = {
  name: 'bootstrap-system-priority-classes',
  watches: [
    watch(PriorityClass, ({ old, new: current }) =>
      old && !current && NAMES.includes(old.metadata.name) ? old.metadata.name : undefined,
    ),
  ],
  initialKeys: () => NAMES,
  reconcile(name, api) {
    const known = SYSTEM_PRIORITY_CLASSES.find((candidate) => candidate.name === name);
    if (!known || api.get(PriorityClass, undefined, name)) return;
    const { value, description } = known;
    api.create<PriorityClass>({
      apiVersion: PriorityClass.apiVersion,
      kind: PriorityClass.kind,
      metadata: { name },
      value,
      description,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  },
};
