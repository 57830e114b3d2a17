import { containerImages, containerNames } from '../../controllers/replicas/containers.ts';
import type { TableColumn } from '../../machinery/definition.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { ReplicationController } from './types.ts';

/** kubectl's columns. Source: pkg/printers/internalversion/printers.go (printReplicationController). */
export const columns: readonly TableColumn<ReplicationController>[] = [
  { name: 'DESIRED', cell: ({ spec }) => String(spec.replicas ?? 1) },
  { name: 'CURRENT', cell: ({ status }) => String(status.replicas) },
  { name: 'READY', cell: ({ status }) => String(status.readyReplicas ?? 0) },
  {
    name: 'AGE',
    cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)),
  },
  { name: 'CONTAINERS', wide: true, cell: ({ spec }) => containerNames(spec.template) },
  { name: 'IMAGES', wide: true, cell: ({ spec }) => containerImages(spec.template) },
  { name: 'SELECTOR', wide: true, cell: ({ spec }) => formatLabelSelector({ matchLabels: spec.selector ?? {} }) },
];
