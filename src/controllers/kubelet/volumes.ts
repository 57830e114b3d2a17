import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { Kind } from '../../machinery/kind.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import { CONFIG_MAP, findConfiguration, hasKey, missing, SECRET, type Configuration } from './references.ts';

/**
 * What stands in the way of mounting a pod's volumes, in the kubelet's words.
 * Source: pkg/volume/configmap, secret, projected.
 */

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
  const object = findConfiguration(view, kind, pod, name);
  const lost = object && items?.find(({ key }) => !hasKey(object, key));
  if (!lost) return undefined;
  return kind === SECRET
    ? 'references non-existent secret key: ' + lost.key
    : 'references non-existent config key: ' + lost.key;
}
