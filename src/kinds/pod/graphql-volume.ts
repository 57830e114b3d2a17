import { builder } from '../../api/builder.ts';
import { Handle } from '../../api/handle.ts';
import { kubeRef } from '../../api/refs.ts';
import { defineKind } from '../../machinery/kind.ts';
import { ConfigMap } from '../configmap/types.ts';
import { Secret } from '../secret/types.ts';
import { containersOf, ContainerType, initContainersOf } from './graphql-container.ts';
import type { ContainerSource } from './graphql-probe.ts';
import { Pod, type PodSpec } from './types.ts';

type Volume = NonNullable<PodSpec['volumes']>[number];

interface VolumeSource {
  pod: Handle<Pod>;
  volume: Volume;
}

/** Found by its key; whatever more there is to claims is in their own folder. */
const PersistentVolumeClaim = defineKind({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
});

interface Other {
  type: string;
  detail: unknown;
}

const OtherVolume = builder.objectRef<Other>('OtherVolume').implement({
  description: 'A volume that is no object of the cluster, or whose object is not there.',
  fields: (t) => ({
    type: t.exposeString('type', { description: 'The field of the volume: "emptyDir".' }),
    detail: t.field({ type: 'JSON', nullable: true, resolve: ({ detail }) => detail }),
  }),
});

const VolumeSourceType = builder.unionType('VolumeSource', {
  types: [kubeRef(ConfigMap), kubeRef(Secret), kubeRef(PersistentVolumeClaim), OtherVolume],
  resolveType: (source) => (source instanceof Handle ? source.object.kind : 'OtherVolume'),
});

function sourceOf({ pod, volume }: VolumeSource): Handle | Other {
  const { namespace } = pod.object.metadata;
  const { name: _name, ...rest } = volume;
  const [type = 'emptyDir'] = Object.keys(rest);
  const object =
    pod.find(ConfigMap, namespace, volume.configMap?.name) ??
    pod.find(Secret, namespace, volume.secret?.secretName) ??
    pod.find(PersistentVolumeClaim, namespace, volume.persistentVolumeClaim?.claimName);
  return object ?? { type, detail: (rest as Record<string, unknown>)[type] ?? {} };
}

function mountersOf({ pod, volume }: VolumeSource): ContainerSource[] {
  return [...initContainersOf(pod), ...containersOf(pod)].filter(({ container }) =>
    container.volumeMounts?.some(({ name }) => name === volume.name),
  );
}

export function volumesOf(pod: Handle<Pod>): VolumeSource[] {
  return (pod.object.spec.volumes ?? []).map((volume) => ({ pod, volume }));
}

export const VolumeType = builder.objectRef<VolumeSource>('Volume').implement({
  description: 'A volume of a pod.',
  fields: (t) => ({
    id: t.id({ resolve: ({ pod, volume }) => `${pod.id}#volume/${volume.name}` }),
    name: t.string({ resolve: ({ volume }) => volume.name }),
    pod: t.field({ type: kubeRef(Pod), resolve: ({ pod }) => pod }),
    source: t.field({ type: VolumeSourceType, resolve: (volume) => sourceOf(volume) as never }),
    mountedBy: t.field({ type: [ContainerType], resolve: mountersOf }),
  }),
});
