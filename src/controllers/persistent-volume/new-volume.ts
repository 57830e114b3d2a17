import { placeOf } from '../../kinds/csidriver/queries.ts';
import { HOSTNAME_LABEL, Node, ZONE_LABEL } from '../../kinds/node/types.ts';
import type { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import {
  PROVISIONED_BY,
  PROVISIONER_FINALIZER,
  SELECTED_NODE,
  type PersistentVolumeClaim,
} from '../../kinds/persistentvolumeclaim/types.ts';
import type { StorageClass } from '../../kinds/storageclass/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import type { NewObject } from '../../machinery/object.ts';

/**
 * The volume that a provisioner makes for a claim. Source: external-provisioner pkg/controller/controller.go
 * (Provision), topology.go.
 */

type Spec = PersistentVolume['spec'];

export function newVolume(
  api: ControllerApi,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  driver: string,
): NewObject<PersistentVolume> {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const volumeName = `pvc-${uid}`;
  const { reclaimPolicy, mountOptions, provisioner, parameters } = storageClass;
  const fileSystem = parameters?.['csi.storage.k8s.io/fstype'];
  const nodeAffinity = affinityOf(api, claim, storageClass, driver);
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: volumeName,
      annotations: { [PROVISIONED_BY]: provisioner },
      ...(reclaimPolicy === 'Delete' ? { finalizers: [PROVISIONER_FINALIZER] } : {}),
    },
    spec: {
      accessModes: claim.spec.accessModes,
      capacity: { storage: claim.spec.resources.requests?.['storage'] ?? '0' },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        ...(namespace === undefined ? {} : { namespace }),
        name,
        uid,
        resourceVersion,
      },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      ...(mountOptions ? { mountOptions } : {}),
      ...(placeOf(driver) === 'in a directory'
        ? { hostPath: { path: `/var/lib/volumes/${volumeName}`, type: 'DirectoryOrCreate' } }
        : { csi: { driver, volumeHandle: volumeName, ...(fileSystem ? { fsType: fileSystem } : {}) } }),
      ...(claim.spec.volumeAttributesClassName
        ? { volumeAttributesClassName: claim.spec.volumeAttributesClassName }
        : {}),
      ...(nodeAffinity ? { nodeAffinity } : {}),
    },
    status: { phase: 'Pending' },
  };
}

/** From where the volume can be reached: its node, its zone, or (undefined) everywhere. */
function affinityOf(
  api: ControllerApi,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  driver: string,
): Spec['nodeAffinity'] {
  const place = placeOf(driver);
  if (place === undefined) return undefined;
  const selected = claim.metadata.annotations?.[SELECTED_NODE];
  const node = selected === undefined ? undefined : api.get(Node, undefined, selected);
  if (place !== 'in a zone') {
    return node && requiring([[HOSTNAME_LABEL, node.metadata.labels?.[HOSTNAME_LABEL] ?? node.metadata.name]]);
  }
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  if (zone !== undefined) return requiring([[ZONE_LABEL, zone]]);
  return node ? undefined : somewhere(api, claim, storageClass);
}

/** One of the topologies that the class allows, else one of the zones there are. */
function somewhere(
  api: ControllerApi,
  claim: PersistentVolumeClaim,
  { allowedTopologies }: StorageClass,
): Spec['nodeAffinity'] {
  const pick = <T>(among: readonly T[], purpose: string): T | undefined =>
    among[Math.floor(api.random(claim.metadata.uid, purpose) * among.length)];
  const term = allowedTopologies && pick(allowedTopologies, 'topology');
  if (term?.matchLabelExpressions?.length) {
    return requiring(term.matchLabelExpressions.map(({ key, values }) => [key, pick(values, key) ?? '']));
  }
  const zones = new Set<string>();
  for (const { metadata } of api.iterate(Node)) {
    const zone = metadata.labels?.[ZONE_LABEL];
    if (zone !== undefined) zones.add(zone);
  }
  const zone = pick([...zones].sort(), 'zone');
  return zone === undefined ? undefined : requiring([[ZONE_LABEL, zone]]);
}

function requiring(labels: readonly (readonly [key: string, value: string])[]): NonNullable<Spec['nodeAffinity']> {
  const matchExpressions = labels.map(([key, value]) => ({ key, operator: 'In' as const, values: [value] }));
  return { required: { nodeSelectorTerms: [{ matchExpressions }] } };
}
