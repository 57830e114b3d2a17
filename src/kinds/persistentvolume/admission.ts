import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { dns1123SubdomainProblems } from '../../machinery/metadata-validation.ts';
import { parseQuantity, QUANTITY_ERROR } from '../../machinery/quantity.ts';
import { canonicalResources } from '../../machinery/quantity-text.ts';
import { validateAccessModes } from './queries.ts';
import type { PersistentVolume } from './types.ts';

/** Defaults and rules of volumes. Sources: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation/validation.go. */

export const PROTECTION_FINALIZER = 'kubernetes.io/pv-protection';
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const VOLUME_MODES = ['Block', 'Filesystem'];

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
  const problems = validateAccessModes(spec.accessModes, '');
  problems.push(...validateCapacity(spec.capacity));
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy !== undefined && !RECLAIM_POLICIES.includes(policy)) {
    problems.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES));
  }
  problems.push(...validateSource(volume));
  if (policy === 'Recycle' && /^\/+(\.?\/*)*$/.test(spec.hostPath?.path ?? '')) {
    const words = "may not be 'recycle' for a hostPath mount of '/'";
    problems.push(forbidden('spec.persistentVolumeReclaimPolicy', words));
  }
  if (spec.storageClassName) {
    for (const text of dns1123SubdomainProblems(spec.storageClassName)) {
      problems.push(invalid('spec.storageClassName', spec.storageClassName, text));
    }
  }
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    problems.push(notSupported('spec.volumeMode', spec.volumeMode, VOLUME_MODES));
  }
  return problems;
}

function validateCapacity(capacity: Record<string, string> | undefined): FieldProblem[] {
  const resources = Object.keys(capacity ?? {});
  if (resources.length === 0) return [required('spec.capacity')];
  const problems: FieldProblem[] = [];
  if (resources.length !== 1 || resources[0] !== 'storage') {
    problems.push(notSupported('spec.capacity', capacity, ['storage']));
  }
  for (const [name, amount] of Object.entries(capacity ?? {})) {
    const value = parseQuantity(amount);
    if (value === undefined) problems.push(invalid(`spec.capacity[${name}]`, amount, QUANTITY_ERROR));
    else if (value <= 0) problems.push(invalid(`spec.capacity[${name}]`, amount, 'must be greater than zero'));
  }
  return problems;
}

/** One place where the data lies, and what must be said of it. */
function validateSource(volume: PersistentVolume): FieldProblem[] {
  const { spec } = volume;
  const sources = Object.keys(sourceOf(volume));
  if (sources.length === 0) return [required('spec', 'must specify a volume type')];
  const problems: FieldProblem[] = [];
  const must = (field: string, value: string | undefined) => {
    if (!value) problems.push(required(`spec.${field}`));
  };
  const { awsElasticBlockStore, csi, gcePersistentDisk, hostPath, local, nfs } = spec;
  if (hostPath) must('hostPath.path', hostPath.path);
  if (csi) {
    must('csi.driver', csi.driver);
    must('csi.volumeHandle', csi.volumeHandle);
  }
  if (nfs) {
    must('nfs.server', nfs.server);
    must('nfs.path', nfs.path);
    if (!nfs.path?.startsWith('/')) {
      problems.push(invalid('spec.nfs.path', nfs.path ?? '', 'must be an absolute path'));
    }
  }
  if (awsElasticBlockStore) must('awsElasticBlockStore.volumeID', awsElasticBlockStore.volumeID);
  if (gcePersistentDisk) must('persistentDisk.pdName', gcePersistentDisk.pdName);
  if (local) {
    must('local.path', local.path);
    if (!spec.nodeAffinity) problems.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  }
  for (const [field, path] of [
    ['hostPath', hostPath?.path],
    ['local', local?.path],
  ] as const) {
    if (path?.split('/').includes('..')) {
      problems.push(invalid(`spec.${field}.path`, path, "must not contain '..'"));
    }
  }
  for (const extra of sources.slice(1)) {
    problems.push(forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'));
  }
  return problems;
}

export function validateVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!deepEqual(sourceOf(volume), sourceOf(old))) {
    const detail = 'spec.persistentvolumesource is immutable after creation';
    problems.push(forbidden('spec.persistentvolumesource', detail));
  }
  if (volume.spec.volumeMode !== old.spec.volumeMode) {
    problems.push(invalid('volumeMode', volume.spec.volumeMode, 'field is immutable'));
  }
  if (old.spec.nodeAffinity && !deepEqual(volume.spec.nodeAffinity, old.spec.nodeAffinity)) {
    problems.push(invalid('nodeAffinity', volume.spec.nodeAffinity, 'field is immutable'));
  }
  if (old.spec.volumeAttributesClassName !== undefined && volume.spec.volumeAttributesClassName === undefined) {
    problems.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return problems;
}
