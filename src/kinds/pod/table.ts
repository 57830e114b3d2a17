import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { displayPod } from './display.ts';
import type { Pod } from './types.ts';

const NONE = '<none>';

/** kubectl get pods. Source: pkg/printers/internalversion/printers.go. */
export const podColumns: readonly TableColumn<Pod>[] = [
  {
    name: 'READY',
    cell: (pod) => {
      const { readyContainers, containerCount } = displayPod(pod);
      return `${readyContainers}/${containerCount}`;
    },
  },
  { name: 'STATUS', cell: (pod) => displayPod(pod).status },
  {
    name: 'RESTARTS',
    cell: (pod, { now }) => {
      const { restarts, lastRestartAt } = displayPod(pod);
      if (restarts === 0 || lastRestartAt === undefined) return String(restarts);
      return `${restarts} (${humanDuration(now - lastRestartAt)} ago)`;
    },
  },
  { name: 'AGE', cell: ({ metadata }, { now }) => humanDuration(now - fromTimestamp(metadata.creationTimestamp)) },
  { name: 'IP', wide: true, cell: ({ status }) => status.podIPs?.[0]?.ip || NONE },
  { name: 'NODE', wide: true, cell: ({ spec }) => spec.nodeName || NONE },
  { name: 'NOMINATED NODE', wide: true, cell: ({ status }) => status.nominatedNodeName || NONE },
  { name: 'READINESS GATES', wide: true, cell: readinessGates },
];

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const open = gates.filter(({ conditionType }) =>
    status.conditions?.some((condition) => condition.type === conditionType && condition.status === 'True'),
  );
  return `${open.length}/${gates.length}`;
}
