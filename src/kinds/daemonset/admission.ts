import { validatePodsTemplate } from '../../controllers/replicas/validation.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { validateImmutable, validateNonNegative } from '../../machinery/field-validation.ts';
import { validateIntOrPercent, validateNotOver100Percent } from '../../machinery/int-or-percent.ts';
import { validateLabelSelector } from '../../machinery/selector-validation.ts';
import { applyPodTemplateDefaults } from '../pod/template.ts';
import { daemonSetSelector, TEMPLATE_GENERATION, type DaemonSet } from './types.ts';

/** Defaults and rules of DaemonSet. Sources: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation/validation.go. */

export function applyDaemonSetDefaults(set: DaemonSet): void {
  const spec = set.spec ?? {};
  const strategy = spec.updateStrategy ?? {};
  const type = strategy.type || 'RollingUpdate';
  const rollingUpdate = { maxSurge: 0, maxUnavailable: 1, ...strategy.rollingUpdate };
  set.spec = {
    ...spec,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    template: applyPodTemplateDefaults(spec.template),
    updateStrategy: type === 'RollingUpdate' ? { ...strategy, type, rollingUpdate } : { ...strategy, type },
  };
}

/** The annotation in which apps/v1 carries the generation of the template. Source: pkg/registry/apps/daemonset/strategy.go. */
export function numberTemplate(set: DaemonSet, old: DaemonSet | undefined): void {
  const before = Number(old?.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
  const isSame = old !== undefined && deepEqual(old.spec.template, set.spec.template);
  const generation = String(isSame ? before : before + 1);
  const { annotations } = set.metadata;
  if (annotations?.[TEMPLATE_GENERATION] === generation) return;
  set.metadata.annotations = { ...annotations, [TEMPLATE_GENERATION]: generation };
}

export function validateDaemonSet(set: DaemonSet): FieldProblem[] {
  const { spec } = set;
  const problems: FieldProblem[] = [];
  if (spec.selector) {
    problems.push(...validateLabelSelector(spec.selector, 'spec.selector'));
    const { matchLabels = {}, matchExpressions = [] } = spec.selector;
    if (Object.keys(matchLabels).length + matchExpressions.length === 0) {
      problems.push(invalid('spec.selector', spec.selector, 'empty selector is invalid for daemonset'));
    }
  } else {
    problems.push(required('spec.selector'));
  }
  problems.push(...validatePodsTemplate(spec.template, daemonSetSelector(set), 'DaemonSet'));
  problems.push(...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'));
  problems.push(...validateUpdateStrategy(spec.updateStrategy ?? {}));
  return [...problems, ...validateNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit')];
}

function validateUpdateStrategy({
  type,
  rollingUpdate,
}: NonNullable<DaemonSet['spec']['updateStrategy']>): FieldProblem[] {
  const path = 'spec.updateStrategy';
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') return [notSupported(`${path}.type`, type, ['OnDelete', 'RollingUpdate'])];
  const { maxUnavailable = 1, maxSurge = 0 } = rollingUpdate ?? {};
  const unavailablePath = `${path}.rollingUpdate.maxUnavailable`;
  const surgePath = `${path}.rollingUpdate.maxSurge`;
  const problems = [
    ...validateIntOrPercent(maxUnavailable, unavailablePath),
    ...validateIntOrPercent(maxSurge, surgePath),
    ...validateNotOver100Percent(maxUnavailable, unavailablePath),
    ...validateNotOver100Percent(maxSurge, surgePath),
  ];
  const hasUnavailable = !isZero(maxUnavailable);
  const hasSurge = !isZero(maxSurge);
  if (hasUnavailable && hasSurge) {
    problems.push(invalid(surgePath, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  } else if (!hasUnavailable && !hasSurge) {
    problems.push(required(unavailablePath, 'cannot be 0 when maxSurge is 0'));
  }
  return problems;
}

function isZero(value: number | string): boolean {
  return value === 0 || (typeof value === 'string' && /^0+%$/.test(value));
}

/** What may never change: the selector. */
export function validateDaemonSetUpdate(set: DaemonSet, old: DaemonSet): FieldProblem[] {
  return validateImmutable(set.spec.selector, old.spec.selector, 'spec.selector');
}
