import { driverOf, isSimulated } from '../../kinds/csidriver/queries.ts';
import { storageDisturbance } from '../../kinds/fault/queries.ts';
import { Node } from '../../kinds/node/types.ts';
import {
  classOfClaim,
  PROVISIONERS,
  SELECTED_NODE,
  type PersistentVolumeClaim,
} from '../../kinds/persistentvolumeclaim/types.ts';
import { StorageClass } from '../../kinds/storageclass/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { MINUTE_MS, SECOND_MS } from '../../machinery/time.ts';
import { claimKey } from './matching.ts';
import { newVolume } from './new-volume.ts';
import { once } from './say-once.ts';

/**
 * Dynamic provisioning of a claim that no volume suits: the claim is handed to the class's provisioner, and a simulated
 * one makes the volume after a while, again and again while that fails. Sources: pv_controller.go (provisionClaim,
 * provisionClaimOperationExternal), sig-storage-lib-external-provisioner (provisionClaimOperation).
 */

/** How long a simulated provisioner takes to make a volume. */
const PROVISIONING_MS = 2 * SECOND_MS;
/** --retry-interval-start and --retry-interval-max of external provisioners. */
const FIRST_RETRY_MS = SECOND_MS;
const LAST_RETRY_MS = 5 * MINUTE_MS;

/** Provisioners of the Kubernetes tree: those that CSI drivers have not taken over are no more. */
const IN_TREE = 'kubernetes.io/';

export function provisionClaim(api: ControllerApi, claim: PersistentVolumeClaim): void {
  const className = classOfClaim(claim);
  const storageClass = api.get(StorageClass, undefined, className);
  if (!storageClass) {
    const message = `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`;
    once(api, claim, 'Warning', 'ProvisioningFailed', message);
    return;
  }
  const driver = driverOf(storageClass.provisioner);
  if (driver.startsWith(IN_TREE)) {
    once(api, claim, 'Warning', 'ProvisioningFailed', `no volume plugin matched name: ${driver}`);
    return;
  }
  const handed = handOver(api, claim, driver);
  if (handed && isSimulated(driver)) continueProvisioning(api, handed, storageClass, driver);
}

/** Marks the claim for its provisioner and says that it is waited for: when it is marked, and when that was seen. */
function handOver(api: ControllerApi, claim: PersistentVolumeClaim, driver: string): PersistentVolumeClaim | undefined {
  const message = `Waiting for a volume to be created either by the external provisioner '${driver}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  const annotations = { ...claim.metadata.annotations };
  const isNew = PROVISIONERS.some((name) => annotations[name] !== driver);
  let handed = claim;
  if (isNew) {
    for (const name of PROVISIONERS) annotations[name] = driver;
    const marked = api.update({ ...claim, metadata: { ...claim.metadata, annotations } });
    if (!marked.ok) return undefined;
    handed = marked.value;
    api.event(handed, 'Normal', 'ExternalProvisioning', message);
  }
  once(api, handed, 'Normal', 'ExternalProvisioning', message);
  return api.byUid(claim.metadata.uid) as PersistentVolumeClaim | undefined;
}

function continueProvisioning(
  api: ControllerApi,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  driver: string,
): void {
  const { provisioningUntilMs: until, provisioningRetryAtMs: retryAt, ...runtime } = claim.runtime ?? {};
  if (until !== undefined) {
    if (api.now < until) return api.requeueAt(until);
    return finishAttempt(api, claim, storageClass, driver);
  }
  if (retryAt !== undefined && api.now < retryAt) return api.requeueAt(retryAt, { background: true });
  const selected = claim.metadata.annotations?.[SELECTED_NODE];
  if (selected !== undefined && !api.get(Node, undefined, selected)) return askSchedulerAgain(api, claim);
  const message = `External provisioner is provisioning volume for claim ${JSON.stringify(claimKey(claim))}`;
  api.event(claim, 'Normal', 'Provisioning', message, { source: driver });
  const end = api.now + PROVISIONING_MS + storageDisturbance(api, driver, 'PROVISION').delayMs;
  api.updateStatus({ ...claim, runtime: { ...runtime, provisioningUntilMs: end } });
  api.requeueAt(end);
}

/** The node that the scheduler chose is gone. */
function askSchedulerAgain(api: ControllerApi, claim: PersistentVolumeClaim): void {
  const { [SELECTED_NODE]: _, ...annotations } = claim.metadata.annotations ?? {};
  api.update({ ...claim, metadata: { ...claim.metadata, annotations } });
}

function finishAttempt(
  api: ControllerApi,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  driver: string,
): void {
  const { error } = storageDisturbance(api, driver, 'PROVISION');
  const created = error === undefined ? api.create(newVolume(api, claim, storageClass, driver)) : undefined;
  if (created?.ok) {
    const message = `Successfully provisioned volume ${created.value.metadata.name}`;
    api.event(claim, 'Normal', 'ProvisioningSucceeded', message, { source: driver });
    return;
  }
  const why = error ?? (created?.ok === false ? created.error.message : '');
  const message = `failed to provision volume with StorageClass ${JSON.stringify(storageClass.metadata.name)}: ${why}`;
  api.event(claim, 'Warning', 'ProvisioningFailed', message, { source: driver });
  const { provisioningUntilMs: _, provisioningFailures: failures = 0, ...runtime } = claim.runtime ?? {};
  const retryAt = api.now + Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 20), LAST_RETRY_MS);
  const next = { ...runtime, provisioningFailures: failures + 1, provisioningRetryAtMs: retryAt };
  api.updateStatus({ ...claim, runtime: next });
  api.requeueAt(retryAt, { background: true });
}
