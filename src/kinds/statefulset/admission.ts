import { validatePodsTemplate } from '../../controllers/replicas/validation.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { validateNonNegative } from '../../machinery/field-validation.ts';
import { validateIntOrPercent, validateNotOver100Percent } from '../../machinery/int-or-percent.ts';
import { validateLabelSelector } from '../../machinery/selector-validation.ts';
import { applyPodTemplateDefaults } from '../pod/template.ts';
import { statefulSetSelector, type StatefulSet, type StatefulSetSpec, type VolumeClaimTemplate } from './types.ts';

/** Defaults and rules of StatefulSet. Sources: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation/validation.go. */

export function applyStatefulSetDefaults(set: StatefulSet): void {
  const spec = set.spec ?? {};
  const strategy = spec.updateStrategy ?? {};
  const type = strategy.type || 'RollingUpdate';
  const rollingUpdate = { partition: 0, ...strategy.rollingUpdate };
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  set.spec = {
    ...spec,
    persistentVolumeClaimRetentionPolicy: {
      whenDeleted: retention?.whenDeleted || 'Retain',
      whenScaled: retention?.whenScaled || 'Retain',
    },
    podManagementPolicy: spec.podManagementPolicy || 'OrderedReady',
    replicas: spec.replicas ?? 1,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    template: applyPodTemplateDefaults(spec.template),
    updateStrategy: type === 'RollingUpdate' ? { ...strategy, type, rollingUpdate } : { ...strategy, type },
    ...(spec.volumeClaimTemplates ? { volumeClaimTemplates: spec.volumeClaimTemplates.map(defaultedClaim) } : {}),
  };
}

function defaultedClaim(claim: VolumeClaimTemplate): VolumeClaimTemplate {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    ...claim,
    spec: { ...claim.spec, volumeMode: claim.spec?.volumeMode ?? 'Filesystem' },
    status: { phase: 'Pending' },
  };
}

export function validateStatefulSet(set: StatefulSet): FieldProblem[] {
  const { spec } = set;
  const problems: FieldProblem[] = [];
  if (spec.podManagementPolicy !== 'OrderedReady' && spec.podManagementPolicy !== 'Parallel') {
    const words = "must be 'OrderedReady' or 'Parallel'";
    problems.push(invalid('spec.podManagementPolicy', spec.podManagementPolicy, words));
  }
  problems.push(...validateUpdateStrategy(spec), ...validateRetention(spec));
  problems.push(...validateNonNegative(spec.replicas, 'spec.replicas'));
  problems.push(...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'));
  problems.push(...validateNonNegative(spec.ordinals?.start, 'spec.ordinals.start'));
  if (!spec.selector) {
    problems.push(required('spec.selector'));
  } else {
    problems.push(...validateLabelSelector(spec.selector, 'spec.selector'));
    const { matchLabels = {}, matchExpressions = [] } = spec.selector;
    if (Object.keys(matchLabels).length + matchExpressions.length === 0) {
      problems.push(invalid('spec.selector', spec.selector, 'empty selector is invalid for statefulset'));
    }
  }
  return [...problems, ...validatePodsTemplate(spec.template, statefulSetSelector(set), 'StatefulSet')];
}

function validateUpdateStrategy({ updateStrategy }: StatefulSetSpec): FieldProblem[] {
  const { type, rollingUpdate } = updateStrategy ?? {};
  const path = 'spec.updateStrategy';
  if (type === 'OnDelete') {
    if (rollingUpdate === undefined) return [];
    return [invalid(`${path}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  if (type !== 'RollingUpdate') return [invalid(path, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  const problems = validateNonNegative(rollingUpdate?.partition, `${path}.rollingUpdate.partition`);
  const maxUnavailable = rollingUpdate?.maxUnavailable;
  if (maxUnavailable === undefined) return problems;
  const field = `${path}.rollingUpdate.maxUnavailable`;
  problems.push(...validateIntOrPercent(maxUnavailable, field));
  if (maxUnavailable === 0 || maxUnavailable === '0%') {
    problems.push(invalid(field, maxUnavailable, 'cannot be 0'));
  }
  return [...problems, ...validateNotOver100Percent(maxUnavailable, field)];
}

function validateRetention({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSetSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const name of ['whenScaled', 'whenDeleted'] as const) {
    const value = policy?.[name];
    if (value === 'Retain' || value === 'Delete') continue;
    problems.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, ['Delete', 'Retain']));
  }
  return problems;
}

/** What may change once a set is there. */
export function validateStatefulSetUpdate(set: StatefulSet, old: StatefulSet): FieldProblem[] {
  return deepEqual(fixedParts(set.spec), fixedParts(old.spec))
    ? []
    : [
        forbidden(
          'spec',
          "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ),
      ];
}

function fixedParts(spec: StatefulSetSpec): Partial<StatefulSetSpec> {
  const {
    replicas: _replicas,
    ordinals: _ordinals,
    template: _template,
    updateStrategy: _updateStrategy,
    revisionHistoryLimit: _revisionHistoryLimit,
    persistentVolumeClaimRetentionPolicy: _retention,
    minReadySeconds: _minReadySeconds,
    ...fixed
  } = spec;
  return fixed;
}
