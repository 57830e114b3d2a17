import { forbidden, invalidObject, type ApiError, type FieldProblem } from '../../machinery/api-error.ts';
import { toTimestamp } from '../../machinery/time.ts';
import type { AdmissionContext } from '../../machinery/definition.ts';
import { qualityOfService } from './quality-of-service.ts';
import type { Pod, PodSpec } from './types.ts';
import { validatePodOnly, validatePodSpec } from './validate-spec.ts';

/** The strategy of pods. Source: pkg/registry/core/pod/strategy.go. */

export function preparePod(pod: Pod, { view }: AdmissionContext): ApiError | undefined {
  const refused = refuseOnCreate(pod);
  if (refused) return refused;
  pod.status = { phase: 'Pending', qosClass: qualityOfService(pod.spec) };
  delete pod.runtime;
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    pod.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        lastProbeTime: null,
        lastTransitionTime: toTimestamp(view.now),
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ];
  }
  pod.spec = withMatchLabelKeys(pod);
  return undefined;
}

/** ValidatePodCreate: what may not be there from the start. */
function refuseOnCreate({ spec, metadata }: Pod): ApiError | undefined {
  if (typeof spec !== 'object' || spec === null || !Array.isArray(spec.containers)) {
    const problems: FieldProblem[] = [{ type: 'FieldValueRequired', field: 'spec.containers', detail: '' }];
    return invalidObject('Pod', '', metadata.name, problems);
  }
  const problems: FieldProblem[] = [];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    problems.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    problems.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return problems.length > 0 ? invalidObject('Pod', '', metadata.name, problems) : undefined;
}

type PodTerm = NonNullable<
  NonNullable<NonNullable<PodSpec['affinity']>['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];

/** applyMatchLabelKeysAndMismatchLabelKeys: the pod's own labels become part of the terms' selectors. */
function withMatchLabelKeys({ spec, metadata }: Pod): PodSpec {
  const { affinity } = spec;
  if (!affinity?.podAffinity && !affinity?.podAntiAffinity) return spec;
  const labels = metadata.labels ?? {};
  const apply = (term: PodTerm): PodTerm => {
    const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
    if (!labelSelector || matchLabelKeys.length + mismatchLabelKeys.length === 0) return term;
    const added = [
      ...matchLabelKeys.map((key) => ({ key, operator: 'In', values: [labels[key] ?? ''] })),
      ...mismatchLabelKeys.map((key) => ({ key, operator: 'NotIn', values: [labels[key] ?? ''] })),
    ].filter(({ key }) => Object.hasOwn(labels, key));
    if (added.length === 0) return term;
    const matchExpressions = [...(labelSelector.matchExpressions ?? []), ...added];
    return { ...term, labelSelector: { ...labelSelector, matchExpressions } };
  };
  const next = { ...affinity };
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const part = affinity[name];
    if (!part) continue;
    const {
      requiredDuringSchedulingIgnoredDuringExecution: hard,
      preferredDuringSchedulingIgnoredDuringExecution: soft,
    } = part;
    next[name] = {
      ...part,
      ...(hard ? { requiredDuringSchedulingIgnoredDuringExecution: hard.map(apply) } : {}),
      ...(soft
        ? {
            preferredDuringSchedulingIgnoredDuringExecution: soft.map((term) => ({
              ...term,
              podAffinityTerm: apply(term.podAffinityTerm),
            })),
          }
        : {}),
    };
  }
  return { ...spec, affinity: next };
}

export function validatePod(pod: Pod): FieldProblem[] {
  const problems = validatePodSpec(pod.spec, { path: 'spec', isPod: true, podName: pod.metadata.name });
  return pod.spec ? [...problems, ...validatePodOnly(pod.spec)] : problems;
}

/** CheckGracefulDelete: what is not on a node, or has ended, goes at once. */
export function podGracePeriodSeconds(pod: Pod, requested: number | undefined): number {
  if (!pod.spec.nodeName || pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded') return 0;
  const period = requested ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  return period < 0 ? 1 : period;
}
