import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { Namespace } from './types.ts';

/** kubectl's columns of a Namespace (pkg/printers/internalversion/printers.go, printNamespace). */
export const namespaceColumns: readonly TableColumn<Namespace>[] = [
  { name: 'STATUS', cell: ({ status }) => status.phase },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
];
