import { forbiddenObject, type ApiError } from '../../machinery/api-error.ts';
import type { AdmissionContext, AdmissionPlugin } from '../../machinery/definition.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { resourceAmount } from '../../machinery/quantity.ts';
import { Pod } from '../pod/types.ts';
import { RuntimeClass } from './types.ts';

type Tolerations = NonNullable<Pod['spec']['tolerations']>;
type Quantities = Record<string, string | number>;

/**
 * RuntimeClass: gives a pod the overhead of its class, and what the class says of the nodes it runs on.
 * Source: plugin/pkg/admission/runtimeclass.
 */
export const runtimeClassPlugin: AdmissionPlugin = {
  name: 'RuntimeClass',
  kinds: [Pod],
  mutate(object, old, context) {
    if (old) return undefined;
    const pod = object as Pod;
    const found = findClass(pod, context);
    if (found === undefined) return undefined;
    return 'reason' in found ? found : (setOverhead(pod, found) ?? setScheduling(pod, found));
  },
  validate(object, old, context) {
    if (old) return undefined;
    const pod = object as Pod;
    const found = findClass(pod, context);
    if (found && 'reason' in found) return found;
    if (found?.overhead) return overheadsDiffer(pod, found) ? refuse(pod, MISMATCH) : undefined;
    if (pod.spec.overhead === undefined) return undefined;
    return refuse(pod, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  },
};

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

function findClass(pod: Pod, { view }: AdmissionContext): RuntimeClass | ApiError | undefined {
  const name = pod.spec.runtimeClassName;
  if (name === undefined || name === null) return undefined;
  const found = view.get(RuntimeClass, undefined, name);
  return found ?? refuse(pod, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
}

function setOverhead(pod: Pod, { overhead }: RuntimeClass): ApiError | undefined {
  if (!overhead) return undefined;
  const podFixed = overhead.podFixed ?? {};
  if (pod.spec.overhead !== undefined && !sameQuantities(podFixed, pod.spec.overhead)) return refuse(pod, MISMATCH);
  pod.spec = { ...pod.spec, overhead: { ...podFixed } };
  return undefined;
}

function overheadsDiffer(pod: Pod, { overhead }: RuntimeClass): boolean {
  return !sameQuantities(overhead?.podFixed ?? {}, pod.spec.overhead ?? {});
}

function sameQuantities(left: Quantities, right: Quantities): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => name in right && resourceAmount(name, left[name]) === resourceAmount(name, right[name]))
  );
}

function setScheduling(pod: Pod, { scheduling }: RuntimeClass): ApiError | undefined {
  if (!scheduling) return undefined;
  const own = pod.spec.nodeSelector;
  const wanted = scheduling.nodeSelector ?? {};
  for (const key in wanted) {
    if (own?.[key] !== undefined && own[key] !== wanted[key]) {
      return refuse(
        pod,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${wanted[key]}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
      );
    }
  }
  const nodeSelector = own || scheduling.nodeSelector ? { nodeSelector: { ...own, ...wanted } } : {};
  const tolerations = mergeTolerations(pod.spec.tolerations ?? [], scheduling.tolerations ?? []);
  pod.spec = { ...pod.spec, ...nodeSelector, ...(tolerations.length > 0 ? { tolerations } : {}) };
  return undefined;
}

/** tolerations.MergeTolerations: both lists, without those that another one covers. */
function mergeTolerations(first: Tolerations, second: Tolerations): Tolerations {
  const all = [...first, ...second];
  const merged: Tolerations = [];
  for (const [index, toleration] of all.entries()) {
    const isCovered =
      merged.some((other) => isSuperset(other, toleration)) ||
      all.slice(index + 1).some((other) => !deepEqual(other, toleration) && isSuperset(other, toleration));
    if (!isCovered) merged.push(toleration);
  }
  return merged;
}

/** Whether everything that `narrow` tolerates, `wide` tolerates as well. */
function isSuperset(wide: Tolerations[number], narrow: Tolerations[number]): boolean {
  if (deepEqual(wide, narrow)) return true;
  if (wide.key && wide.key !== narrow.key) return false;
  if (!wide.key && wide.operator !== 'Exists') return false;
  if (wide.effect && wide.effect !== narrow.effect) return false;
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined) {
    const seconds = narrow.tolerationSeconds;
    if (seconds === undefined || seconds > wide.tolerationSeconds) return false;
  }
  return wide.operator === 'Exists' || ((narrow.operator ?? 'Equal') === 'Equal' && wide.value === narrow.value);
}

function refuse(pod: Pod, words: string): ApiError {
  return forbiddenObject('pods', '', pod.metadata.name || pod.metadata.generateName || '', words);
}
