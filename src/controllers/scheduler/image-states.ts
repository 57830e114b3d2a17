import type { Node } from '../../kinds/node/types.ts';

/** Which nodes hold which images. Source: pkg/scheduler/backend/cache (ImageStateSummary). */
export class ImageStates {
  /** Sizes in bytes by node, by image. */
  private readonly images = new Map<string, Map<string, number>>();

  /** Replaces what is known of a node; `current` is undefined when the node goes away. */
  setNode(name: string, old: Node | undefined, current: Node | undefined): void {
    const before = old?.status?.images;
    const after = current?.status?.images;
    if (before === after) return;
    for (const { names } of before ?? []) for (const image of names ?? []) this.remove(image, name);
    for (const { names, sizeBytes } of after ?? []) {
      for (const image of names ?? []) this.add(image, name, sizeBytes ?? 0);
    }
  }

  /** The names of the nodes that hold an image. */
  holders(image: string): Iterable<string> {
    return this.images.get(image)?.keys() ?? [];
  }

  /** The size of an image that a node holds, scaled by the share of nodes that hold it; 0 if it does not. */
  scaledSize(image: string, node: string, nodeCount: number): number {
    const sizes = this.images.get(image);
    const size = sizes?.get(node);
    return sizes && size ? Math.trunc(size * (sizes.size / nodeCount)) : 0;
  }

  private add(image: string, node: string, size: number): void {
    const sizes = this.images.get(image);
    if (sizes) sizes.set(node, size);
    else this.images.set(image, new Map([[node, size]]));
  }

  private remove(image: string, node: string): void {
    const sizes = this.images.get(image);
    sizes?.delete(node);
    if (sizes?.size === 0) this.images.delete(image);
  }
}
