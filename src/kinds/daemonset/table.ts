import { containerImages, containerNames } from '../../controllers/replicas/containers.ts';
import type { HealthWord, TableColumn } from '../../machinery/definition.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { DaemonSet } from './types.ts';

/** `kubernetes.io/os=linux,disk=ssd`; "<none>" without any. */
function nodeSelectorText(selector: Record<string, string> | undefined): string {
  const pairs = Object.entries(selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.sort().join(',') || '<none>';
}

/** kubectl's columns. Source: pkg/printers/internalversion/printers.go (printDaemonSet). */
export const daemonSetColumns: readonly TableColumn<DaemonSet>[] = [
  { name: 'DESIRED', cell: ({ status }) => String(status.desiredNumberScheduled) },
  { name: 'CURRENT', cell: ({ status }) => String(status.currentNumberScheduled) },
  { name: 'READY', cell: ({ status }) => String(status.numberReady) },
  { name: 'UP-TO-DATE', cell: ({ status }) => String(status.updatedNumberScheduled ?? 0) },
  { name: 'AVAILABLE', cell: ({ status }) => String(status.numberAvailable ?? 0) },
  { name: 'NODE SELECTOR', cell: ({ spec }) => nodeSelectorText(spec.template.spec.nodeSelector) },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  { name: 'CONTAINERS', wide: true, cell: ({ spec }) => containerNames(spec.template) },
  { name: 'IMAGES', wide: true, cell: ({ spec }) => containerImages(spec.template) },
  { name: 'SELECTOR', wide: true, cell: ({ spec }) => formatLabelSelector(spec.selector) },
];

/** Healthy once every node that should has an available pod, of the newest revision unless pods are replaced by hand. */
export function daemonSetHealth({ metadata, spec, status }: DaemonSet): HealthWord {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return 'PROGRESSING';
  const { desiredNumberScheduled, numberAvailable = 0, updatedNumberScheduled = 0 } = status;
  if (numberAvailable < desiredNumberScheduled) return 'PROGRESSING';
  if (spec.updateStrategy?.type !== 'RollingUpdate') return 'HEALTHY';
  return updatedNumberScheduled < desiredNumberScheduled ? 'PROGRESSING' : 'HEALTHY';
}
