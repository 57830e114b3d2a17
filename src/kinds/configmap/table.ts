import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { ConfigMap } from './types.ts';

/** kubectl's columns of a ConfigMap (pkg/printers/internalversion/printers.go, printConfigMap). */
export const configMapColumns: readonly TableColumn<ConfigMap>[] = [
  {
    name: 'DATA',
    cell: ({ data, binaryData }) => String(Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length),
  },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
];
