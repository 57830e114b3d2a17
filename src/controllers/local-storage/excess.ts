import { NO_FILES, sizeOf } from '../../machinery/file-tree.ts';
import { formatBytes, wholeValue } from '../../machinery/quantity.ts';
import type { Pod } from '../../kinds/pod/types.ts';

/**
 * What a pod has written onto its node's disk beyond what it may, in the words of its eviction; undefined while it
 * keeps to its limits. Source: pkg/kubelet/eviction/eviction_manager.go (localStorageEviction).
 */
export function storageExcess(pod: Pod): string | undefined {
  return emptyDirExcess(pod) ?? podExcess(pod) ?? containerExcess(pod);
}

function emptyDirExcess({ runtime, spec }: Pod): string | undefined {
  for (const { name, emptyDir } of spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    const used = sizeOf(runtime?.volumes?.[name]);
    if (limit === undefined || wholeValue(limit) <= 0 || used <= wholeValue(limit)) continue;
    return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit "${limit}". `;
  }
  return undefined;
}

/** The containers together and the volumes on disk, against the limits of all containers. */
function podExcess({ runtime, spec }: Pod): string | undefined {
  const limits = spec.containers.map(({ resources }) => wholeValue(resources?.limits?.['ephemeral-storage']));
  if (limits.every((limit) => limit === 0)) return undefined;
  const total = limits.reduce((sum, limit) => sum + limit, 0);
  let used = 0;
  for (const { files } of Object.values(runtime?.containers ?? {})) used += sizeOf(files);
  for (const { name, emptyDir } of spec.volumes ?? []) {
    if (emptyDir?.medium !== 'Memory') used += sizeOf(runtime?.volumes?.[name]);
  }
  if (used <= total) return undefined;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatBytes(total)}. `;
}

function containerExcess({ runtime, spec }: Pod): string | undefined {
  for (const { name, resources } of spec.containers) {
    const limit = resources?.limits?.['ephemeral-storage'];
    const used = sizeOf(runtime?.containers?.[name]?.files ?? NO_FILES);
    if (wholeValue(limit) === 0 || used <= wholeValue(limit)) continue;
    return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}
