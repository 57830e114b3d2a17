import { forbidden, invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { canonicalJson, deepEqual } from '../../machinery/equality.ts';
import type { StringMap } from '../../machinery/object.ts';
import { inclusiveRange, MAX_INT32 } from './field-rules.ts';
import { validateResize } from './resize.ts';
import type { Container, Pod, PodSpec } from './types.ts';

/** What may change in a pod. Source: pkg/apis/core/validation/validation.go (ValidatePodUpdate). */

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

export function validatePodUpdate(pod: Pod, old: Pod): FieldProblem[] {
  if (pod.spec === old.spec) return [];
  if (pod.runtime?.resizes !== old.runtime?.resizes) return validateResize(pod, old);
  const problems: FieldProblem[] = [];
  for (const name of ['containers', 'initContainers'] as const) {
    const before = old.spec[name] ?? [];
    const after = pod.spec[name] ?? [];
    if (before.length !== after.length) {
      return [...problems, forbidden(`spec.${name}`, 'pod updates may not add or remove containers')];
    }
    problems.push(...validateImages(after, `spec.${name}`));
  }
  const deadline = validateDeadline(pod.spec, old.spec);
  problems.push(...deadline);
  if (deadline.length > 0 && pod.spec.activeDeadlineSeconds !== undefined) return problems;
  problems.push(...validateTolerationsKept(pod.spec, old.spec), ...validateGatesOnlyRemoved(pod.spec, old.spec));
  const masked = maskUpdatable(pod.spec, old.spec);
  if ((old.spec.schedulingGates ?? []).length > 0) problems.push(...validateGated(masked, old.spec));
  if (!deepEqual(masked, old.spec)) {
    const words = `pod updates may not change fields other than ${UPDATABLE}\n${difference(old.spec, masked)}`;
    problems.push(forbidden('spec', words));
  }
  return problems;
}

function validateImages(containers: readonly Container[], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, { image }] of containers.entries()) {
    if (!image) problems.push(required(`${path}[${index}].image`));
  }
  return problems;
}

function validateDeadline({ activeDeadlineSeconds: after }: PodSpec, old: PodSpec): FieldProblem[] {
  const before = old.activeDeadlineSeconds;
  const path = 'spec.activeDeadlineSeconds';
  if (after === undefined) {
    return before === undefined ? [] : [invalid(path, null, 'must not update from a positive integer to nil value')];
  }
  if (after < 0 || after > MAX_INT32) return [invalid(path, after, inclusiveRange(0, MAX_INT32))];
  if (before !== undefined && before < after) {
    return [invalid(path, after, 'must be less than or equal to previous value')];
  }
  return [];
}

type Toleration = NonNullable<PodSpec['tolerations']>[number];

function withoutSeconds(toleration: Toleration): Toleration {
  const { tolerationSeconds: _, ...rest } = toleration;
  return rest;
}

