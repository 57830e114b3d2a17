import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { dns1123LabelProblems } from '../../machinery/metadata-validation.ts';
import type { StringMap } from '../../machinery/object.ts';
import { validateLabelSelector } from '../../machinery/selector-validation.ts';
import { fromLabelSelector, matches } from '../../machinery/selector.ts';
import { applyJobSpecDefaults, validateJobSpec } from './job-spec.ts';
import type { Job, JobSpec } from './types.ts';

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
  const { spec } = job;
  const problems = [...validateGeneratedSelector(job), ...validateJobSpec(spec, 'spec')];
  if (spec.selector === undefined) problems.push(required('spec.selector'));
  else problems.push(...validateLabelSelector(spec.selector, 'spec.selector'));
  const labels = spec.template.metadata?.labels;
  if (spec.selector !== undefined && !matches(fromLabelSelector(spec.selector), labels)) {
    const detail = '`selector` does not match template `labels`';
    problems.push(invalid('spec.template.metadata.labels', sorted(labels), detail));
  }
  return [...problems, ...validateHostname(job)];
}

/** The pod of the last index of an Indexed job must have a host name. */
function validateHostname({ metadata, spec }: Job): FieldProblem[] {
  if (spec.completionMode !== 'Indexed' || !spec.completions || spec.completions < 0) return [];
  const hostname = `${metadata.name}-${spec.completions - 1}`;
  if (dns1123LabelProblems(hostname).length === 0) return [];
  const detail = `will not able to create pod with invalid DNS label: ${hostname}`;
  return [invalid('metadata.name', metadata.name, detail)];
}

/** Labels as Go prints a map. */
function sorted(labels: StringMap | undefined): StringMap | null {
  return labels ? Object.fromEntries(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1))) : null;
}

function validateGeneratedSelector(job: Job): FieldProblem[] {
  if (job.spec.manualSelector || !job.spec.selector) return [];
  const { uid, name } = job.metadata;
  const labels = job.spec.template.metadata?.labels ?? {};
  const problems: FieldProblem[] = [];
  for (const [key, expected] of generatedLabels(uid, name)) {
    if (labels[key] === expected) continue;
    const field = `spec.template.metadata.labels[${key}]`;
    const detail = `must be '${expected}'`;
    problems.push(labels[key] === undefined ? required(field, detail) : invalid(field, sorted(labels), detail));
  }
  if (!matches(fromLabelSelector(job.spec.selector), Object.fromEntries(generatedLabels(uid, name)))) {
    problems.push(invalid('spec.selector', job.spec.selector, '`selector` not auto-generated'));
  }
  return problems;
}

/** The labels that make the pods of a job its own, in the order in which the API server looks at them. */
function generatedLabels(uid: string, name: string): [key: string, value: string][] {
  return [
    ['controller-uid', uid],
    ['job-name', name],
    ['batch.kubernetes.io/controller-uid', uid],
    ['batch.kubernetes.io/job-name', name],
  ];
}

export function validateJobUpdate(job: Job, old: Job): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { spec } = job;
  const immutable = (field: string, value: unknown, before: unknown) => {
    if (!deepEqual(value, before)) problems.push(invalid(`spec.${field}`, value, IMMUTABLE));
  };
  problems.push(...validateCompletions(spec, old.spec));
  immutable('selector', spec.selector, old.spec.selector);
  if (!deepEqual(spec.template, withMutableParts(job, old))) {
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
function validateCompletions(spec: JobSpec, old: JobSpec): FieldProblem[] {
  const { completions } = spec;
  if (completions === old.completions) return [];
  if (spec.completionMode !== 'Indexed') return [invalid('spec.completions', completions ?? null, IMMUTABLE)];
  if (completions === undefined || completions === spec.parallelism) return [];
  return [invalid('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')];
}

/**
 * The old template with what may be changed while a job is suspended and has no pods: scheduling directives, labels,
 * annotations and the resources of containers (MutableSchedulingDirectivesForSuspendedJobs and
 * MutablePodResourcesForSuspendedJobs, on by default since v1.36).
 */
function withMutableParts(job: Job, old: Job): Job['spec']['template'] {
  const before = old.spec.template;
  const { metadata, spec } = job.spec.template;
  if (!isAtRest(old)) return before;
  const { nodeSelector, tolerations, schedulingGates } = spec;
  const containers = withResources(before.spec.containers, spec.containers);
  const initContainers = before.spec.initContainers && withResources(before.spec.initContainers, spec.initContainers);
  const mutable = { nodeSelector, tolerations, schedulingGates, affinity: affinityOf(before.spec.affinity, spec) };
  return {
    ...before,
    metadata: { ...before.metadata, labels: metadata?.labels, annotations: metadata?.annotations },
    spec: { ...before.spec, ...mutable, containers, ...(initContainers ? { initContainers } : {}) },
  };
}

type Spec = Job['spec']['template']['spec'];

function isAtRest({ spec, status }: Job): boolean {
  if (!spec.suspend || (status.active ?? 0) > 0) return false;
  const suspended = status.conditions?.some(
    (condition) => condition.type === 'Suspended' && condition.status === 'True',
  );
  return status.startTime === undefined || suspended === true;
}

/** Of the affinity only what it says about nodes may change. */
function affinityOf(before: Spec['affinity'], { affinity }: Spec): Spec['affinity'] {
  const { nodeAffinity: _old, ...others } = before ?? {};
  const nodeAffinity = affinity?.nodeAffinity;
  if (nodeAffinity) return { ...others, nodeAffinity };
  return Object.keys(others).length > 0 || (affinity && before) ? others : affinity && {};
}

function withResources(before: Spec['containers'], wanted: Spec['containers'] = []): Spec['containers'] {
  return before.map((container, index) => {
    const other = wanted[index];
    if (other?.name !== container.name) return container;
    const { resources: _old, ...rest } = container;
    return other.resources ? { ...rest, resources: other.resources } : rest;
  });
}
