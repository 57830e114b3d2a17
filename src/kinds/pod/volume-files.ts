import type { IVolume } from 'kubernetes-models/v1/Volume';
import { notFound, type Result } from '../../machinery/api-error.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { cleanPath, NO_FILES, type FileTree } from '../../machinery/file-tree.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { wholeValue } from '../../machinery/quantity.ts';
import { Namespace } from '../namespace/types.ts';
import { Node } from '../node/types.ts';
import { PersistentVolume } from '../persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import type { ContainerRuntime } from './runtime.ts';
import { Pod } from './types.ts';

/**
 * Where the content of a volume is kept, and so how long it lives: with the container, the pod, the node, the
 * PersistentVolume, or outside the cluster. It is part of the `runtime` section of that object.
 */
export type FileStore =
  | { kind: 'container'; container: string }
  | { kind: 'pod'; volume: string }
  | { kind: 'node'; node: string }
  | { kind: 'persistentVolume'; name: string }
  /** What no object of the cluster holds: the export of an NFS server, a disk of a cloud. */
  | { kind: 'external'; key: string };

export interface VolumeFiles {
  store: FileStore;
  /** Where in the store's tree the volume begins. */
  root: string;
  readOnly: boolean;
  /** The bytes it can take, where its medium sets a bound that writing meets (ENOSPC). */
  capacityBytes?: number;
}

/** The namespace whose `runtime` keeps what is outside the cluster: it is always there, and cannot be deleted. */
const KEEPER = 'kube-system';

/** Where a volume of a pod keeps its content; undefined while its claim has no volume. */
export function filesOfVolume(view: ClusterView, pod: Pod, volume: IVolume): VolumeFiles | undefined {
  const { emptyDir, hostPath, persistentVolumeClaim, ephemeral, name, ...source } = volume;
  if (emptyDir) {
    const capacityBytes = emptyDir.medium === 'Memory' ? memoryBound(view, pod, emptyDir.sizeLimit) : undefined;
    const files: VolumeFiles = { store: { kind: 'pod', volume: name }, root: '/', readOnly: false };
    return capacityBytes === undefined ? files : { ...files, capacityBytes };
  }
  if (hostPath) return onNode(pod, hostPath.path, false);
  if (persistentVolumeClaim) return ofClaim(view, pod, persistentVolumeClaim.claimName, persistentVolumeClaim.readOnly);
  if (ephemeral) return ofClaim(view, pod, `${pod.metadata.name}-${name}`, false);
  const external = externalKey(source);
  if (external) return { store: { kind: 'external', key: external.key }, root: '/', readOnly: external.readOnly };
  const readOnly = volume.image !== undefined || volume.csi?.readOnly === true;
  return { store: { kind: 'pod', volume: name }, root: '/', readOnly };
}

function onNode(pod: Pod, path: string, readOnly: boolean): VolumeFiles {
  return { store: { kind: 'node', node: pod.spec.nodeName ?? '' }, root: cleanPath(path), readOnly };
}

function ofClaim(
  view: ClusterView,
  pod: Pod,
  claimName: string,
  readOnly: boolean | undefined,
): VolumeFiles | undefined {
  const claim = view.get(PersistentVolumeClaim, pod.metadata.namespace, claimName);
  const volume = claim?.spec.volumeName && view.get(PersistentVolume, undefined, claim.spec.volumeName);
  if (!claim || !volume) return undefined;
  const { accessModes, capacity, hostPath, local, ...source } = volume.spec;
  const isReadOnly = readOnly === true || accessModes?.every((mode) => mode === 'ReadOnlyMany') === true;
  const path = hostPath?.path ?? local?.path;
  if (path !== undefined) return onNode(pod, path, isReadOnly);
  const external = externalKey(source);
  if (external) {
    return {
      store: { kind: 'external', key: external.key },
      root: '/',
      readOnly: isReadOnly || external.readOnly,
    };
  }
  return {
    store: { kind: 'persistentVolume', name: volume.metadata.name },
    root: '/',
    readOnly: isReadOnly || volume.spec.csi?.readOnly === true,
    capacityBytes: wholeValue(capacity['storage']),
  };
}

