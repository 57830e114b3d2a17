import type { PodSync } from './pod-sync.ts';
import { findConfiguration, SECRET } from './references.ts';

/**
 * Says which of the Secrets that a pod's images are to be pulled with are not there. The kubelet does so when a pull has
 * failed; one that succeeds needed none of them. Source: pkg/kubelet/kubelet.go (SyncPod), kubelet_pods.go
 * (getPullSecretsForPod).
 */
export function reportMissingPullSecrets(sync: PodSync): void {
  const { imagePullSecrets } = sync.pod.spec;
  if (!imagePullSecrets?.length) return;
  const missing = imagePullSecrets.flatMap(({ name }) =>
    name && !findConfiguration(sync.api, SECRET, sync.pod, name) ? name : [],
  );
  if (missing.length === 0) return;
  const message = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`;
  sync.event('Warning', 'FailedToRetrieveImagePullSecret', message);
}
