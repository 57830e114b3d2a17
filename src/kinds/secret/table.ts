import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { Secret } from './types.ts';

/** kubectl's columns of a Secret (pkg/printers/internalversion/printers.go, printSecret). */
export const secretColumns: readonly TableColumn<Secret>[] = [
  { name: 'TYPE', cell: ({ type }) => type },
  { name: 'DATA', cell: ({ data }) => String(Object.keys(data ?? {}).length) },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
];
