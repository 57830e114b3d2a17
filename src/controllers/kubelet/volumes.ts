import type { IVolume } from 'kubernetes-models/v1/Volume';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { mapsOf } from '../../kinds/pod/projected-files.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import { CONFIG_MAP, findConfiguration, hasKey, missing, SECRET } from './references.ts';

/**
 * What stands in the way of mounting a pod's volumes, in the kubelet's words.
 * Source: pkg/volume/configmap, secret, projected (MakePayload, collectData).
 */

type MapReference = ReturnType<typeof mapsOf>[number];

/** Why volumes cannot be mounted, a sentence each as its FailedMount event says it; none when all can. */
export function volumeProblems(view: ClusterView, pod: Pod): readonly string[] {
  const sentences: string[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const problem = volumeProblem(view, pod, volume);
    if (problem === undefined) continue;
    sentences.push(`MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${problem}`);
  }
  return sentences;
}

/** What one volume lacks; undefined when it lacks nothing. */
export function volumeProblem(view: ClusterView, pod: Pod, volume: IVolume): string | undefined {
  const problems = new Set<string>();
  for (const reference of mapsOf(volume)) {
    const problem = payloadProblem(view, pod, reference);
    if (problem !== undefined) problems.add(problem);
  }
  if (problems.size === 0) return undefined;
  const words = [...problems].join(', ');
  return problems.size === 1 ? words : `[${words}]`;
}

function payloadProblem(
  view: ClusterView,
  pod: Pod,
  { kind, name, items, optional }: MapReference,
): string | undefined {
  if (optional || !name) return undefined;
  const token = kind === 'Secret' ? SECRET : CONFIG_MAP;
  const absent = missing(view, token, pod, name);
  if (absent) return absent;
  const object = findConfiguration(view, token, pod, name);
  const lost = object && items?.find(({ key }) => !hasKey(object, key));
  if (!lost) return undefined;
  return kind === 'Secret'
    ? `references non-existent secret key: ${lost.key}`
    : `configmap references non-existent config key: ${lost.key}`;
}
