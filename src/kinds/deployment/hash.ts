import type { PodTemplateSpec } from '../pod/types.ts';
import { canonicalJson } from '../../machinery/equality.ts';
import { safeEncode } from '../../machinery/random.ts';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const MAX_NAME_LENGTH = 253;

/**
 * The `pod-template-hash` of a template: FNV-1a (32 bits) of its canonical JSON, then of the collision count, written in
 * Kubernetes' safe alphabet. The algorithm is that of pkg/controller/controller_utils.go (ComputeHash) but for its input:
 * upstream hashes Go's printing of the struct, so the letters differ from a real cluster's.
 */
export function podTemplateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  const suffix = collisionCount === undefined ? '' : `\u0000${collisionCount}`;
  return safeEncode(String(fnv1a32(canonicalJson(template) + suffix)));
}

function fnv1a32(text: string): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  }
  return hash >>> 0;
}

/** The name of the ReplicaSet for a hash: `web-6b474476c4`, the Deployment's part cut where it is too long. */
export function replicaSetName(deploymentName: string, hash: string): string {
  return `${deploymentName.slice(0, MAX_NAME_LENGTH - hash.length - 1)}-${hash}`;
}
