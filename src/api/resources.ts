import { milliValue, wholeValue, formatBytes, formatMilliCpu } from '../machinery/quantity.ts';
import { builder } from './builder.ts';

/** Amounts by resource name, as they stand in objects: `{ cpu: "250m", memory: "1Gi" }`. */
export type ResourceMap = Readonly<Record<string, string | number | undefined>> | undefined;

const MIB = 1024 * 1024;

export const ResourcesType = builder.objectRef<NonNullable<ResourceMap>>('Resources').implement({
  description: 'CPU, memory and number of pods; 0 for what is not said.',
  fields: (t) => ({
    cpu: t.field({ type: 'Quantity', resolve: ({ cpu }) => cpu ?? '0' }),
    cpuMillis: t.int({ resolve: ({ cpu }) => milliValue(cpu) }),
    memory: t.field({ type: 'Quantity', resolve: ({ memory }) => memory ?? '0' }),
    memoryMiB: t.int({ resolve: ({ memory }) => Math.floor(wholeValue(memory) / MIB) }),
    pods: t.int({ nullable: true, resolve: ({ pods }) => (pods === undefined ? null : wholeValue(pods)) }),
  }),
});

/** The requests of containers as the scheduler adds them up: milliCPU and bytes. */
export interface RequestedAmounts {
  cpuMillis: number;
  memoryBytes: number;
  pods: number;
}

/** Amounts as a `Resources` source. */
export function resourceMap({ cpuMillis, memoryBytes, pods }: RequestedAmounts): NonNullable<ResourceMap> {
  return { cpu: formatMilliCpu(cpuMillis), memory: formatBytes(memoryBytes), pods };
}
