import type { ClusterView } from '../../machinery/cluster-view.ts';
import { milliValue, wholeValue } from '../../machinery/quantity.ts';
import { parseDuration } from '../../machinery/time.ts';
import { matchesImage } from '../fault/queries.ts';
import { memoryVolumeBytes } from '../pod/queries.ts';
import type { Container, Pod } from '../pod/types.ts';
import { ImageProfile, type ImageProfileSpec } from './types.ts';

/** Questions asked of the profiles of images. */

const NO_PROFILE: Partial<ImageProfileSpec> = Object.freeze({});

/** The profile of an image: the one with the longest matching pattern, the oldest of several; an empty one if none. */
export function profileOf(view: ClusterView, image: string): Partial<ImageProfileSpec> {
  if (view.count(ImageProfile) === 0) return NO_PROFILE;
  let best: ImageProfileSpec | undefined;
  for (const { spec } of view.iterate(ImageProfile)) {
    if ((best && spec.image.length <= best.image.length) || !matchesImage(spec.image, image)) continue;
    best = spec;
  }
  return best ?? NO_PROFILE;
}

/** A duration of a profile in milliseconds; undefined when it is not said. */
export function profileMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}

export interface Usage {
  cpuMilli: number;
  memoryBytes: number;
}

/** What a container of this profile uses so long after its start; undefined where the profile says nothing of it. */
export function profiledUsage(profile: Partial<ImageProfileSpec>, sinceStartMs: number): Partial<Usage> {
  let usage: Partial<Usage> = {};
  for (const { after, cpu, memory } of profile.usage ?? []) {
    if ((profileMs(after) ?? 0) > sinceStartMs) continue;
    usage = {
      ...usage,
      ...(cpu === undefined ? {} : { cpuMilli: milliValue(cpu) }),
      ...(memory === undefined ? {} : { memoryBytes: wholeValue(memory) }),
    };
  }
  return usage;
}

const IDLE: Usage = Object.freeze({ cpuMilli: 0, memoryBytes: 0 });

/**
 * What a container uses at the view's time; undefined while it does not run. One whose profile says nothing is idle.
 */
export function containerUsage(view: ClusterView, pod: Pod, container: Container): Usage | undefined {
  const step = pod.runtime?.containers?.[container.name]?.step;
  if (step?.step !== 'running') return undefined;
  const profile = profileOf(view, container.image ?? '');
  return profile.usage ? { ...IDLE, ...profiledUsage(profile, view.now - step.since) } : IDLE;
}

/** What the running containers of a pod and its file systems in memory use together at the view's time. */
export function podUsage(view: ClusterView, pod: Pod): Usage {
  let { cpuMilli } = IDLE;
  let memoryBytes = memoryVolumeBytes(pod);
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const usage = containerUsage(view, pod, container);
    cpuMilli += usage?.cpuMilli ?? 0;
    memoryBytes += usage?.memoryBytes ?? 0;
  }
  return { cpuMilli, memoryBytes };
}

/** A change of the memory that a container uses, still to come: when, and by how many bytes. */
export interface MemoryStep {
  atMs: number;
  deltaBytes: number;
}

/** How the memory that a pod's running containers use will change by itself, in no order. */
export function memoryStepsAhead(view: ClusterView, pod: Pod): MemoryStep[] {
  const steps: MemoryStep[] = [];
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const step = pod.runtime?.containers?.[container.name]?.step;
    if (step?.step !== 'running') continue;
    const profile = profileOf(view, container.image ?? '');
    let before = profiledUsage(profile, view.now - step.since).memoryBytes ?? 0;
    const times = (profile.usage ?? []).map(({ after }) => profileMs(after) ?? 0);
    for (const time of [...new Set(times)].sort((left, right) => left - right)) {
      if (step.since + time <= view.now) continue;
      const then = profiledUsage(profile, time).memoryBytes ?? 0;
      if (then !== before) steps.push({ atMs: step.since + time, deltaBytes: then - before });
      before = then;
    }
  }
  return steps;
}

/** Whether the profile of one of a pod's images speaks of memory. */
export function hasProfiledMemory(view: ClusterView, pod: Pod): boolean {
  if (view.count(ImageProfile) === 0) return false;
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return containers.some(({ image }) => saysMemory(profileOf(view, image ?? '')));
}

export function saysMemory(profile: Partial<ImageProfileSpec>): boolean {
  return profile.usage?.some(({ memory }) => memory !== undefined) ?? false;
}
