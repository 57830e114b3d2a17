import { podFromTemplate } from '../../controllers/replicas/pod-control.ts';
import type { NewObject } from '../../machinery/object.ts';
import { REVISION_LABEL } from '../controllerrevision/types.ts';
import type { Pod, PodTemplateSpec } from '../pod/types.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import type { StatefulSet } from './types.ts';

/** Who the pods of a set are. Source: pkg/controller/statefulset/stateful_set_utils.go. */

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';

/** The ordinal in the name of a pod of this set; undefined when it is no member. */
export function ordinalOf(set: StatefulSet, podName: string): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const text = podName.startsWith(prefix) ? podName.slice(prefix.length) : '';
  return /^\d+$/.test(text) && String(Number(text)) === text ? Number(text) : undefined;
}

export function startOrdinal(set: StatefulSet): number {
  return set.spec.ordinals?.start ?? 0;
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

export function isInRange(set: StatefulSet, ordinal: number): boolean {
  const start = startOrdinal(set);
  return ordinal >= start && ordinal < start + (set.spec.replicas ?? 1);
}

/** The revision a pod was made from; '' when it has none. */
export function podRevision(pod: { metadata: { labels?: Record<string, string> } }): string {
  return pod.metadata.labels?.[REVISION_LABEL] ?? '';
}

export function claimName(template: string, set: StatefulSet, ordinal: number): string {
  return `${template}-${set.metadata.name}-${ordinal}`;
}

/** The claims of one ordinal, as the templates ask for them. */
export function claimsFor(set: StatefulSet, ordinal: number): NewObject<PersistentVolumeClaim>[] {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => {
    const { annotations } = metadata;
    const labels = { ...metadata.labels, ...set.spec.selector.matchLabels };
    return {
      apiVersion: PersistentVolumeClaim.apiVersion,
      kind: PersistentVolumeClaim.kind,
      metadata: {
        name: claimName(metadata.name ?? '', set, ordinal),
        namespace: set.metadata.namespace ?? 'default',
        labels,
        ...(annotations ? { annotations } : {}),
      },
      spec,
      status: { phase: 'Pending' },
    };
  });
}

/** The pod of one ordinal, made from a template of a revision. */
export function newPod(
  set: StatefulSet,
  template: PodTemplateSpec,
  revisionName: string,
  ordinal: number,
): NewObject<Pod> {
  const pod = podFromTemplate(set, template);
  const { generateName: _, ...metadata } = pod.metadata;
  const name = podName(set, ordinal);
  const labels = {
    ...metadata.labels,
    ...identityLabels(name, ordinal),
    [REVISION_LABEL]: revisionName,
  };
  const { volumes: templateVolumes, ...rest } = pod.spec;
  const volumes = volumesFor(set, templateVolumes, ordinal);
  const spec: Pod['spec'] = {
    ...rest,
    hostname: name,
    ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
    ...(volumes.length > 0 ? { volumes } : {}),
  };
  return { ...pod, metadata: { ...metadata, name, labels }, spec };
}

/** The labels that tell a pod's identity, which are mended when they are changed. */
export function identityLabels(name: string, ordinal: number): Record<string, string> {
  return { [POD_INDEX_LABEL]: String(ordinal), [POD_NAME_LABEL]: name };
}

type Volumes = NonNullable<Pod['spec']['volumes']>;

/** The volumes of the claims come first and take the place of the template's volumes of their names. */
function volumesFor(set: StatefulSet, volumes: Volumes | undefined, ordinal: number): Volumes {
  const templates = set.spec.volumeClaimTemplates ?? [];
  const names = new Set(templates.map(({ metadata }) => metadata.name));
  const claimed = templates.map(({ metadata }) => ({
    name: metadata.name ?? '',
    persistentVolumeClaim: { claimName: claimName(metadata.name ?? '', set, ordinal) },
  }));
  return [...claimed, ...(volumes ?? []).filter((volume) => !names.has(volume.name))];
}
