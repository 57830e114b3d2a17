import { builder } from '../../api/builder.ts';
import { imageLayers, type ImageLayer } from './image-layers.ts';
import type { Node } from './types.ts';

/** How many images of a node are shown, and how many layers: those of the largest images. */
const IMAGES_SHOWN = 500;

type NodeInfo = NonNullable<Node['status']['nodeInfo']>;

export const NodeInfoType = builder.objectRef<NodeInfo>('NodeInfo').implement({
  description: 'What a node says it runs.',
  fields: (t) => ({
    kubeletVersion: t.exposeString('kubeletVersion', { description: 'The kubelet: "v1.36.0".' }),
    containerRuntimeVersion: t.exposeString('containerRuntimeVersion', {
      description: 'What runs the containers: "containerd://2.2.0".',
    }),
    operatingSystem: t.exposeString('operatingSystem', { description: '"linux" or "windows".' }),
    architecture: t.exposeString('architecture', { description: '"amd64", "arm64".' }),
    osImage: t.exposeString('osImage', { description: 'The name of the system.' }),
    kernelVersion: t.exposeString('kernelVersion', { description: 'The kernel of the system.' }),
  }),
});

interface NodeImage {
  name: string;
  names: readonly string[];
  sizeBytes: number;
}

const ImageLayerType = builder.objectRef<ImageLayer & { images: readonly string[] }>('ImageLayer').implement({
  description: 'A layer of images, which a node keeps once however many images have it.',
  fields: (t) => ({
    digest: t.exposeString('digest', { description: '"sha256:…", the same for the same layer everywhere.' }),
    sizeBytes: t.exposeFloat('sizeBytes', { description: 'Its size in bytes.' }),
    images: t.exposeStringList('images', {
      description: 'The images of the node that have it.',
      extensions: { listSize: IMAGES_SHOWN },
    }),
  }),
});

const NodeImageType = builder.objectRef<NodeImage>('NodeImage').implement({
  description: 'An image that a node has pulled.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'With its tag: "web:1".' }),
    names: t.exposeStringList('names', { description: 'Every name it is known by, its digest among them.' }),
    sizeBytes: t.exposeFloat('sizeBytes', { description: 'Its size in bytes, all layers together.' }),
  }),
});

function imagesOf({ status }: Node): NodeImage[] {
  return (status.images ?? []).slice(0, IMAGES_SHOWN).map(({ names = [], sizeBytes = 0 }) => ({
    name: names.find((name) => !name.includes('@')) ?? names[0] ?? '',
    names,
    sizeBytes,
  }));
}

function layersOf(node: Node): (ImageLayer & { images: string[] })[] {
  const layers = new Map<string, ImageLayer & { images: string[] }>();
  for (const { name, sizeBytes } of imagesOf(node)) {
    for (const layer of imageLayers(name, sizeBytes)) {
      const known = layers.get(layer.digest);
      if (known) known.images.push(name);
      else layers.set(layer.digest, { ...layer, images: [name] });
    }
  }
  return [...layers.values()];
}

/** The images of a node and the layers they consist of, for the fields of `KubeNode`. */
export const nodeImages = { type: NodeImageType, resolve: imagesOf, listSize: IMAGES_SHOWN };
export const nodeLayers = { type: ImageLayerType, resolve: layersOf, listSize: 2 * IMAGES_SHOWN };
