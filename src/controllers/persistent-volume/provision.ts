import { Node } from '../../kinds/node/types.ts';
import { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import {
  PROVISIONED_BY,
  PROVISIONERS,
  SELECTED_NODE,
  classOfClaim,
  type PersistentVolumeClaim,
} from '../../kinds/persistentvolumeclaim/types.ts';
import { StorageClass } from '../../kinds/storageclass/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import type { NewObject } from '../../machinery/object.ts';
import { isNodeLocal, isSimulated, NO_PROVISIONER } from './provisioners.ts';

/** How long a simulated provisioner takes to make a volume. */
const PROVISIONING_MS = 2000;

/**
 * Dynamic provisioning of a claim that no volume suits (provisionClaim): the claim is handed to the class's provisioner,
 * and a simulated one makes the volume after a while.
 */
export function provisionClaim(api: ControllerApi, claim: PersistentVolumeClaim): void {
  const className = classOfClaim(claim);
  const storageClass = api.get(StorageClass, undefined, className);
  if (!storageClass) {
    const message = `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`;
    once(api, claim, 'Warning', 'ProvisioningFailed', message);
    return;
  }
  if (storageClass.provisioner === NO_PROVISIONER) {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    once(api, claim, 'Normal', 'FailedBinding', message);
    return;
  }
  const handed = handOver(api, claim, storageClass);
  if (!isSimulated(storageClass)) return;
  const since = handed.runtime?.provisioningSinceMs;
  const source = storageClass.provisioner;
  if (since === undefined) {
    const message = `External provisioner is provisioning volume for claim ${JSON.stringify(`${claim.metadata.namespace}/${claim.metadata.name}`)}`;
    api.event(handed, 'Normal', 'Provisioning', message, { source });
    api.updateStatus({ ...handed, runtime: { ...handed.runtime, provisioningSinceMs: api.now } });
    api.requeueAt(api.now + PROVISIONING_MS);
  } else if (api.now < since + PROVISIONING_MS) {
    api.requeueAt(since + PROVISIONING_MS);
  } else {
    const created = api.create(volumeOf(api, handed, storageClass));
    const name = created.ok ? created.value.metadata.name : `pvc-${claim.metadata.uid}`;
    if (created.ok) {
      const message = `Successfully provisioned volume ${name}`;
      api.event(handed, 'Normal', 'ProvisioningSucceeded', message, { source });
    } else {
      api.event(handed, 'Warning', 'ProvisioningFailed', created.error.message, { source });
    }
  }
}

/** Marks the claim for its provisioner and says that it is waited for. */
function handOver(api: ControllerApi, claim: PersistentVolumeClaim, storageClass: StorageClass): PersistentVolumeClaim {
  const { provisioner } = storageClass;
  const annotations = { ...claim.metadata.annotations };
  for (const name of PROVISIONERS) annotations[name] = provisioner;
  const marked = api.update({ ...claim, metadata: { ...claim.metadata, annotations } });
  const handed = marked.ok ? marked.value : claim;
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  once(api, handed, 'Normal', 'ExternalProvisioning', message, claim);
  return handed;
}

/** Says something when the claim's look changes, not at every look at it. */
export function once(
  api: ControllerApi,
  claim: PersistentVolumeClaim,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  before: PersistentVolumeClaim = claim,
): void {
  const said = before.runtime?.said;
  if (said === reason) return;
  api.event(claim, type, reason, message);
  const current = api.byUid(claim.metadata.uid) as PersistentVolumeClaim | undefined;
  if (current) api.updateStatus({ ...current, runtime: { ...current.runtime, said: reason } });
}

function volumeOf(
  api: ControllerApi,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
): NewObject<PersistentVolume> {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const volumeName = `pvc-${uid}`;
  const selected = claim.metadata.annotations?.[SELECTED_NODE];
  const node = selected === undefined ? undefined : api.get(Node, undefined, selected);
  const isLocal = isNodeLocal(storageClass);
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations: { [PROVISIONED_BY]: storageClass.provisioner } },
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
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      ...(storageClass.mountOptions ? { mountOptions: storageClass.mountOptions } : {}),
      ...(isLocal
        ? { hostPath: { path: `/var/lib/volumes/${volumeName}`, type: 'DirectoryOrCreate' } }
        : { csi: { driver: storageClass.provisioner, volumeHandle: volumeName } }),
      ...(isLocal && node ? { nodeAffinity: onNode(node) } : {}),
    },
    status: { phase: 'Pending' },
  };
}

function onNode(node: Node): NonNullable<PersistentVolume['spec']['nodeAffinity']> {
  const hostname = node.metadata.labels?.['kubernetes.io/hostname'] ?? node.metadata.name;
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In' as const, values: [hostname] }];
  return { required: { nodeSelectorTerms: [{ matchExpressions }] } };
}
