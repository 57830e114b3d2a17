import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { Endpoints } from './types.ts';

/** kubectl's columns of Endpoints (pkg/printers/internalversion/printers.go, printEndpoints). */
export const endpointsColumns: readonly TableColumn<Endpoints>[] = [
  { name: 'ENDPOINTS', cell: endpointsText },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
];

/** kubectl names this many and counts the rest. */
const SHOWN = 3;

function endpointsText({ subsets }: Endpoints): string {
  if (!subsets?.length) return '<none>';
  const shown: string[] = [];
  let count = 0;
  for (const { addresses = [], ports = [] } of subsets) {
    const texts =
      ports.length === 0
        ? addresses.map(({ ip }) => ip)
        : ports.flatMap(({ port }) =>
            addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
          );
    count += texts.length;
    shown.push(...texts.slice(0, SHOWN - shown.length));
  }
  if (count === 0) return '';
  return count > SHOWN ? `${shown.join(',')} + ${count - SHOWN} more...` : shown.join(',');
}
