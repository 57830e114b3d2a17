import type { ClusterView } from '../../machinery/cluster-view.ts';
import { defineKind, type Kind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';
import type { Container, Pod } from '../../kinds/pod/types.ts';

/**
 * The ConfigMaps and Secrets a pod needs: what is missing, in the kubelet's words.
 * Source: pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables).
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

/** Why a container's environment cannot be made; undefined when it can. */
export function environmentProblem(view: ClusterView, pod: Pod, container: Container): string | undefined {
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    const problem =
      (configMapRef && !configMapRef.optional && missing(view, CONFIG_MAP, pod, configMapRef.name)) ||
      (secretRef && !secretRef.optional && missing(view, SECRET, pod, secretRef.name));
    if (problem) return problem;
  }
  for (const { valueFrom } of container.env ?? []) {
    const problem =
      keyProblem(view, CONFIG_MAP, pod, valueFrom?.configMapKeyRef) ??
      keyProblem(view, SECRET, pod, valueFrom?.secretKeyRef);
    if (problem) return problem;
  }
  return undefined;
}

interface KeyReference {
  name?: string;
  key: string;
  optional?: boolean;
}

function keyProblem(
  view: ClusterView,
  kind: Kind<Configuration>,
  pod: Pod,
  reference: KeyReference | undefined,
): string | undefined {
  if (!reference || reference.optional) return undefined;
  const absent = missing(view, kind, pod, reference.name);
  if (absent) return absent;
  const object = findConfiguration(view, kind, pod, reference.name ?? '');
  if (!object || hasKey(object, reference.key)) return undefined;
  const title = kind === SECRET ? 'Secret' : 'ConfigMap';
  return `couldn't find key ${reference.key} in ${title} ${pod.metadata.namespace}/${reference.name}`;
}

export function hasKey({ data, binaryData }: Configuration, key: string): boolean {
  return (
    (data !== undefined && Object.hasOwn(data, key)) || (binaryData !== undefined && Object.hasOwn(binaryData, key))
  );
}
