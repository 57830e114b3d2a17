import type { ClusterView } from '../../machinery/cluster-view.ts';
import { milliValue, wholeValue } from '../../machinery/quantity.ts';
import { parseDuration } from '../../machinery/time.ts';
import { matchesImage } from '../fault/queries.ts';
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
