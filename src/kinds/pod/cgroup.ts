import { milliValue, wholeValue } from '../../machinery/quantity.ts';
import { qualityOfService } from './quality-of-service.ts';
import type { Container, ContainerStatus, Pod } from './types.ts';

/** The limits of a running container, as the kubelet gives them to the container runtime. */
export interface ContainerCgroup {
  path: string;
  cpuShares: number;
  /** Undefined: no limit. */
  cpuQuotaMicros: number | undefined;
  cpuPeriodMicros: number;
  /** Undefined: no limit. */
  memoryLimitBytes: number | undefined;
  oomScoreAdj: number;
}

const CPU_PERIOD_MICROS = 100_000;
const LEAST_QUOTA_MICROS = 1_000;
const LEAST_SHARES = 2;
const MOST_SHARES = 262_144;
const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;
/** scheduling.SystemCriticalPriority + 1000: system-node-critical. */
const NODE_CRITICAL_PRIORITY = 2_000_001_000;

/**
 * The cgroup of a container, or undefined while it does not run. `memoryCapacity` is the node's, in bytes.
 * Source: pkg/kubelet/cm/helpers_linux.go (MilliCPUToShares, MilliCPUToQuota), pkg/kubelet/qos/policy.go
 * (GetContainerOOMScoreAdjust, by the container's own requests).
 */
export function cgroupOf(
  pod: Pod,
  container: Container,
  status: ContainerStatus | undefined,
  memoryCapacity: number,
): ContainerCgroup | undefined {
  if (!status?.state?.running) return undefined;
  const { limits, requests } = status.resources ?? container.resources ?? {};
  const cpuLimit = milliValue(limits?.['cpu']);
  const memoryLimit = wholeValue(limits?.['memory']);
  return {
    path: pathOf(pod, status),
    cpuShares: sharesOf(requests?.['cpu'] === undefined ? cpuLimit : milliValue(requests['cpu'])),
    cpuQuotaMicros: cpuLimit > 0 ? quotaOf(cpuLimit) : undefined,
    cpuPeriodMicros: CPU_PERIOD_MICROS,
    memoryLimitBytes: memoryLimit > 0 ? memoryLimit : undefined,
    oomScoreAdj: oomScoreAdj(pod, wholeValue(requests?.['memory']), memoryCapacity),
  };
}

function sharesOf(milliCpu: number): number {
  if (milliCpu === 0) return LEAST_SHARES;
  return Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), LEAST_SHARES), MOST_SHARES);
}

function quotaOf(milliCpu: number): number {
  return Math.max(Math.floor((milliCpu * CPU_PERIOD_MICROS) / 1000), LEAST_QUOTA_MICROS);
}

/** Guaranteed pods stand in `kubepods` itself, the others in the slice of their class. */
function pathOf({ metadata, spec }: Pod, { containerID = '' }: ContainerStatus): string {
  const ofClass = qualityOfService(spec).toLowerCase();
  const parent = ofClass === 'guaranteed' ? 'kubepods' : `kubepods/${ofClass}`;
  return `/${parent}/pod${metadata.uid}/${containerID.replace(/^.*:\/\//, '')}`;
}

function oomScoreAdj({ spec }: Pod, memoryRequest: number, memoryCapacity: number): number {
  if (spec.priority !== undefined && spec.priority >= NODE_CRITICAL_PRIORITY) return GUARANTEED_OOM_SCORE;
  const ofClass = qualityOfService(spec);
  if (ofClass === 'Guaranteed') return GUARANTEED_OOM_SCORE;
  if (ofClass === 'BestEffort') return BEST_EFFORT_OOM_SCORE;
  const score = 1000 - (memoryCapacity > 0 ? Math.floor((1000 * memoryRequest) / memoryCapacity) : 0);
  const least = BEST_EFFORT_OOM_SCORE + GUARANTEED_OOM_SCORE;
  return Math.min(Math.max(score, least), BEST_EFFORT_OOM_SCORE - 1);
}
