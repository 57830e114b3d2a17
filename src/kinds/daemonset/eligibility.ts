import { matchesRequirement } from '../../machinery/selector.ts';
import { toleratesTaint, type Toleration } from '../node/queries.ts';
import type { Node } from '../node/types.ts';
import type { PodSpec, PodTemplateSpec } from '../pod/types.ts';

/** On which nodes a daemon runs. Source: pkg/controller/daemon (NodeShouldRunDaemonPod), util/daemonset_util.go. */

const DAEMON_TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const HOST_NETWORK_TOLERATION: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

/** The tolerations of a daemon: the template's, and those that every daemon has. */
export function daemonTolerations(spec: PodSpec): Toleration[] {
  const tolerations = [...((spec.tolerations ?? []) as Toleration[])];
  const added = spec.hostNetwork ? [...DAEMON_TOLERATIONS, HOST_NETWORK_TOLERATION] : DAEMON_TOLERATIONS;
  for (const toleration of added) {
    const position = tolerations.findIndex(
      ({ key, operator, effect, value }) =>
        key === toleration.key && operator === toleration.operator && effect === toleration.effect && !value,
    );
    if (position < 0) tolerations.push(toleration);
    else tolerations[position] = toleration;
  }
  return tolerations;
}

export interface Eligibility {
  /** A pod is to be made here if there is none. */
  shouldRun: boolean;
  /** A pod that is here stays. */
  shouldContinue: boolean;
}

const NEITHER: Eligibility = { shouldRun: false, shouldContinue: false };
const CONTINUE: Eligibility = { shouldRun: false, shouldContinue: true };
const BOTH: Eligibility = { shouldRun: true, shouldContinue: true };

/** Answers by template, then by node: both are immutable, so an answer never changes. */
const answers = new WeakMap<PodTemplateSpec, WeakMap<Node, Eligibility>>();

export function eligibility(template: PodTemplateSpec, node: Node): Eligibility {
  let known = answers.get(template);
  if (!known) {
    known = new WeakMap();
    answers.set(template, known);
  }
  let answer = known.get(node);
  if (!answer) {
    answer = judge(template.spec, node);
    known.set(node, answer);
  }
  return answer;
}

function judge(spec: PodSpec, node: Node): Eligibility {
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return NEITHER;
  if (!matchesNodeSelection(spec, node)) return NEITHER;
  const repelling = (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute' || effect === 'NoSchedule');
  if (repelling.length === 0) return BOTH;
  const tolerations = daemonTolerations(spec);
  const untolerated = repelling.filter((taint) => !tolerations.some((toleration) => toleratesTaint(toleration, taint)));
  if (untolerated.length === 0) return BOTH;
  return untolerated.some(({ effect }) => effect === 'NoExecute') ? NEITHER : CONTINUE;
}

/** nodeSelector and the required node affinity (component-helpers nodeaffinity.GetRequiredNodeAffinity). */
function matchesNodeSelection({ nodeSelector, affinity }: PodSpec, node: Node): boolean {
  for (const key in nodeSelector) if (node.metadata.labels?.[key] !== nodeSelector[key]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

type Term = NonNullable<
  NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'][number];

function matchesTerm({ matchExpressions = [], matchFields = [] }: Term, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fits = ({ key, operator, values = [] }: NonNullable<Term['matchExpressions']>[number], labels: object) =>
    matchesRequirement({ key, operator, values }, labels as Record<string, string>);
  return (
    matchExpressions.every((requirement) => fits(requirement, node.metadata.labels ?? {})) &&
    matchFields.every((requirement) => fits(requirement, { 'metadata.name': node.metadata.name }))
  );
}
