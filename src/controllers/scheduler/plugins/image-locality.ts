import type { PodSpec } from '../../../kinds/pod/types.ts';
import { MAX_NODE_SCORE, type Plugin } from '../framework.ts';
import type { ImageStates } from '../image-states.ts';
import type { NodeInfo } from '../node-info.ts';

const MEBIBYTE = 1024 * 1024;
const LOWEST_SUM = 23 * MEBIBYTE;
const HIGHEST_PER_IMAGE = 1000 * MEBIBYTE;

/**
 * Prefers nodes that have the pod's images, more so the larger they are and the more nodes have them.
 * Source: pkg/scheduler/framework/plugins/imagelocality.
 */
export const imageLocality: Plugin<never, readonly string[]> = {
  name: 'ImageLocality',
  preScore({ pod }) {
    return imagesOf(pod.pod.spec);
  },
  score(images, node, { snapshot }) {
    return scoreImages(images, node, snapshot.images, snapshot.nodes.size);
  },
};

/** The images a pod needs, normalized, one entry each time it is named: containers, then image volumes. */
export function imagesOf(spec: PodSpec): readonly string[] {
  const images: string[] = [];
  for (const { image } of spec.initContainers ?? []) images.push(normalizedImageName(image ?? ''));
  for (const { image } of spec.containers) images.push(normalizedImageName(image ?? ''));
  for (const { image } of spec.volumes ?? []) if (image) images.push(normalizedImageName(image.reference ?? ''));
  return images;
}

/** 0 … 100. */
export function scoreImages(images: readonly string[], node: NodeInfo, states: ImageStates, nodeCount: number): number {
  let sum = 0;
  for (const image of images) sum += states.scaledSize(image, node.name, nodeCount);
  const highest = HIGHEST_PER_IMAGE * images.length;
  const bounded = Math.min(Math.max(sum, LOWEST_SUM), highest);
  return Math.trunc((MAX_NODE_SCORE * (bounded - LOWEST_SUM)) / (highest - LOWEST_SUM));
}

/** The name as the container runtime reports it: with a tag. */
function normalizedImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
