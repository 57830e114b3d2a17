import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { labelValueProblems, qualifiedNameProblems } from '../../machinery/metadata-validation.ts';
import type { Node, Taint } from './types.ts';

/** Defaults and rules of Node. Sources: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation (ValidateNode…). */

/** SetDefaults_NodeStatus: what is not reserved may be allocated. */
export function applyNodeDefaults(node: Node): void {
  node.spec ??= {};
  node.status ??= {};
  const { capacity, allocatable } = node.status;
  if (capacity && !allocatable) node.status = { ...node.status, allocatable: { ...capacity } };
  const { podCIDR, podCIDRs } = node.spec;
  if (podCIDR && !podCIDRs) node.spec = { ...node.spec, podCIDRs: [podCIDR] };
}

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateNode(node: Node): FieldProblem[] {
  const taints = node.spec.taints;
  return taints ? validateTaints(taints, 'spec.taints') : [];
}

function validateTaints(taints: readonly Taint[], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  taints.forEach((taint, position) => {
    const at = `${path}[${position}]`;
    for (const text of qualifiedNameProblems(taint.key)) problems.push(invalid(`${at}.key`, taint.key, text));
    const value = taint.value ?? '';
    for (const text of labelValueProblems(value)) problems.push(invalid(`${at}.value`, value, text));
    if (!taint.effect) problems.push(required(`${at}.effect`));
    else if (!TAINT_EFFECTS.includes(taint.effect)) {
      problems.push(notSupported(`${at}.effect`, taint.effect, TAINT_EFFECTS));
    }
    const identity = `${taint.effect} ${taint.key}`;
    if (seen.has(identity)) {
      problems.push({ ...duplicate(at, taint), detail: 'taints must be unique by key and effect pair' });
    }
    seen.add(identity);
  });
  return problems;
}

/** ValidateNodeUpdate: what the control plane gave a node stays. */
export function validateNodeUpdate(node: Node, old: Node): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const before = old.spec.podCIDRs ?? [];
  const after = node.spec.podCIDRs ?? [];
  if (before.length > 0 && (before.length !== after.length || before.some((cidr, index) => cidr !== after[index]))) {
    problems.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec.providerID && node.spec.providerID !== old.spec.providerID) {
    problems.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return problems;
}
