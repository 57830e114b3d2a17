import { forbiddenObject, type ApiError } from '../../machinery/api-error.ts';
import type { AdmissionPlugin } from '../../machinery/definition.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { Pod } from '../pod/types.ts';
import { defaultPriorityClass } from './queries.ts';
import { PriorityClass } from './types.ts';

/**
 * Priority: fills in a pod's priority and preemption policy from its PriorityClass, or from the default one, and refuses
 * two default classes. Source: plugin/pkg/admission/priority.
 */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  kinds: [Pod, PriorityClass],
  mutate(object, old, { view }) {
    if (object.kind !== 'Pod') return undefined;
    const pod = object as Pod;
    if (old) {
      keepPriority(pod, old as Pod);
      return undefined;
    }
    const name = pod.spec.priorityClassName;
    const found = name ? view.get(PriorityClass, undefined, name) : defaultPriorityClass(view);
    if (name && !found) return refuse(pod, `no PriorityClass with name ${name} was found`);
    return setPriority(pod, found);
  },
  validate(object, old, { view }) {
    if (object.kind !== 'PriorityClass' || !(object as PriorityClass).globalDefault) return undefined;
    const known = defaultPriorityClass(view);
    if (!known || (old && known.metadata.name === object.metadata.name)) return undefined;
    const words = `PriorityClass ${known.metadata.name} is already marked as default. Only one default can exist`;
    return forbiddenObject('priorityclasses', 'scheduling.k8s.io', object.metadata.name, words);
  },
};

function setPriority(pod: Pod, found: PriorityClass | undefined): ApiError | undefined {
  const { spec } = pod;
  const value = found?.value ?? 0;
  const policy = found ? found.preemptionPolicy : 'PreemptLowerPriority';
  if (spec.priority !== undefined && spec.priority !== value) {
    return refuse(
      pod,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  if (policy && spec.preemptionPolicy && spec.preemptionPolicy !== policy) {
    return refuse(
      pod,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  pod.spec = {
    ...spec,
    priority: value,
    ...(found && !spec.priorityClassName ? { priorityClassName: found.metadata.name } : {}),
    ...(policy ? { preemptionPolicy: policy } : {}),
  };
  return undefined;
}

/** An update that leaves them out does not lose them. */
function keepPriority(pod: Pod, { spec: old }: Pod): void {
  if (pod.spec.priority === undefined && old.priority !== undefined) {
    pod.spec = { ...pod.spec, priority: old.priority };
  }
  if (pod.spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined) {
    pod.spec = { ...pod.spec, preemptionPolicy: old.preemptionPolicy };
  }
}

function refuse(pod: KubeObject, words: string): ApiError {
  return forbiddenObject('pods', '', pod.metadata.name || pod.metadata.generateName || '', words);
}
