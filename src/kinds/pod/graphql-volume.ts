import type { IVolume } from 'kubernetes-models/v1/Volume';
import { builder } from '../../api/builder.ts';
import { Handle } from '../../api/handle.ts';
import { kubeRef } from '../../api/refs.ts';
import { sizeOf, subtree } from '../../machinery/file-tree.ts';
import { formatBytes } from '../../machinery/quantity.ts';
import { ConfigMap } from '../configmap/types.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { Secret } from '../secret/types.ts';
import { containersOf, ContainerType, initContainersOf } from './graphql-container.ts';
import type { ContainerSource } from './graphql-probe.ts';
import { mountsOf, type Mount } from './mounts.ts';
import { isProjected } from './projected-files.ts';
import { Pod } from './types.ts';
import { filesOfVolume, readStore } from './volume-files.ts';

export interface VolumeSource {
  pod: Handle<Pod>;
  volume: IVolume;
}

interface Other {
  type: string;
  detail: unknown;
}

const OtherVolume = builder.objectRef<Other>('OtherVolume').implement({
  description: 'A volume that is no object of the cluster, or whose object is not there.',
  fields: (t) => ({
    type: t.exposeString('type', { description: 'The field of the volume: "emptyDir".' }),
    detail: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What the field says.',
      resolve: ({ detail }) => detail,
    }),
  }),
});

const VolumeSourceType = builder.unionType('VolumeSource', {
  description: 'What a volume is made from: an object of the cluster, or something else.',
  types: [kubeRef(ConfigMap), kubeRef(Secret), kubeRef(PersistentVolumeClaim), OtherVolume],
  resolveType: (source) => (source instanceof Handle ? source.object.kind : 'OtherVolume'),
});

/** The field of a volume that says what it is. */
function typeOf(volume: IVolume): string {
  return Object.keys(volume).find((name) => name !== 'name') ?? 'emptyDir';
}

function sourceOf({ pod, volume }: VolumeSource): Handle | Other {
  const { name, namespace } = pod.object.metadata;
  const claimName = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${name}-${volume.name}`);
  const object =
    pod.find(ConfigMap, namespace, volume.configMap?.name) ??
    pod.find(Secret, namespace, volume.secret?.secretName) ??
    pod.find(PersistentVolumeClaim, namespace, claimName);
  const type = typeOf(volume);
  return object ?? { type, detail: (volume as unknown as Record<string, unknown>)[type] ?? {} };
}

const LifetimeEnum = builder.enumType('VolumeLifetime', {
  description: 'How long what is in a volume stays there.',
  values: {
    POD: { description: 'As long as the pod: it outlives its containers.' },
    NODE: { description: 'As long as the node, for all its pods.' },
    PERSISTENT_VOLUME: { description: 'As long as the PersistentVolume, by its reclaim policy.' },
    EXTERNAL: { description: 'Outside the cluster: nothing in it ends it.' },
  } as const,
});

const LIFETIMES = {
  container: 'POD',
  pod: 'POD',
  node: 'NODE',
  persistentVolume: 'PERSISTENT_VOLUME',
  external: 'EXTERNAL',
} as const;

function lifetimeOf({ pod, volume }: VolumeSource) {
  if (isProjected(volume)) return 'POD';
  const files = filesOfVolume(pod.view, pod.object, volume);
  return files ? LIFETIMES[files.store.kind] : null;
}

function usedBytes({ pod, volume }: VolumeSource): number {
  const files = isProjected(volume) ? undefined : filesOfVolume(pod.view, pod.object, volume);
  return files ? sizeOf(subtree(readStore(pod.view, pod.object, files.store), files.root)) : 0;
}

export interface MountSource {
  container: ContainerSource;
  mount: Mount;
}

export function mountSources(container: ContainerSource): MountSource[] {
  return mountsOf(container.pod.object, container.container).map((mount) => ({ container, mount }));
}

function mountersOf({ pod, volume }: VolumeSource): ContainerSource[] {
  return [...initContainersOf(pod), ...containersOf(pod)].filter(({ container }) =>
    container.volumeMounts?.some(({ name }) => name === volume.name),
  );
}

export function volumesOf(pod: Handle<Pod>): VolumeSource[] {
  return (pod.object.spec.volumes ?? []).map((volume) => ({ pod, volume }));
}

export const VolumeType = builder.objectRef<VolumeSource>('Volume');

export const VolumeMountType = builder.objectRef<MountSource>('VolumeMount').implement({
  description: 'Where a container sees a volume.',
  fields: (t) => ({
    path: t.string({
      description: 'Where in the container it is mounted.',
      resolve: ({ mount }) => mount.mount.mountPath,
    }),
    subPath: t.string({
      nullable: true,
      description: 'The part of the volume that is mounted, with variables put in; null for all of it.',
      resolve: ({ mount }) => (mount.subPath === '/' ? null : mount.subPath.slice(1)),
    }),
    readOnly: t.boolean({
      description: 'Whether the container may not write to it.',
      resolve: ({ mount: { mount, volume }, container: { pod } }) =>
        mount.readOnly === true ||
        isProjected(volume) ||
        filesOfVolume(pod.view, pod.object, volume)?.readOnly === true,
    }),
    volume: t.field({
      type: VolumeType,
      description: 'The volume of the pod.',
      resolve: ({ mount, container: { pod } }) => ({ pod, volume: mount.volume }),
    }),
    container: t.field({
      type: ContainerType,
      description: 'The container that mounts it.',
      resolve: ({ container }) => container,
    }),
  }),
});

VolumeType.implement({
  description: 'A volume of a pod.',
  fields: (t) => ({
    id: t.id({
      description: 'Its key in caches.',
      resolve: ({ pod, volume }) => `${pod.id}#volume/${volume.name}`,
    }),
    name: t.string({ description: 'Its name in the pod.', resolve: ({ volume }) => volume.name }),
    type: t.string({
      description: 'The field that says what it is: "emptyDir", "persistentVolumeClaim".',
      resolve: ({ volume }) => typeOf(volume),
    }),
    pod: t.field({ type: kubeRef(Pod), description: 'The pod it belongs to.', resolve: ({ pod }) => pod }),
    source: t.field({
      type: VolumeSourceType,
      description: 'What it is made from.',
      resolve: (volume) => sourceOf(volume) as never,
    }),
    lifetime: t.field({
      type: LifetimeEnum,
      nullable: true,
      description: 'How long its content stays; null while its claim has no volume.',
      resolve: lifetimeOf,
    }),
    used: t.field({
      type: 'Quantity',
      description: 'How much was written into it, by these containers or by others that share its storage.',
      resolve: (volume) => formatBytes(usedBytes(volume)),
    }),
    mountedBy: t.field({
      type: [ContainerType],
      description: 'The containers that mount it, init containers first.',
      resolve: mountersOf,
    }),
    mounts: t.field({
      type: [VolumeMountType],
      description: 'Where they see it.',
      resolve: (source) =>
        mountersOf(source).flatMap((container) =>
          mountSources(container).filter(({ mount }) => mount.volume.name === source.volume.name),
        ),
    }),
  }),
});
