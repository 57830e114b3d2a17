import { validateSelectorAndTemplate } from '../../controllers/replicas/validation.ts';
import { forbidden, invalid, notSupported, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { validateImmutable, validateNonNegative } from '../../machinery/field-validation.ts';
import { validateIntOrPercent, validateNotOver100Percent } from '../../machinery/int-or-percent.ts';
import { applyPodTemplateDefaults } from '../pod/template.ts';
import { REVISION } from './annotations.ts';
import type { Deployment, DeploymentStrategy } from './types.ts';

/** Source: pkg/apis/apps/v1/defaults.go (SetDefaults_Deployment). */
export function applyDefaults(deployment: Deployment): void {
  const spec = deployment.spec ?? {};
  const strategy = { ...spec.strategy, type: spec.strategy?.type ?? 'RollingUpdate' } satisfies DeploymentStrategy;
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate = {
      ...strategy.rollingUpdate,
      maxUnavailable: strategy.rollingUpdate?.maxUnavailable ?? '25%',
      maxSurge: strategy.rollingUpdate?.maxSurge ?? '25%',
    };
  }
  deployment.spec = {
    ...spec,
    replicas: spec.replicas ?? 1,
    strategy,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
    template: applyPodTemplateDefaults(spec.template),
  };
}

/**
 * A change of annotations counts as a new generation, as one of the spec does; but for the revision, which the controller
 * writes with the status. Source: pkg/registry/apps/deployment/strategy.go (PrepareForUpdate).
 */
export function prepareUpdate(deployment: Deployment, old: Deployment): undefined {
  const { [REVISION]: _new, ...annotations } = deployment.metadata.annotations ?? {};
  const { [REVISION]: _old, ...oldAnnotations } = old.metadata.annotations ?? {};
  if (!deepEqual(annotations, oldAnnotations)) deployment.metadata.generation = (old.metadata.generation ?? 0) + 1;
  return undefined;
}

/** Source: pkg/apis/apps/validation/validation.go (ValidateDeploymentSpec). */
export function validate({ spec }: Deployment): FieldProblem[] {
  return [
    ...validateNonNegative(spec.replicas, 'spec.replicas'),
    ...validateSelectorAndTemplate(spec.selector, spec.template),
    ...validateStrategy(spec.strategy ?? {}),
    ...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...validateDeadline(spec.progressDeadlineSeconds, spec.minReadySeconds ?? 0),
  ];
}

function validateDeadline(seconds: number | undefined, minReadySeconds: number): FieldProblem[] {
  if (seconds === undefined) return [];
  const problems = validateNonNegative(seconds, 'spec.progressDeadlineSeconds');
  if (seconds <= minReadySeconds) {
    problems.push(invalid('spec.progressDeadlineSeconds', seconds, 'must be greater than minReadySeconds'));
  }
  return problems;
}

/** ValidateDeploymentStrategy, ValidateRollingUpdateDeployment */
function validateStrategy({ type, rollingUpdate }: DeploymentStrategy): FieldProblem[] {
  if (type === 'Recreate') {
    if (rollingUpdate === undefined || rollingUpdate === null) return [];
    return [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== 'RollingUpdate') {
    const value = { Type: type ?? '', RollingUpdate: rollingUpdate ?? null };
    return [notSupported('spec.strategy', value, ['Recreate', 'RollingUpdate'])];
  }
  const path = 'spec.strategy.rollingUpdate';
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  const problems = [
    ...validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${path}.maxSurge`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    problems.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...problems, ...validateNotOver100Percent(maxUnavailable, `${path}.maxUnavailable`)];
}

/** getIntOrPercentValue: a percentage counts by its number; what is neither counts as zero. */
function isZero(value: number | string | undefined): boolean {
  return typeof value === 'string' ? !/^[0-9]+%$/.test(value) || Number.parseInt(value, 10) === 0 : (value ?? 0) === 0;
}

/** The selector is for ever. Source: pkg/registry/apps/deployment/strategy.go (ValidateUpdate). */
export function validateUpdate(deployment: Deployment, old: Deployment): FieldProblem[] {
  return validateImmutable(deployment.spec.selector, old.spec.selector, 'spec.selector');
}
