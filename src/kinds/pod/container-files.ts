import type { ClusterView } from '../../machinery/cluster-view.ts';
import { utf8Length } from '../../machinery/base64.ts';
import {
  cleanPath,
  isBelow,
  joinPaths,
  NO_FILES,
  pathBelow,
  subtree,
  type FileErrorCode,
  type StoredFile,
} from '../../machinery/file-tree.ts';
import { DEFAULT_SETTINGS } from '../../machinery/settings.ts';
import { silentSince } from '../fault/queries.ts';
import { Service } from '../service/types.ts';
import { hostnameOf, hostsFile, resolvFile } from './hostname.ts';
import { mountAt, mountsOf, type Mount } from './mounts.ts';
import { DEFAULT_FILE_MODE, isProjected } from './projected-files.ts';
import type { ProjectedFile, Running } from './runtime.ts';
import type { Container, Pod } from './types.ts';
import { filesAtStart, seenFiles } from './volume-sync.ts';
import { filesOfVolume, readStore, type VolumeFiles } from './volume-files.ts';

/**
 * The files that the processes of a running container see: what was written into its own file system, its volumes where
 * they are mounted, and what its kubelet gives every container. Files of the image are not known.
 */
export interface FileEntry {
  path: string;
  size: number;
  /** Permission bits. */
  mode: number;
  /** Undefined where only the size is known. */
  content?: string | undefined;
  binary: boolean;
  readOnly: boolean;
  /** The volume it lies in; undefined in the container's own file system. */
  mount?: Mount;
  /** What the kubelet made it of. */
  source?: ProjectedFile['source'];
  /** When it was written, in simulated milliseconds. */
  at?: number | undefined;
}

/** Directories that every Linux container has. */
const SYSTEM_DIRECTORIES = ['/dev', '/etc', '/proc', '/sys', '/tmp', '/usr', '/var'];
/** The files that the kubelet and the container runtime mount into every container. */
export const KUBELET_FILES = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];

export interface FileSystem {
  /** All files, by path. */
  files: ReadonlyMap<string, FileEntry>;
  mounts: readonly Mount[];
}

/** Where a path of a container leads: into a volume, or its own file system. */
export interface Place {
  mount: Mount | undefined;
  /** Undefined where a claim has no volume, and for what the kubelet writes. */
  target: { files: VolumeFiles; path: string } | undefined;
  readOnly: boolean;
}

/** Where a clean path leads, for writing. */
export function placeOf(view: ClusterView, pod: Pod, container: Container, path: string): Place {
  const mount = mountAt(mountsOf(pod, container), path);
  if (!mount) {
    const files: VolumeFiles = { store: { kind: 'container', container: container.name }, root: '/', readOnly: false };
    const readOnly = container.securityContext?.readOnlyRootFilesystem === true;
    return { mount, target: { files, path }, readOnly };
  }
  const files = isProjected(mount.volume) ? undefined : filesOfVolume(view, pod, mount.volume);
  if (!files) return { mount, target: undefined, readOnly: true };
  const inner = joinPaths(joinPaths(files.root, mount.subPath), pathBelow(path, mount.path));
  return { mount, target: { files, path: inner }, readOnly: files.readOnly || mount.mount.readOnly === true };
}

/** All files of a running container. */
export function fileSystemOf(
  view: ClusterView,
  pod: Pod,
  container: Container,
  clusterDomain: string = DEFAULT_SETTINGS.clusterDomain,
): FileSystem {
  const mounts = mountsOf(pod, container);
  const files = new Map<string, FileEntry>();
  const readOnlyRoot = container.securityContext?.readOnlyRootFilesystem === true;
  const add = (entry: FileEntry) => {
    if (mountAt(mounts, entry.path) === entry.mount) files.set(entry.path, entry);
  };
  for (const entry of kubeletFiles(view, pod, clusterDomain)) add(entry);
  const own = pod.runtime?.containers?.[container.name]?.files ?? NO_FILES;
  for (const path in own) add(storedEntry(path, own[path] as StoredFile, undefined, readOnlyRoot));
  for (const mount of mounts) for (const entry of filesOfMount(view, pod, container, mount)) add(entry);
  return { files, mounts };
}

function filesOfMount(view: ClusterView, pod: Pod, container: Container, mount: Mount): FileEntry[] {
  if (isProjected(mount.volume)) {
    return projectedAt(view, pod, container, mount).map((file) => projectedEntry(file, mount));
  }
  const files = filesOfVolume(view, pod, mount.volume);
  if (!files) return [];
  const readOnly = files.readOnly || mount.mount.readOnly === true;
  let tree = subtree(readStore(view, pod, files.store), joinPaths(files.root, mount.subPath));
  // A file of the machine is there, whatever is in it.
  if (isFileOfNode(mount) && !tree['/']) tree = { '/': { size: 0, at: 0 } };
  return Object.entries(tree).map(([path, file]) => storedEntry(joinPaths(mount.path, path), file, mount, readOnly));
}

function isFileOfNode({ volume, subPath }: Mount): boolean {
  return subPath === '/' && /^(File|Socket|CharDevice|BlockDevice)/.test(volume.hostPath?.type ?? '');
}

/** The files of a volume that the kubelet writes, by their path below the mount. */
function projectedAt(view: ClusterView, pod: Pod, container: Container, mount: Mount): readonly ProjectedFile[] {
  if (mount.subPath === '/') return seenFiles(view, pod, mount.volume);
  const state = pod.runtime?.containers?.[container.name];
  const kept = state?.subPaths?.[mount.path];
  if (kept) return kept.files;
  const started = state?.step.step === 'running' ? state.step.since : view.now;
  return belowSubPath(filesAtStart(view, pod, mount.volume, started), mount.subPath);
}

