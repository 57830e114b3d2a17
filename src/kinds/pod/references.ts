import type { PodSpec } from './types.ts';

/**
 * The ConfigMaps and Secrets that a pod names: for variables, for volumes, to pull its images, and to reach the storage of
 * its volumes. Source: pkg/api/v1/pod/util.go (VisitPodSecretNames, VisitPodConfigmapNames).
 */

type ReferencedKind = 'ConfigMap' | 'Secret';

export function referenceKey(kind: ReferencedKind, namespace: string | undefined, name: string): string {
  return `${kind}\n${namespace ?? ''}/${name}`;
}

interface KnownReferences {
  namespace: string | undefined;
  of: readonly unknown[];
  keys: readonly string[] | undefined;
}

const known = new WeakMap<object, KnownReferences>();

/** The keys of all that a pod names, each once; undefined when it names nothing. */
export function referenceKeys(namespace: string | undefined, spec: PodSpec): readonly string[] | undefined {
  const { containers, initContainers, ephemeralContainers, volumes, imagePullSecrets } = spec;
  if (typeof containers !== 'object' || containers === null) return undefined;
  const of = [initContainers, ephemeralContainers, volumes, imagePullSecrets];
  const before = known.get(containers);
  const isSame = before?.namespace === namespace && before?.of.every((part, index) => part === of[index]);
  if (before && isSame) return before.keys;
  const keys = new Set<string>();
  const add = (kind: ReferencedKind, name: string | undefined) => {
    if (name) keys.add(referenceKey(kind, namespace, name));
  };
  for (const container of [...(initContainers ?? []), ...containers, ...(ephemeralContainers ?? [])]) {
    addEnvironment(container, add);
  }
  for (const volume of volumes ?? []) addVolume(volume, add);
  for (const { name } of imagePullSecrets ?? []) add('Secret', name);
  const list = keys.size > 0 ? [...keys] : undefined;
  known.set(containers, { namespace, of, keys: list });
  return list;
}

type Add = (kind: ReferencedKind, name: string | undefined) => void;

function addEnvironment({ envFrom, env }: Pick<PodSpec['containers'][number], 'envFrom' | 'env'>, add: Add): void {
  for (const source of envFrom ?? []) {
    add('ConfigMap', source.configMapRef?.name);
    add('Secret', source.secretRef?.name);
  }
  for (const { valueFrom } of env ?? []) {
    add('ConfigMap', valueFrom?.configMapKeyRef?.name);
    add('Secret', valueFrom?.secretKeyRef?.name);
  }
}

type Volume = NonNullable<PodSpec['volumes']>[number];

/** What a volume shows as files. */
function addContent({ configMap, secret, projected }: Volume, add: Add): void {
  add('ConfigMap', configMap?.name);
  add('Secret', secret?.secretName);
  for (const source of projected?.sources ?? []) {
    add('ConfigMap', source.configMap?.name);
    add('Secret', source.secret?.name);
  }
}

function addVolume(volume: Volume, add: Add): void {
  addContent(volume, add);
  const { azureFile, cephfs, cinder, csi, flexVolume, iscsi, rbd, scaleIO, storageos } = volume;
  add('Secret', azureFile?.secretName);
  add('Secret', csi?.nodePublishSecretRef?.name);
  for (const source of [cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos])
    add('Secret', source?.secretRef?.name);
}

/** The names of the ConfigMaps or Secrets that one container sees, as variables or in volumes it mounts, each once. */
export function namesSeenBy(
  { env, envFrom, volumeMounts }: PodSpec['containers'][number],
  { volumes }: PodSpec,
  kind: ReferencedKind,
): string[] {
  const names = new Set<string>();
  const add: Add = (of, name) => {
    if (of === kind && name) names.add(name);
  };
  addEnvironment({ ...(env && { env }), ...(envFrom && { envFrom }) }, add);
  for (const { name } of volumeMounts ?? []) {
    const volume = volumes?.find((candidate) => candidate.name === name);
    if (volume) addContent(volume, add);
  }
  return [...names];
}
