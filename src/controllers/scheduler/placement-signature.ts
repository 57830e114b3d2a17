import type { StringMap } from '../../machinery/object.ts';
import type { Selector } from '../../machinery/selector.ts';
import type { AffinityTerm } from './affinity-terms.ts';
import type { PodInfo } from './pod-info.ts';
import { imagesOf } from './plugins/image-locality.ts';
import type { SoftConstraints, SpreadConstraint } from './topology-constraints.ts';

/**
 * A text that is the same for pods that no plugin can tell apart (priority aside). Of the labels only those count that
 * something asks for: the pod's own constraints, or (`termKeys`) the affinity of pods that are on nodes.
 */
export function signatureOf(
  info: PodInfo,
  hard: readonly SpreadConstraint[],
  soft: SoftConstraints,
  termKeys: ReadonlySet<string>,
): string {
  const { spec, metadata } = info.pod;
  const { requests, nonZeroMilliCpu, nonZeroMemory } = info.resources;
  const parts: unknown[] = [
    metadata.namespace,
    requests.milliCpu,
    requests.memory,
    requests.ephemeralStorage,
    nonZeroMilliCpu,
    nonZeroMemory,
    imagesOf(spec),
    spec.tolerations,
  ];
  if (requests.scalars) parts.push(['scalars', ...requests.scalars]);
  if (info.hostPorts.length > 0) parts.push(['ports', info.hostPorts]);
  if (spec.nodeSelector) parts.push(['selector', spec.nodeSelector]);
  if (spec.affinity?.nodeAffinity) parts.push(['affinity', spec.affinity.nodeAffinity]);
  if (soft.constraints.length > 0) parts.push(['soft', soft]);
  const keys = new Set(termKeys);
  for (const { selector } of hard) addKeys(keys, selector);
  if (hard.length > 0) parts.push(['hard', hard]);
  if (info.hasAffinity) {
    for (const { selector } of info.requiredAffinity) addKeys(keys, selector);
    parts.push([
      'pods',
      info.requiredAffinity.map(plainTerm),
      info.requiredAntiAffinity.map(plainTerm),
      info.preferredAffinity.map(plainTerm),
      info.preferredAntiAffinity.map(plainTerm),
    ]);
  }
  if (keys.size > 0) parts.push(['labels', pick(metadata.labels, keys)]);
  return JSON.stringify(parts);
}

function addKeys(keys: Set<string>, { requirements }: Selector): void {
  for (const { key } of requirements) keys.add(key);
}

function plainTerm(term: AffinityTerm): unknown {
  return { ...term, namespaces: [...term.namespaces] };
}

function pick(labels: StringMap | undefined, keys: ReadonlySet<string>): StringMap {
  const picked: StringMap = {};
  for (const key of [...keys].sort()) if (labels?.[key] !== undefined) picked[key] = labels[key];
  return picked;
}