/** The files at or below a part of a volume, by their path below it. */
export function belowSubPath(files: readonly ProjectedFile[], subPath: string): ProjectedFile[] {
  return files.flatMap((file) =>
    isBelow(file.path, subPath) ? [{ ...file, path: pathBelow(file.path, subPath) }] : [],
  );
}

function projectedEntry({ path, content, binary, size, mode, source }: ProjectedFile, mount: Mount): FileEntry {
  return {
    path: joinPaths(mount.path, path),
    size,
    mode,
    content,
    binary: binary ?? false,
    readOnly: true,
    mount,
    source,
  };
}

function storedEntry(path: string, file: StoredFile, mount: Mount | undefined, readOnly: boolean): FileEntry {
  const { size, mode = DEFAULT_FILE_MODE, content, binary = false, at } = file;
  return { path, size, mode, content, binary, readOnly, at, ...(mount ? { mount } : {}) };
}

/** The name server of a cluster: kube-dns where it runs, else the tenth address of the usual range. */
const DEFAULT_NAME_SERVER = '10.96.0.10';

function kubeletFiles(view: ClusterView, pod: Pod, clusterDomain: string): FileEntry[] {
  const dns = view.get(Service, 'kube-system', 'kube-dns')?.spec.clusterIP ?? DEFAULT_NAME_SERVER;
  const contents = [hostsFile(pod, clusterDomain), `${hostnameOf(pod)}\n`, resolvFile(pod, clusterDomain, dns)];
  return KUBELET_FILES.map((path, index) => {
    const content = contents[index] ?? '';
    return { path, size: utf8Length(content), mode: DEFAULT_FILE_MODE, content, binary: false, readOnly: true };
  });
}

/** The path of a command in a container: relative ones begin at its working directory. */
export function pathIn({ workingDir }: Container, path: string): string {
  return cleanPath(path.startsWith('/') ? path : `${workingDir || '/'}/${path}`);
}

export type Listed = { ok: true; files: FileEntry[]; directories: string[] } | { ok: false; error: FileErrorCode };

/** What `ls` shows of a directory: its files, and the paths of its directories; both in order. */
export function listDirectory({ files, mounts }: FileSystem, path: string): Listed {
  if (files.has(path)) return { ok: false, error: 'ENOTDIR' };
  const found: FileEntry[] = [];
  const directories = new Set<string>();
  let exists = path === '/' || SYSTEM_DIRECTORIES.includes(path);
  const see = (below: string, entry?: FileEntry) => {
    if (!isBelow(below, path)) return;
    exists = true;
    if (below === path) return;
    const rest = below.slice(path === '/' ? 1 : path.length + 1);
    const slash = rest.indexOf('/');
    if (slash >= 0) directories.add(joinPaths(path, `/${rest.slice(0, slash)}`));
    else if (entry) found.push(entry);
    else if (!files.has(below)) directories.add(below);
  };
  for (const entry of files.values()) see(entry.path, entry);
  for (const mount of mounts) see(mount.path);
  if (path === '/') for (const directory of SYSTEM_DIRECTORIES) directories.add(directory);
  if (!exists) return { ok: false, error: 'ENOENT' };
  return { ok: true, files: found.sort(byPath), directories: [...directories].sort() };
}

/** The permission bits of a directory: everybody may write where an emptyDir is mounted. */
export function directoryMode(mounts: readonly Mount[], path: string): number {
  return mountAt(mounts, path)?.path === path && mountAt(mounts, path)?.volume.emptyDir ? 0o777 : 0o755;
}

export function byPath(left: FileEntry, right: FileEntry): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}

/** Why there is no file to be read at a path. */
export function readError(system: FileSystem, path: string): FileErrorCode {
  if (listDirectory(system, path).ok) return 'EISDIR';
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (system.files.has(path.slice(0, slash))) return 'ENOTDIR';
  }
  return 'ENOENT';
}

/** Any container of a pod by name: init and ephemeral ones too. */
export function containerOf({ spec }: Pod, name: string): Container | undefined {
  const lists = [spec.containers, spec.initContainers ?? [], spec.ephemeralContainers ?? []] as Container[][];
  return lists.flat().find((container) => container.name === name);
}

/** The run of a container whose files can be looked at; undefined while it does not run. */
export function runOf(pod: Pod, name: string): Running | undefined {
  const step = pod.runtime?.containers?.[name]?.step;
  return step?.step === 'running' && pod.runtime?.downSince === undefined ? step : undefined;
}

/** Why nothing can be run in a container, in the words of kubectl exec and the kubelet; undefined when it can. */
export function execProblem(view: ClusterView, pod: Pod, name: string): string | undefined {
  const { phase, hostIP } = pod.status;
  if (phase === 'Succeeded' || phase === 'Failed') {
    return `cannot exec into a container in a completed pod; current phase is ${phase}`;
  }
  if (!containerOf(pod, name)) return `container ${name} is not valid for pod ${pod.metadata.name}`;
  if (!pod.spec.nodeName) return `pod ${pod.metadata.name} does not have a host assigned`;
  if (silentSince(view, pod.spec.nodeName) !== undefined) {
    return `error dialing backend: dial tcp ${hostIP ?? ''}:10250: connect: no route to host`;
  }
  return runOf(pod, name) ? undefined : `container not found (${JSON.stringify(name)})`;
}