/** What tells one piece of storage outside the cluster from another, for the sources that name one. */
const IDENTITIES: Readonly<Record<string, readonly string[]>> = {
  nfs: ['server', 'path'],
  glusterfs: ['endpoints', 'path'],
  cephfs: ['monitors', 'path'],
  rbd: ['monitors', 'pool', 'image'],
  iscsi: ['targetPortal', 'iqn', 'lun'],
  fc: ['targetWWNs', 'lun', 'wwids'],
  awsElasticBlockStore: ['volumeID'],
  gcePersistentDisk: ['pdName'],
  azureDisk: ['diskURI'],
  azureFile: ['shareName'],
  cinder: ['volumeID'],
  vsphereVolume: ['volumePath'],
  portworxVolume: ['volumeID'],
};

function externalKey(source: Record<string, unknown>): { key: string; readOnly: boolean } | undefined {
  for (const name in source) {
    const identity = IDENTITIES[name];
    const value = source[name] as Record<string, unknown> | undefined;
    if (!identity || !value) continue;
    const parts = identity.map((field) => JSON.stringify(value[field] ?? ''));
    return { key: `${name} ${parts.join(' ')}`, readOnly: value['readOnly'] === true };
  }
  return undefined;
}

/**
 * How large a file system in memory is: its sizeLimit, what the pod's containers may use together, or what its node
 * has to give, whichever is least. Source: pkg/volume/emptydir/empty_dir.go (calculateEmptyDirMemorySize).
 */
function memoryBound(view: ClusterView, pod: Pod, sizeLimit: string | number | undefined): number | undefined {
  const node = view.get(Node, undefined, pod.spec.nodeName ?? '');
  const bounds: number[] = [];
  const allocatable = wholeValue(node?.status.allocatable?.['memory']);
  if (allocatable > 0) bounds.push(allocatable);
  const limits = pod.spec.containers.map(({ resources }) => wholeValue(resources?.limits?.['memory']));
  if (limits.every((limit) => limit > 0)) bounds.push(limits.reduce((sum, limit) => sum + limit, 0));
  const own = wholeValue(sizeLimit);
  if (own > 0) bounds.push(own);
  return bounds.length > 0 ? Math.min(...bounds) : undefined;
}

/** What was written into a store. */
export function readStore(view: ClusterView, pod: Pod, store: FileStore): FileTree {
  switch (store.kind) {
    case 'container':
      return pod.runtime?.containers?.[store.container]?.files ?? NO_FILES;
    case 'pod':
      return pod.runtime?.volumes?.[store.volume] ?? NO_FILES;
    case 'node':
      return view.get(Node, undefined, store.node)?.runtime?.files ?? NO_FILES;
    case 'persistentVolume':
      return view.get(PersistentVolume, undefined, store.name)?.runtime?.files ?? NO_FILES;
    default:
      return view.get(Namespace, undefined, KEEPER)?.runtime?.externalFiles?.[store.key] ?? NO_FILES;
  }
}

/** Puts a tree in the place of a store's; answers the object that was written. */
export function writeStore(api: ObjectApi, pod: Pod, store: FileStore, tree: FileTree): Result<KubeObject> {
  switch (store.kind) {
    case 'container': {
      const containers = pod.runtime?.containers ?? {};
      const state = containers[store.container] as ContainerRuntime;
      const runtime = { ...pod.runtime, containers: { ...containers, [store.container]: { ...state, files: tree } } };
      return api.updateStatus<Pod>({ ...pod, runtime });
    }
    case 'pod': {
      const volumes = { ...pod.runtime?.volumes, [store.volume]: tree };
      return api.updateStatus<Pod>({ ...pod, runtime: { ...pod.runtime, volumes } });
    }
    case 'node': {
      const node = api.get(Node, undefined, store.node);
      if (!node) return { ok: false, error: notFound('nodes', '', store.node) };
      return api.updateStatus<Node>({ ...node, runtime: { ...node.runtime, files: tree } });
    }
    case 'persistentVolume': {
      const volume = api.get(PersistentVolume, undefined, store.name);
      if (!volume) return { ok: false, error: notFound('persistentvolumes', '', store.name) };
      return api.updateStatus<PersistentVolume>({ ...volume, runtime: { ...volume.runtime, files: tree } });
    }
    default: {
      const keeper = api.get(Namespace, undefined, KEEPER);
      if (!keeper) return { ok: false, error: notFound('namespaces', '', KEEPER) };
      const externalFiles = { ...keeper.runtime?.externalFiles, [store.key]: tree };
      return api.updateStatus<Namespace>({ ...keeper, runtime: { ...keeper.runtime, externalFiles } });
    }
  }
}
