import { REVISION_LABEL } from '../controllerrevision/types.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { isPodTerminal } from '../pod/queries.ts';
import type { Pod, PodTemplateSpec } from '../pod/types.ts';
import { daemonTolerations } from './eligibility.ts';
import { TEMPLATE_GENERATION, TEMPLATE_GENERATION_LABEL, type DaemonSet } from './types.ts';

/** Daemons and the nodes they are meant for. Source: pkg/controller/daemon/util/daemonset_util.go. */

/** The template of the pod for one node: bound there by the scheduler through a field of node affinity. */
export function templateFor(set: DaemonSet, hash: string, nodeName: string): PodTemplateSpec {
  const { metadata, spec } = set.spec.template;
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION];
  const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }] }];
  return {
    metadata: {
      ...metadata,
      labels: {
        ...metadata?.labels,
        ...(generation === undefined ? {} : { [TEMPLATE_GENERATION_LABEL]: generation }),
        [REVISION_LABEL]: hash,
      },
    },
    spec: {
      ...spec,
      affinity: {
        ...spec.affinity,
        nodeAffinity: {
          ...spec.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
        },
      },
      tolerations: daemonTolerations(spec) as NonNullable<Pod['spec']['tolerations']>,
    },
  };
}

/** The node a daemon runs on or is meant for (GetTargetNodeName); undefined when it cannot be told. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields } of terms) {
    for (const { key, operator, values } of matchFields ?? []) {
      if (key === 'metadata.name' && operator === 'In' && values?.length === 1) return values[0];
    }
  }
  return undefined;
}

/** The pods by the nodes they are meant for, without those that are finished and on their way out. */
export function groupByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const name = targetNode(pod);
    if (name === undefined || (isBeingDeleted(pod) && isPodTerminal(pod))) continue;
    const group = groups.get(name);
    if (group) group.push(pod);
    else groups.set(name, [pod]);
  }
  return groups;
}

/** podByCreationTimestampAndPhase: those that are bound first, then the oldest. */
export function byAge(left: Pod, right: Pod): number {
  const bound = Number(Boolean(right.spec.nodeName)) - Number(Boolean(left.spec.nodeName));
  if (bound !== 0) return bound;
  const one = left.metadata.creationTimestamp;
  const other = right.metadata.creationTimestamp;
  if (one !== other) return one < other ? -1 : 1;
  return left.metadata.name < right.metadata.name ? -1 : 1;
}

export function isUpdated(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[REVISION_LABEL] === hash;
}
