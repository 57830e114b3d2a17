import type { Pod } from '../../kinds/pod/types.ts';

const NO_CLAIMS: readonly string[] = [];

/** The claims a pod names itself, as `namespace/name`. */
export function claimKeys(pod: Pod): readonly string[] {
  let keys: string[] | undefined;
  for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
    if (persistentVolumeClaim) (keys ??= []).push(`${pod.metadata.namespace}/${persistentVolumeClaim.claimName}`);
  }
  return keys ?? NO_CLAIMS;
}
