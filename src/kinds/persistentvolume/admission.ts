import { forbidden, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { canonicalResources } from '../../machinery/quantity-text.ts';
import { validateAccessModes } from './queries.ts';
import type { PersistentVolume } from './types.ts';

/** Defaults and rules of volumes. Sources: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation/validation.go. */

export const PROTECTION_FINALIZER = 'kubernetes.io/pv-protection';
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

/** The fields of a volume's spec that are not the place where its data lies. */
const COMMON_FIELDS = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

export function applyVolumeDefaults(volume: PersistentVolume): void {
  if (!volume.spec) return;
  const spec = { ...volume.spec };
  spec.persistentVolumeReclaimPolicy ??= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  const capacity = canonicalResources(spec.capacity);
  if (capacity) spec.capacity = capacity;
  if (spec.hostPath && spec.hostPath.type === undefined) spec.hostPath = { ...spec.hostPath, type: '' };
  volume.spec = spec;
}

function sourceOf(volume: PersistentVolume): Record<string, unknown> {
  return Object.fromEntries(Object.entries(volume.spec).filter(([field]) => !COMMON_FIELDS.has(field)));
}

export function validateVolume(volume: PersistentVolume): FieldProblem[] {
  const { spec } = volume;
  const problems = validateAccessModes(spec.accessModes);
  const resources = Object.keys(spec.capacity ?? {});
  if (resources.length === 0) problems.push(required('spec.capacity'));
  else if (resources.length !== 1 || resources[0] !== 'storage') {
    problems.push(notSupported('spec.capacity', spec.capacity, ['storage']));
  }
  const sources = Object.keys(sourceOf(volume));
  if (sources.length === 0) problems.push(required('spec', 'must specify a volume type'));
  for (const extra of sources.slice(1)) {
    problems.push(forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'));
  }
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy !== undefined && !RECLAIM_POLICIES.includes(policy)) {
    problems.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES));
  }
  if (spec.local && !spec.nodeAffinity)
    problems.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  return problems;
}

export function validateVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!deepEqual(sourceOf(volume), sourceOf(old))) {
    const detail = 'spec.persistentvolumesource is immutable after creation';
    problems.push(forbidden('spec.persistentvolumesource', detail));
  }
  return problems;
}
