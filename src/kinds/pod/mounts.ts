import type { IVolume } from 'kubernetes-models/v1/Volume';
import { cleanPath, isBelow } from '../../machinery/file-tree.ts';
import { fieldText } from './downward-api.ts';
import type { Container, Pod } from './types.ts';

/** Where a container's volumes are mounted. Source: pkg/kubelet/kubelet_pods.go (makeMounts). */

export type VolumeMount = NonNullable<Container['volumeMounts']>[number];

export interface Mount {
  mount: VolumeMount;
  volume: IVolume;
  /** Where in the container, as a clean absolute path. */
  path: string;
  /** The part of the volume that is mounted: `/` for all of it. */
  subPath: string;
}

/** The mounts of a container, in the order of its spec. Those of volumes that the pod has not are left out. */
export function mountsOf(pod: Pod, container: Container): Mount[] {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
    if (!volume) continue;
    const subPath = mount.subPath ?? (mount.subPathExpr ? expandSubPath(pod, container, mount.subPathExpr) : '');
    mounts.push({ mount, volume, path: cleanPath(mount.mountPath), subPath: cleanPath(subPath) });
  }
  return mounts;
}

/** The mount that a path of the container lies in: the deepest, and the last of several at one place. */
export function mountAt(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    if (isBelow(path, mount.path) && mount.path.length >= (found?.path.length ?? 0)) found = mount;
  }
  return found;
}

/**
 * expansion.Expand of a subPathExpr: `$(NAME)` becomes the container's variable, `$$(NAME)` stays `$(NAME)`. Only
 * variables with a value of their own or a field of the pod count; a name that is unknown stays as it is written.
 */
function expandSubPath(pod: Pod, container: Container, expression: string): string {
  return expand(expression, variablesOf(pod, container));
}

function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? match),
  );
}

function variablesOf(pod: Pod, { env }: Container): Map<string, string> {
  const variables = new Map<string, string>();
  for (const { name, value, valueFrom } of env ?? []) {
    const field = valueFrom?.fieldRef && fieldText(pod, valueFrom.fieldRef.fieldPath);
    if (!valueFrom) variables.set(name, expand(value ?? '', variables));
    else if (field !== undefined) variables.set(name, field);
  }
  return variables;
}
