import type { ClusterView } from '../machinery/cluster-view.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { ClusterReplica } from '../machinery/ports.ts';
import type { Catalog } from './catalog.ts';
import type { ApiContext } from './context.ts';
import { decodeId } from './global-id.ts';

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
    const object = replica && findByWords(words, replica.view, catalog);
    return object && { replica, object };
  }
}

/** What an id or a reference without cluster names in one view, live or past; undefined when there is none. */
export function findInView(text: string, view: ClusterView, catalog: Catalog): KubeObject | undefined {
  if (isReference(text)) return findByWords(text.split('/'), view, catalog);
  const parts = decodeId(text);
  return parts?.cluster === view.cluster ? view.byUid(parts.uid) : undefined;
}

function findByWords(words: readonly string[], view: ClusterView, catalog: Catalog): KubeObject | undefined {
  const [word = '', first = '', second] = words;
  if (words.length < 2 || words.length > 3) return undefined;
  const key = catalog.keyOfWord(word, view);
  const candidates =
    second === undefined
      ? view.listKey(key, DEFAULT_NAMESPACE).concat(view.listKey(key).filter(isClusterScoped))
      : view.listKey(key, first);
  return candidates.find(({ metadata }) => metadata.name === (second ?? first));
}

function isClusterScoped({ metadata }: KubeObject): boolean {
  return metadata.namespace === undefined;
}
