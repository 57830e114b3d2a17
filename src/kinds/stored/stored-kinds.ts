import type { KindDefinition } from '../../machinery/definition.ts';
import { defineKind, type KindNames } from '../../machinery/kind.ts';
import { storedColumns } from './columns.ts';
import { KUBERNETES_KINDS } from './types.ts';

/** Kinds with a spec whose generation Kubernetes does not count. */
const WITHOUT_GENERATION = new Set([
  'CertificateSigningRequest',
  'CSINode',
  'IPAddress',
  'Lease',
  'LimitRange',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'Service',
  'ServiceCIDR',
  'VolumeAttachment',
]);

function storedKind(names: KindNames): KindDefinition {
  const columns = storedColumns(names.kind);
  return {
    kind: defineKind(names),
    ...(WITHOUT_GENERATION.has(names.kind) ? { hasGeneration: false } : {}),
    ...(columns ? { columns } : {}),
  };
}

/**
 * Every kind that Kubernetes serves, as an object that is kept, listed and owned and does nothing. Kinds that the model
 * brings to life stand before these in the registry and take their place.
 */
const storedKinds: readonly KindDefinition[] = KUBERNETES_KINDS.map(storedKind);

/** The definitions with stored kinds in the gaps. */
export function withStoredKinds<T extends KindDefinition<any>>(
  modelled: readonly T[],
): readonly (T | KindDefinition)[] {
  const known = new Set(modelled.map(({ kind }) => kind.key));
  return [...modelled, ...storedKinds.filter(({ kind }) => !known.has(kind.key))];
}
