import { hash32 } from '../../machinery/random.ts';

/**
 * What an image consists of, as a node keeps it. The model's own rule: every image has a layer that all tags of its
 * repository have in common, and one of its own with the rest of its bytes. A very small image is one layer.
 */
export interface ImageLayer {
  /** `sha256:…`, the same for the same layer everywhere. */
  digest: string;
  sizeBytes: number;
}

const MEBIBYTE = 1024 * 1024;
const LEAST_SHARED_BYTES = 8 * MEBIBYTE;
const SHARED_SPREAD_BYTES = 8 * MEBIBYTE;

/** The layers of an image of a size, the shared one first. */
export function imageLayers(image: string, sizeBytes: number): ImageLayer[] {
  const repository = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const shared = LEAST_SHARED_BYTES + (hash32('layer', repository) % SHARED_SPREAD_BYTES);
  if (sizeBytes <= shared) return [{ digest: digestOf('image', image), sizeBytes }];
  return [
    { digest: digestOf('repository', repository), sizeBytes: shared },
    { digest: digestOf('image', image), sizeBytes: sizeBytes - shared },
  ];
}

function digestOf(...parts: readonly string[]): string {
  let text = '';
  for (let word = 0; word < 8; word++)
    text += hash32('layer', ...parts, word)
      .toString(16)
      .padStart(8, '0');
  return `sha256:${text}`;
}