/** validateOnlyAddedTolerations */
function validateTolerationsKept({ tolerations = [] }: PodSpec, old: PodSpec): FieldProblem[] {
  const kept = (old.tolerations ?? []).every((before) =>
    tolerations.some((after) => deepEqual(withoutSeconds(before), withoutSeconds(after))),
  );
  if (kept) return [];
  return [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

/** validateOnlyDeletedSchedulingGates */
function validateGatesOnlyRemoved({ schedulingGates = [] }: PodSpec, old: PodSpec): FieldProblem[] {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  return [...schedulingGates.entries()]
    .filter(([, { name }]) => !before.has(name))
    .map(([index, { name }]) =>
      forbidden(
        `spec.schedulingGates[${index}].name`,
        `only deletion is allowed, but found new scheduling gate '${name}'`,
      ),
    );
}

/** The new spec with the old values of all fields that may change. Binding an unbound pod to a node is one of them. */
function maskUpdatable(spec: PodSpec, old: PodSpec): PodSpec {
  const masked: PodSpec = { ...spec, containers: withImages(spec.containers, old.containers) };
  if (hasOnlyMoreEphemeral(spec, old)) keepOld(masked, old, 'ephemeralContainers');
  if (spec.initContainers && old.initContainers) {
    masked.initContainers = withImages(spec.initContainers, old.initContainers);
  }
  for (const name of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) keepOld(masked, old, name);
  if (!old.nodeName) keepOld(masked, old, 'nodeName');
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    keepOld(masked, old, 'terminationGracePeriodSeconds');
  }
  return masked;
}

/** ValidatePodEphemeralContainersUpdate: containers to debug with may be added, not changed or removed. */
function hasOnlyMoreEphemeral({ ephemeralContainers: after = [] }: PodSpec, old: PodSpec): boolean {
  return (old.ephemeralContainers ?? []).every((before) =>
    after.some((one) => one.name === before.name && deepEqual(one, before)),
  );
}

function keepOld<K extends keyof PodSpec>(masked: PodSpec, old: PodSpec, name: K): void {
  if (old[name] === undefined) delete masked[name];
  else masked[name] = old[name];
}

function withImages(containers: readonly Container[], old: readonly Container[]): Container[] {
  return containers.map((container, index) => {
    const image = old[index]?.image;
    return image === undefined || image === container.image ? container : { ...container, image };
  });
}

/** Pods held back by gates may get more node selectors and narrower node affinity. */
function validateGated(masked: PodSpec, old: PodSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const after: StringMap = masked.nodeSelector ?? {};
  const before: StringMap = old.nodeSelector ?? {};
  if (Object.keys(before).some((key) => after[key] !== before[key])) {
    const words = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    problems.push(invalid('spec.nodeSelector', after, words));
  }
  keepOld(masked, old, 'nodeSelector');
  const required = old.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const wanted = masked.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  const terms = required?.nodeSelectorTerms ?? [];
  const newTerms = wanted?.nodeSelectorTerms ?? [];
  if (terms.length > 0 && terms.length !== newTerms.length) {
    const words = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    problems.push(invalid(path, newTerms, words));
  } else {
    for (const [index, term] of terms.entries()) {
      if (hasOnlyAdditions(newTerms[index], term)) continue;
      const words = 'only additions are allowed (no mutations or deletions)';
      problems.push(invalid(`${path}[${index}]`, newTerms[index], words));
    }
  }
  maskNodeAffinity(masked, old);
  return problems;
}

type Term = { matchExpressions?: readonly unknown[]; matchFields?: readonly unknown[] };

function hasOnlyAdditions(after: Term | undefined, before: Term): boolean {
  for (const name of ['matchExpressions', 'matchFields'] as const) {
    const kept = before[name] ?? [];
    if (!deepEqual((after?.[name] ?? []).slice(0, kept.length), kept)) return false;
  }
  const empty = !before.matchExpressions?.length && !before.matchFields?.length;
  return !empty || (!after?.matchExpressions?.length && !after?.matchFields?.length);
}

function maskNodeAffinity(masked: PodSpec, old: PodSpec): void {
  const { nodeAffinity: _, ...others } = masked.affinity ?? {};
  const before = old.affinity?.nodeAffinity;
  const affinity = before ? { ...others, nodeAffinity: before } : others;
  if (!old.affinity && Object.keys(affinity).length === 0) delete masked.affinity;
  else masked.affinity = affinity;
}

/** The fields that differ, one line before and one after each. */
function difference(old: PodSpec, masked: PodSpec): string {
  const names = [...new Set([...Object.keys(old), ...Object.keys(masked)])].sort() as (keyof PodSpec)[];
  return names
    .filter((name) => !deepEqual(old[name], masked[name]))
    .map((name) => `- ${name}: ${canonicalJson(old[name])}\n+ ${name}: ${canonicalJson(masked[name])}`)
    .join('\n');
}
