import {
  forbidden,
  forbiddenObject,
  invalid,
  notSupported,
  required,
  type ApiError,
  type FieldProblem,
} from '../../machinery/api-error.ts';
import type { AdmissionContext, AdmissionPlugin } from '../../machinery/definition.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { dns1123SubdomainProblems } from '../../machinery/metadata-validation.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { parseQuantity, QUANTITY_ERROR, wholeValue } from '../../machinery/quantity.ts';
import { canonicalResources } from '../../machinery/quantity-text.ts';
import { validateLabelSelector } from '../../machinery/selector-validation.ts';
import { validateAccessModes } from '../persistentvolume/queries.ts';
import { defaultClass, StorageClass } from '../storageclass/types.ts';
import { BETA_CLASS, classOfClaim, PersistentVolumeClaim } from './types.ts';

/** Defaults and rules of claims. Sources: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation/validation.go. */

export const PROTECTION_FINALIZER = 'kubernetes.io/pvc-protection';
const VOLUME_MODES = ['Block', 'Filesystem'];

export function applyClaimDefaults(claim: PersistentVolumeClaim): void {
  if (!claim.spec) return;
  if (claim.spec.volumeMode === undefined) claim.spec = { ...claim.spec, volumeMode: 'Filesystem' };
  const { resources } = claim.spec;
  for (const name of ['requests', 'limits'] as const) {
    const amounts = canonicalResources(resources?.[name]);
    if (!amounts || amounts === resources[name]) continue;
    claim.spec = { ...claim.spec, resources: { ...claim.spec.resources, [name]: amounts } };
  }
}

export function validateClaim({ spec }: PersistentVolumeClaim): FieldProblem[] {
  const problems = validateAccessModes(spec.accessModes, 'at least 1 access mode is required');
  problems.push(...validateLabelSelector(spec.selector, 'spec.selector'));
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) problems.push(required('spec.resources[storage]'));
  else {
    const amount = parseQuantity(storage);
    if (amount === undefined) problems.push(invalid('spec.resources[storage]', storage, QUANTITY_ERROR));
    else if (amount <= 0) problems.push(invalid('spec.resources[storage]', storage, 'must be greater than zero'));
  }
  if (spec.storageClassName) {
    for (const text of dns1123SubdomainProblems(spec.storageClassName)) {
      problems.push(invalid('spec.storageClassName', spec.storageClassName, text));
    }
  }
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    problems.push(notSupported('spec.volumeMode', spec.volumeMode, VOLUME_MODES));
  }
  for (const field of ['dataSource', 'dataSourceRef'] as const) {
    const source = spec[field];
    if (source) problems.push(...validateDataSource(source, `spec.${field}`));
  }
  return problems;
}

function validateDataSource(
  { apiGroup, kind, name }: { apiGroup?: string; kind: string; name: string },
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!name) problems.push(required(`${path}.name`));
  if (!kind) problems.push(required(`${path}.kind`));
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    problems.push(invalid(path, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  }
  return problems;
}

/** Only a bound claim's requested size may change, and only upwards; a class may be filled in once. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldProblem[] {
  const { spec } = claim;
  const allowed = { ...old.spec };
  if (old.spec.volumeName === undefined && spec.volumeName !== undefined) allowed.volumeName = spec.volumeName;
  if (old.spec.storageClassName === undefined && spec.storageClassName !== undefined) {
    allowed.storageClassName = spec.storageClassName;
  }
  if (old.status.phase === 'Bound') allowed.resources = { ...old.spec.resources, ...requestsOf(claim) };
  if (old.spec.volumeAttributesClassName !== spec.volumeAttributesClassName) {
    if (spec.volumeAttributesClassName === undefined) delete allowed.volumeAttributesClassName;
    else allowed.volumeAttributesClassName = spec.volumeAttributesClassName;
  }
  if (!deepEqual(spec, allowed)) {
    const detail =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    return [forbidden('spec', detail)];
  }
  // The request may go back after a failed expansion, but volumes do not shrink.
  const size = wholeValue(spec.resources.requests?.['storage']);
  const isLess = size < wholeValue(old.spec.resources.requests?.['storage']);
  if (isLess && size <= wholeValue(old.status.capacity?.['storage'])) {
    return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')];
  }
  return [];
}

function requestsOf({ spec }: PersistentVolumeClaim): { requests?: Record<string, string> } {
  return spec.resources.requests ? { requests: spec.resources.requests } : {};
}

/** The admission plugin DefaultStorageClass: a claim that says nothing of its class gets the default one. */
export const defaultStorageClassPlugin: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  kinds: [PersistentVolumeClaim],
  mutate(object, old, { view }) {
    const claim = object as PersistentVolumeClaim;
    if (old || claim.spec.storageClassName !== undefined) return undefined;
    if (claim.metadata.annotations?.[BETA_CLASS] !== undefined) return undefined;
    const storageClass = defaultClass(view);
    if (storageClass) claim.spec = { ...claim.spec, storageClassName: storageClass.metadata.name };
    return undefined;
  },
};

/** The admission plugin PersistentVolumeClaimResize: only what its class can expand may grow. */
export const claimResizePlugin: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  kinds: [PersistentVolumeClaim],
  validate(object: KubeObject, old: KubeObject | undefined, { view }: AdmissionContext): ApiError | undefined {
    if (!old) return undefined;
    const claim = object as PersistentVolumeClaim;
    const size = wholeValue(claim.spec.resources.requests?.['storage']);
    const before = wholeValue((old as PersistentVolumeClaim).spec.resources.requests?.['storage']);
    if (size <= before) return undefined;
    const storageClass = view.get(StorageClass, undefined, classOfClaim(claim));
    if (storageClass?.allowVolumeExpansion) return undefined;
    const why =
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
    return forbiddenObject(PersistentVolumeClaim.plural, '', claim.metadata.name, why);
  },
};
