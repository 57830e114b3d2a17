import { createHash } from 'node:crypto';
import type { ClusterView } from '../machinery/cluster-view.ts';
import { canonicalJson } from '../machinery/equality.ts';
import { keyOf, type KubeObject } from '../machinery/object.ts';

/** Objects never change: the digest of each is worked out once. */
const digests = new WeakMap<KubeObject, string>();
const OBJECTS_PER_TURN = 200;

/**
 * SHA-256 over the canonical JSON of every object but Events, in the order of kinds and names: the same seed and the same
 * commands give the same hash. The objects are those at the time of the call; the work is done in small portions.
 */
export async function stateHash(view: ClusterView): Promise<string> {
  const objects = view
    .kindKeys()
    .filter((kind) => kind !== 'Event')
    .flatMap((kind) => [...view.listKey(kind)].sort(byKey));
  const hash = createHash('sha256');
  let fresh = 0;
  for (const object of objects) {
    let digest = digests.get(object);
    if (digest === undefined) {
      digest = createHash('sha256').update(canonicalJson(object)).digest('base64');
      digests.set(object, digest);
      if (++fresh % OBJECTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    hash.update(digest);
  }
  return hash.digest('hex');
}

function byKey(left: KubeObject, right: KubeObject): number {
  const one = keyOf(left);
  const other = keyOf(right);
  return one < other ? -1 : one > other ? 1 : 0;
}
