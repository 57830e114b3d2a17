import type { KubeObject } from '../machinery/object.ts';
import type { ClusterReplica } from '../machinery/ports.ts';
import type { ApiContext } from './context.ts';

const DEFAULT_CLUSTER = 'default';
const DEFAULT_NAMESPACE = 'default';

/**
 * What a person types instead of an id: `deployment/web` (namespace default), `deployment/shop/web`, `node/node-1`, each
 * with the cluster's name before it where it is not `default`. An id of ours never holds a slash.
 */
export function isReference(id: string): boolean {
  return id.includes('/');
}

export interface Referenced {
  replica: ClusterReplica;
  object: KubeObject;
}

/** The object a reference names; undefined when there is none. */
export function findReferenced(text: string, { clusters, catalog }: ApiContext): Referenced | undefined {
  const parts = text.split('/');
  return find(parts, DEFAULT_CLUSTER) ?? find(parts.slice(1), parts[0] ?? '');

  function find(words: readonly string[], cluster: string): Referenced | undefined {
    const replica = clusters.get(cluster);
    const [word = '', first = '', second] = words;
    if (!replica || words.length < 2 || words.length > 3) return undefined;
    const { view } = replica;
    const key = catalog.keyOfWord(word, view);
    const candidates =
      second === undefined
        ? view.listKey(key, DEFAULT_NAMESPACE).concat(view.listKey(key).filter(isClusterScoped))
        : view.listKey(key, first);
    const object = candidates.find(({ metadata }) => metadata.name === (second ?? first));
    return object && { replica, object };
  }
}

function isClusterScoped({ metadata }: KubeObject): boolean {
  return metadata.namespace === undefined;
}
