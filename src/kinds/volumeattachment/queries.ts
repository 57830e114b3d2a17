import type { ClusterView } from '../../machinery/cluster-view.ts';
import { sha256 } from '../../machinery/sha256.ts';
import type { AttachableSource } from '../csidriver/queries.ts';
import { VolumeAttachment } from './types.ts';

const knownNames = new Map<string, string>();
const KNOWN_LIMIT = 10_000;

/** The name of the attachment of a volume to a node. Source: pkg/volume/csi/csi_attacher.go (getAttachmentName). */
export function attachmentName({ driver, handle }: AttachableSource, node: string): string {
  const text = `${handle}${driver}${node}`;
  let name = knownNames.get(text);
  if (name === undefined) {
    name = `csi-${sha256(text)}`;
    if (knownNames.size >= KNOWN_LIMIT) knownNames.clear();
    knownNames.set(text, name);
  }
  return name;
}

/** A volume's name in the status of nodes. Source: pkg/volume/csi/csi_plugin.go (GetVolumeName), util.GetUniqueVolumeName. */
export function uniqueVolumeName({ driver, handle }: AttachableSource): string {
  return `kubernetes.io/csi/${driver}^${handle}`;
}

/** Whether a volume is attached to a node and is not on its way off it. */
export function isAttached(view: ClusterView, source: AttachableSource, node: string): boolean {
  const attachment = view.get(VolumeAttachment, undefined, attachmentName(source, node));
  return attachment?.status?.attached === true && attachment.metadata.deletionTimestamp === undefined;
}
