import type { IVolume } from 'kubernetes-models/v1/Volume';
import { decodeBase64, utf8Bytes, utf8Length, utf8Text } from '../../machinery/base64.ts';
import { cleanPath } from '../../machinery/file-tree.ts';
import type { StringMap } from '../../machinery/object.ts';
import type { Data } from '../../machinery/past-data.ts';
import { hash32 } from '../../machinery/random.ts';
import type { Node } from '../node/types.ts';
import { fieldText, resourceTextOf } from './downward-api.ts';
import type { ProjectedFile } from './runtime.ts';
import type { Pod } from './types.ts';

/**
 * The files that a kubelet writes into volumes of the kinds configMap, secret, downwardAPI and projected. The link
 * `..data` through which it swaps them is not shown. Source: pkg/volume/configmap, secret, downwardapi, projected
 * (MakePayload, CollectData, collectData).
 */

export const DEFAULT_FILE_MODE = 0o644;

/** What the volume is made from: the data of a ConfigMap or Secret of the pod's namespace; undefined for none. */
export interface ProjectionSources {
  pod: Pod;
  node: Node | undefined;
  data(kind: 'ConfigMap' | 'Secret', name: string): Data | undefined;
}

export type Projection = { ok: true; files: readonly ProjectedFile[] } | { ok: false; problem: string };

/** The reference of a volume or of one source of a projected volume. */
interface MapReference {
  kind: 'ConfigMap' | 'Secret';
  name: string;
  items: readonly { key: string; path: string; mode?: number }[] | undefined;
  optional: boolean;
}

/** Whether the kubelet itself writes what is in a volume. */
export function isProjected(volume: IVolume): boolean {
  return Boolean(volume.configMap ?? volume.secret ?? volume.downwardAPI ?? volume.projected);
}

