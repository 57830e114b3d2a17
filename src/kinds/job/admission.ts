import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { fromLabelSelector, matches } from '../../machinery/selector.ts';
import { applyJobSpecDefaults, validateJobSpec } from './job-spec.ts';
import { isJobFinished } from './queries.ts';
import type { Job } from './types.ts';

/** Defaults and rules of jobs. Sources: pkg/apis/batch/v1/defaults.go, pkg/apis/batch/validation/validation.go. */

const IMMUTABLE = 'field is immutable';
const CONTROLLER_UID_LABELS = ['batch.kubernetes.io/controller-uid', 'controller-uid'] as const;
const JOB_NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name'] as const;

export function applyJobDefaults(job: Job): void {
  if (job.spec === undefined) return;
  const templateLabels = job.spec.template?.metadata?.labels;
  if (Object.keys(job.metadata.labels ?? {}).length === 0 && templateLabels)
    job.metadata.labels = { ...templateLabels };
  job.spec = { ...job.spec };
  applyJobSpecDefaults(job.spec);
}

/** The strategy's generateSelector: unless the selector is manual, pods are found by the job's uid. */
export function generateSelector(job: Job): void {
  if (job.spec.manualSelector) return;
  const labels = { ...job.spec.template.metadata?.labels };
  for (const label of JOB_NAME_LABELS) labels[label] ??= job.metadata.name;
  for (const label of CONTROLLER_UID_LABELS) labels[label] ??= job.metadata.uid;
  job.spec.template = { ...job.spec.template, metadata: { ...job.spec.template.metadata, labels } };
  const selector = job.spec.selector ?? {};
  const uidLabel = CONTROLLER_UID_LABELS[0];
  job.spec.selector = {
    ...selector,
    matchLabels: { ...selector.matchLabels, [uidLabel]: selector.matchLabels?.[uidLabel] ?? job.metadata.uid },
  };
}

export function validateJob(job: Job): FieldProblem[] {
  if (job.metadata.name.length > 63) {
    return [invalid('metadata.name', job.metadata.name, 'must be no more than 63 characters')];
  }
  const problems = [...validateGeneratedSelector(job), ...validateJobSpec(job.spec, 'spec')];
  if (job.spec.selector === undefined) problems.push(required('spec.selector'));
  else if (!matches(fromLabelSelector(job.spec.selector), job.spec.template.metadata?.labels)) {
    const labels = job.spec.template.metadata?.labels;
    problems.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  return problems;
}

function validateGeneratedSelector(job: Job): FieldProblem[] {
  if (job.spec.manualSelector || !job.spec.selector) return [];
  const { uid, name } = job.metadata;
  const labels = job.spec.template.metadata?.labels ?? {};
  const problems: FieldProblem[] = [];
  for (const [keys, expected] of [
    [CONTROLLER_UID_LABELS, uid],
    [JOB_NAME_LABELS, name],
  ] as const) {
    for (const key of keys) {
      if (labels[key] === expected) continue;
      const detail = `must be '${expected}'`;
      problems.push(invalid('spec.template.metadata.labels', labels, detail));
    }
  }
  const generated = Object.fromEntries(CONTROLLER_UID_LABELS.map((key) => [key, uid]));
  for (const key of JOB_NAME_LABELS) generated[key] = name;
  if (!matches(fromLabelSelector(job.spec.selector), generated)) {
    problems.push(invalid('spec.selector', job.spec.selector, '`selector` not auto-generated'));
  }
  return problems;
}

export function validateJobUpdate(job: Job, old: Job): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { spec } = job;
  const immutable = (field: string, value: unknown, before: unknown) => {
    if (!deepEqual(value, before)) problems.push(invalid(`spec.${field}`, value, IMMUTABLE));
  };
  if (!maySetCompletions(job, old)) immutable('completions', spec.completions, old.spec.completions);
  immutable('selector', spec.selector, old.spec.selector);
  if (!deepEqual(spec.template, mutableScheduling(job, old))) {
    problems.push(invalid('spec.template', spec.template, IMMUTABLE));
  }
  immutable('completionMode', spec.completionMode, old.spec.completionMode);
  immutable('podFailurePolicy', spec.podFailurePolicy, old.spec.podFailurePolicy);
  immutable('backoffLimitPerIndex', spec.backoffLimitPerIndex, old.spec.backoffLimitPerIndex);
  immutable('managedBy', spec.managedBy, old.spec.managedBy);
  immutable('successPolicy', spec.successPolicy, old.spec.successPolicy);
  return problems;
}

/** Elastic indexed jobs: completions may change together with parallelism when both stay equal. */
function maySetCompletions({ spec }: Job, old: Job): boolean {
  if (spec.completionMode !== 'Indexed' || spec.completions === undefined) return false;
  return spec.completions === spec.parallelism || spec.completions === old.spec.completions;
}

/** The old template with the scheduling directives that a suspended job that never started may change. */
function mutableScheduling(job: Job, old: Job): Job['spec']['template'] {
  const before = old.spec.template;
  const template = job.spec.template;
  if (!old.spec.suspend || old.status?.startTime !== undefined || isJobFinished(old)) return before;
  const { nodeSelector, affinity, tolerations, schedulingGates } = template.spec;
  const spec = { ...before.spec, nodeSelector, affinity, tolerations, schedulingGates };
  const metadata = {
    ...before.metadata,
    labels: template.metadata?.labels,
    annotations: template.metadata?.annotations,
  } as NonNullable<typeof before.metadata>;
  return { ...before, metadata, spec };
}
