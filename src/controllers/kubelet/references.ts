import type { ClusterView } from '../../machinery/cluster-view.ts';
import { defineKind, type Kind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';
import type { Pod } from '../../kinds/pod/types.ts';

/**
 * The ConfigMaps and Secrets that a pod's volumes need: what is missing, in the kubelet's words.
 * Source: pkg/volume/configmap, secret.
 */

export interface Configuration extends KubeObject {
  data?: StringMap;
  binaryData?: StringMap;
}

/** For look-ups; the kinds' own definitions are elsewhere. */
export const CONFIG_MAP: Kind<Configuration> = defineKind({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
});
export const SECRET: Kind<Configuration> = defineKind({
  apiVersion: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
});

/** Published into every namespace by a controller of its own. */
const ROOT_CA = 'kube-root-ca.crt';

const words = (kind: Kind) => (kind === SECRET ? 'secret' : 'configmap');

export function findConfiguration(
  view: ClusterView,
  kind: Kind<Configuration>,
  pod: Pod,
  name: string,
): Configuration | undefined {
  return view.get(kind, pod.metadata.namespace, name);
}

export function missing(
  view: ClusterView,
  kind: Kind<Configuration>,
  pod: Pod,
  name: string | undefined,
): string | undefined {
  if (!name || (kind === CONFIG_MAP && name === ROOT_CA)) return undefined;
  return findConfiguration(view, kind, pod, name) ? undefined : `${words(kind)} ${JSON.stringify(name)} not found`;
}

export function hasKey({ data, binaryData }: Configuration, key: string): boolean {
  return (
    (data !== undefined && Object.hasOwn(data, key)) || (binaryData !== undefined && Object.hasOwn(binaryData, key))
  );
}
