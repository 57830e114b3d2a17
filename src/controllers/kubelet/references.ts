import type { ClusterView } from '../../machinery/cluster-view.ts';
import { defineKind, type Kind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';
import type { Container, Pod } from '../../kinds/pod/types.ts';

/**
 * The ConfigMaps and Secrets a pod needs: what is missing, in the kubelet's words.
 * Source: pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), pkg/volume/configmap, secret, projected.
 */

interface Configuration extends KubeObject {
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

function find(view: ClusterView, kind: Kind<Configuration>, pod: Pod, name: string): Configuration | undefined {
  return view.get(kind, pod.metadata.namespace, name);
}

function missing(view: ClusterView, kind: Kind<Configuration>, pod: Pod, name: string | undefined): string | undefined {
  if (!name || (kind === CONFIG_MAP && name === ROOT_CA)) return undefined;
  return find(view, kind, pod, name) ? undefined : `${words(kind)} ${JSON.stringify(name)} not found`;
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
  const object = find(view, kind, pod, reference.name ?? '');
  if (!object || hasKey(object, reference.key)) return undefined;
  const title = kind === SECRET ? 'Secret' : 'ConfigMap';
  return `couldn't find key ${reference.key} in ${title} ${pod.metadata.namespace}/${reference.name}`;
}

function hasKey({ data, binaryData }: Configuration, key: string): boolean {
  return (
    (data !== undefined && Object.hasOwn(data, key)) || (binaryData !== undefined && Object.hasOwn(binaryData, key))
  );
}

type Items = readonly { key: string }[] | undefined;

/** Why a volume cannot be mounted, as the FailedMount event says it; undefined when all can. */
export function volumeProblem(view: ClusterView, pod: Pod): string | undefined {
  for (const volume of pod.spec.volumes ?? []) {
    const { configMap, secret, projected } = volume;
    const problem =
      (configMap && payloadProblem(view, CONFIG_MAP, pod, configMap.name, configMap.items, configMap.optional)) ??
      (secret && payloadProblem(view, SECRET, pod, secret.secretName, secret.items, secret.optional)) ??
      projected?.sources
        ?.map(
          ({ configMap: map, secret: sealed }) =>
            (map && payloadProblem(view, CONFIG_MAP, pod, map.name, map.items, map.optional)) ??
            (sealed && payloadProblem(view, SECRET, pod, sealed.name, sealed.items, sealed.optional)),
        )
        .find((text) => text !== undefined);
    if (problem) return `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${problem}`;
  }
  return undefined;
}

function payloadProblem(
  view: ClusterView,
  kind: Kind<Configuration>,
  pod: Pod,
  name: string | undefined,
  items: Items,
  optional: boolean | undefined,
): string | undefined {
  if (optional || !name) return undefined;
  const absent = missing(view, kind, pod, name);
  if (absent) return absent;
  const object = find(view, kind, pod, name);
  const lost = object && items?.find(({ key }) => !hasKey(object, key));
  if (!lost) return undefined;
  return kind === SECRET
    ? 'references non-existent secret key: ' + lost.key
    : 'references non-existent config key: ' + lost.key;
}
