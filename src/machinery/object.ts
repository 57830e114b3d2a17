/**
 * The shape every Kubernetes API object has, and the few questions one asks of any of them.
 *
 * Objects are immutable once they are in a cluster: whoever changes one makes a new object and shares every part that
 * did not change (`{ ...pod, status }`). That sharing is how the store knows which sections of a row to write.
 */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export type StringMap = Record<string, string>;

export interface ManagedFieldsEntry {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: Record<string, unknown>;
  subresource?: string;
}

/** `metadata` of an object as it is stored: the system's fields are always there. Times are RFC 3339, simulated. */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid: string;
  labels?: StringMap;
  annotations?: StringMap;
  generation?: number;
  /** The revision of the cluster that wrote this object last, in decimal. */
  resourceVersion: string;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: readonly ManagedFieldsEntry[];
}

/** Any object. `runtime` is the simulated machinery's private memory (see docs/architecture.md) and no part of the manifest. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
  runtime?: unknown;
}

/** What is asked to be created: the system's fields of `metadata` are filled in by the engine. */
export type NewObject<T extends KubeObject = KubeObject> = Omit<T, 'metadata'> & {
  metadata: Partial<ObjectMeta>;
};

/** `namespace/name`, or the name alone for cluster-scoped objects: unique among the objects of one kind. */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** `objectKey` of an object. */
export function keyOf(object: { metadata: { namespace?: string; name?: string } }): string {
  return objectKey(object.metadata.namespace, object.metadata.name ?? '');
}

/** The inverse of `objectKey`; a cluster-scoped key gives an undefined namespace. */
export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The one owner reference with `controller: true`, if any (metav1.GetControllerOf). */
export function controllerRef(object: {
  metadata: { ownerReferences?: OwnerReference[] };
}): OwnerReference | undefined {
  const references = object.metadata.ownerReferences;
  if (!references) return undefined;
  for (const reference of references) if (reference.controller) return reference;
  return undefined;
}

/** A controlling owner reference to `owner` (metav1.NewControllerRef). */
export function newControllerRef(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function isBeingDeleted(object: { metadata: { deletionTimestamp?: string } }): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** The API group of an apiVersion: `''` for core, `apps` for `apps/v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
