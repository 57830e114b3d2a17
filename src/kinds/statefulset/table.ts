import { containerImages, containerNames } from '../../controllers/replicas/containers.ts';
import type { HealthWord, TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { StatefulSet } from './types.ts';

/** kubectl's columns. Source: pkg/printers/internalversion/printers.go (printStatefulSet). */
export const statefulSetColumns: readonly TableColumn<StatefulSet>[] = [
  { name: 'READY', cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 1}` },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  { name: 'CONTAINERS', wide: true, cell: ({ spec }) => containerNames(spec.template) },
  { name: 'IMAGES', wide: true, cell: ({ spec }) => containerImages(spec.template) },
];

/** Healthy once every pod is available and, unless pods are replaced by hand, of the newest revision. */
export function statefulSetHealth({ metadata, spec, status }: StatefulSet): HealthWord {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return 'PROGRESSING';
  const replicas = spec.replicas ?? 1;
  if (status.replicas !== replicas || status.availableReplicas !== replicas) return 'PROGRESSING';
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (type !== 'RollingUpdate') return 'HEALTHY';
  const wanted = Math.max(0, replicas - (rollingUpdate?.partition ?? 0));
  return (status.updatedReplicas ?? 0) >= wanted ? 'HEALTHY' : 'PROGRESSING';
}
