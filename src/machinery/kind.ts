import { groupOf, type KubeObject } from './object.ts';

/**
 * A kind of object, as a typed token: `view.get(Pod, 'default', 'web-0')` gives a Pod.
 * `key` names it in maps, rows and ids: the plain kind for Kubernetes' own groups, `Kind.group` for custom resources.
 */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly key: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  /** Never set: carries the object's type. */
  readonly objectType?: T;
}

export interface KindNames {
  apiVersion: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  singular?: string;
  shortNames?: readonly string[];
}

export function defineKind<T extends KubeObject>(names: KindNames): Kind<T> {
  return {
    key: kindKey(names.apiVersion, names.kind),
    apiVersion: names.apiVersion,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    namespaced: names.namespaced,
  };
}

const BUILT_IN_GROUPS = new Set(['', 'apps', 'batch', 'autoscaling', 'policy', 'extensions', 'orrery.dev']);

/** Whether a group is Kubernetes' (or Orrery's) own, so that its kinds need no qualification. */
export function isBuiltInGroup(group: string): boolean {
  return BUILT_IN_GROUPS.has(group) || (group.endsWith('.k8s.io') && !CRD_K8S_IO_GROUPS.has(group));
}

/** Groups under k8s.io whose kinds come from CustomResourceDefinitions. */
const CRD_K8S_IO_GROUPS = new Set(['metrics.k8s.io', 'snapshot.storage.k8s.io']);

/** The key of a kind: see `Kind.key`. Versions of one group share their key. */
export function kindKey(apiVersion: string, kind: string): string {
  const group = groupOf(apiVersion);
  return isBuiltInGroup(group) ? kind : `${kind}.${group}`;
}