/** The files of such a volume, or what stands in the way in the kubelet's words. */
export function projectVolume(volume: IVolume, sources: ProjectionSources): Projection {
  const { configMap, secret, downwardAPI, projected } = volume;
  const mode = (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? DEFAULT_FILE_MODE;
  const files = new Map<string, ProjectedFile>();
  const problems: string[] = [];
  const take = (reference: MapReference) => {
    const problem = addData(files, reference, mode, sources);
    if (problem !== undefined && !problems.includes(problem)) problems.push(problem);
  };
  if (configMap) take(referenceTo('ConfigMap', configMap.name, configMap));
  if (secret) take(referenceTo('Secret', secret.secretName, secret));
  if (downwardAPI) addFields(files, downwardAPI.items, mode, sources);
  for (const source of projected?.sources ?? []) {
    if (source.secret) take(referenceTo('Secret', source.secret.name, source.secret));
    else if (source.configMap) take(referenceTo('ConfigMap', source.configMap.name, source.configMap));
    else if (source.downwardAPI) addFields(files, source.downwardAPI.items, mode, sources);
    else if (source.serviceAccountToken) addToken(files, source.serviceAccountToken.path, mode, sources.pod);
  }
  if (problems.length > 0) {
    return { ok: false, problem: problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]` };
  }
  return { ok: true, files: [...files.values()].sort((left, right) => (left.path < right.path ? -1 : 1)) };
}

/** The ConfigMaps and Secrets that a volume is made from. */
export function mapsOf({ configMap, secret, projected }: IVolume): MapReference[] {
  const maps: MapReference[] = [];
  if (configMap) maps.push(referenceTo('ConfigMap', configMap.name, configMap));
  if (secret) maps.push(referenceTo('Secret', secret.secretName, secret));
  for (const source of projected?.sources ?? []) {
    if (source.secret) maps.push(referenceTo('Secret', source.secret.name, source.secret));
    if (source.configMap) maps.push(referenceTo('ConfigMap', source.configMap.name, source.configMap));
  }
  return maps;
}

function referenceTo(
  kind: MapReference['kind'],
  name: string | undefined,
  { items, optional }: { items?: MapReference['items']; optional?: boolean },
): MapReference {
  return { kind, name: name ?? '', items: items?.length ? items : undefined, optional: optional ?? false };
}

function addData(
  files: Map<string, ProjectedFile>,
  { kind, name, items, optional }: MapReference,
  defaultMode: number,
  { pod, data }: ProjectionSources,
): string | undefined {
  const found = data(kind, name);
  if (!found && !optional) {
    return `${kind === 'Secret' ? 'secret' : 'configmap'} ${JSON.stringify(name)} not found`;
  }
  const values = found ?? {};
  const add = (key: string, path: string, mode: number) => {
    const content = contentOf(kind, values, key);
    if (!content) return false;
    const at = cleanPath(path);
    files.set(at, { path: at, ...content, mode: withGroup(pod, mode), source: { kind, name, key } });
    return true;
  };
  if (!items) {
    for (const key of [...keysOf(values.data), ...keysOf(values.binaryData)]) add(key, key, defaultMode);
    return undefined;
  }
  for (const { key, path, mode } of items) {
    if (add(key, path, mode ?? defaultMode) || optional) continue;
    return kind === 'Secret'
      ? `references non-existent secret key: ${key}`
      : `configmap references non-existent config key: ${key}`;
  }
  return undefined;
}

function keysOf(map: StringMap | undefined): string[] {
  return Object.keys(map ?? {});
}

function contentOf(
  kind: MapReference['kind'],
  { data, binaryData }: Data,
  key: string,
): Pick<ProjectedFile, 'content' | 'binary' | 'size'> | undefined {
  const text = data && Object.hasOwn(data, key) ? data[key] : undefined;
  if (text !== undefined) return kind === 'Secret' ? decoded(text) : { content: text, size: utf8Length(text) };
  const binary = binaryData && Object.hasOwn(binaryData, key) ? binaryData[key] : undefined;
  return binary === undefined ? undefined : decoded(binary);
}

/** Bytes given in base64, as text where they are UTF-8. */
function decoded(base64: string): Pick<ProjectedFile, 'content' | 'binary' | 'size'> {
  const read = decodeBase64(base64);
  if (!read.ok) return { content: base64, binary: true, size: 0 };
  const { bytes } = read;
  const text = utf8Text(bytes);
  const again = utf8Bytes(text);
  const isText = again.length === bytes.length && again.every((byte, index) => byte === bytes[index]);
  return isText ? { content: text, size: bytes.length } : { content: base64, binary: true, size: bytes.length };
}

type DownwardItems = NonNullable<IVolume['downwardAPI']>['items'];

function addFields(
  files: Map<string, ProjectedFile>,
  items: DownwardItems,
  defaultMode: number,
  { pod, node }: ProjectionSources,
): void {
  for (const { path, mode, fieldRef, resourceFieldRef } of items ?? []) {
    const text = fieldRef
      ? fieldText(pod, fieldRef.fieldPath)
      : resourceFieldRef && resourceTextOf(pod, resourceFieldRef, node);
    const content = (text ?? '').split('\n').sort().join('\n');
    const at = cleanPath(path);
    files.set(at, {
      path: at,
      content,
      size: utf8Length(content),
      mode: withGroup(pod, mode ?? defaultMode),
      source: { kind: 'Pod', name: pod.metadata.name, key: fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? '' },
    });
  }
}

/** A token's place in the model: it says whose it is and opens nothing. Where the pod has a user or a group of its own, only that may read it. */
function addToken(files: Map<string, ProjectedFile>, path: string, defaultMode: number, pod: Pod): void {
  const at = cleanPath(path);
  const account = pod.spec.serviceAccountName ?? 'default';
  const content = `orrery.${pod.metadata.namespace}.${account}.${hash32(`${pod.metadata.uid} ${at}`).toString(16)}`;
  const { fsGroup } = pod.spec.securityContext ?? {};
  const owned = fsGroup !== undefined || userOf(pod) !== undefined;
  const mode = withGroup(pod, owned ? 0o600 : defaultMode);
  const source = { kind: 'ServiceAccount' as const, name: account, key: 'token' };
  files.set(at, { path: at, content, size: utf8Length(content), mode, source });
}

/** util.FsUserFrom: the one user that all containers run as, if it is one. */
function userOf({ spec }: Pod): number | undefined {
  const users = new Set(
    [...(spec.initContainers ?? []), ...spec.containers].map(
      ({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
    ),
  );
  return users.size === 1 ? [...users][0] : undefined;
}

/** volume.SetVolumeOwnership: the pod's fsGroup may read every file. */
function withGroup({ spec }: Pod, mode: number): number {
  return spec.securityContext?.fsGroup === undefined ? mode : mode | 0o440;
}
