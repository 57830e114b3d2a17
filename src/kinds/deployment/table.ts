import { containerImages, containerNames } from '../../controllers/replicas/containers.ts';
import type { TableColumn } from '../../machinery/definition.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { desiredReplicas } from './fenceposts.ts';
import type { Deployment } from './types.ts';

/** kubectl's columns. Source: pkg/printers/internalversion/printers.go (printDeployment). */
export const columns: readonly TableColumn<Deployment>[] = [
  { name: 'READY', cell: (object) => `${object.status.readyReplicas ?? 0}/${desiredReplicas(object)}` },
  { name: 'UP-TO-DATE', cell: ({ status }) => String(status.updatedReplicas ?? 0) },
  { name: 'AVAILABLE', cell: ({ status }) => String(status.availableReplicas ?? 0) },
  {
    name: 'AGE',
    cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)),
  },
  { name: 'CONTAINERS', wide: true, cell: ({ spec }) => containerNames(spec.template) },
  { name: 'IMAGES', wide: true, cell: ({ spec }) => containerImages(spec.template) },
  { name: 'SELECTOR', wide: true, cell: ({ spec }) => formatLabelSelector(spec.selector) },
];
