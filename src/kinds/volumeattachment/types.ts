import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';

export interface VolumeError {
  /** RFC 3339. */
  time?: string;
  message?: string;
  errorCode?: number;
}

/** What the simulated attacher is doing about it. Times are simulated milliseconds. */
export interface AttachmentRuntime {
  /** The attempt under way is done then. */
  attachUntilMs?: number;
  /** How many attempts have failed, and when the next one begins. */
  failures?: number;
  retryAtMs?: number;
  /** Since when no pod of the node wants the volume. */
  detachRequestedMs?: number;
  /** The detachment under way is done then. */
  detachUntilMs?: number;
}

/** storage.k8s.io/v1 VolumeAttachment: a volume is to be attached to a node, and whether it is. */
export interface VolumeAttachment extends KubeObject {
  spec: {
    attacher: string;
    nodeName: string;
    source: { persistentVolumeName?: string; inlineVolumeSpec?: unknown };
  };
  status: {
    attached: boolean;
    attachmentMetadata?: StringMap;
    attachError?: VolumeError;
    detachError?: VolumeError;
  };
  runtime?: AttachmentRuntime;
}

export const VolumeAttachment = defineKind<VolumeAttachment>({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
});

/** Attachments by the name of their node. */
export const attachmentsByNode: Index<VolumeAttachment> = {
  name: 'attachments by node',
  kind: VolumeAttachment,
  keys: ({ spec }) => spec.nodeName,
};

/** Attachments by the name of their PersistentVolume. */
export const attachmentsByVolume: Index<VolumeAttachment> = {
  name: 'attachments by volume',
  kind: VolumeAttachment,
  keys: ({ spec }) => spec.source?.persistentVolumeName,
};
