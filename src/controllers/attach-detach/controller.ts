import { attachableSource, csiSourceOf } from '../../kinds/csidriver/queries.ts';
import { Fault, silentNodes } from '../../kinds/fault/types.ts';
import { isNodeReady } from '../../kinds/node/queries.ts';
import { Node, OUT_OF_SERVICE_TAINT } from '../../kinds/node/types.ts';
import { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../kinds/persistentvolumeclaim/types.ts';
import { Pod, podsByClaim } from '../../kinds/pod/types.ts';
import { attachmentName, uniqueVolumeName } from '../../kinds/volumeattachment/queries.ts';
import { attachmentsByNode, attachmentsByVolume, VolumeAttachment } from '../../kinds/volumeattachment/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { continueAttach, requestAttachment, type NamedSource } from './attach.ts';
import { continueDetach, detachWhenSafe, keepAttached } from './detach.ts';
import { isMultiAttachAllowed, reportMultiAttach, withReported } from './multi-attach.ts';
import { reconcileNode, volumesOf } from './node-volumes.ts';
import { wantedNodes, type WantedNode } from './wanted.ts';

const VOLUME = 'volume/';
const NODE = 'node/';

/**
 * Attaches volumes to the nodes of the pods that mount them, and detaches them where no pod does. Keys are
 * `volume/<name>` and `node/<name>`. Only volumes of drivers that attach have any; the drivers are simulated here, too.
 * Source: pkg/controller/volume/attachdetach.
 */
export const attachDetach: Controller = {
  name: 'attachdetach-controller',
  watches: [
    watch(Pod, podKeys),
    watch(PersistentVolumeClaim, claimKeys),
    watch(PersistentVolume, volumeKeys),
    watch(VolumeAttachment, attachmentKeys),
    watch(Node, nodeKeys),
    watch(Fault, faultKeys),
  ],
  reconcile(key, api) {
    if (key.startsWith(VOLUME)) reconcileVolume(key.slice(VOLUME.length), api);
    else reconcileNode(key.slice(NODE.length), api);
  },
};

function reconcileVolume(name: string, api: ControllerApi): void {
  const volume = api.get(PersistentVolume, undefined, name);
  const source = volume && attachableSource(api, volume);
  const wanted = source ? wantedNodes(api, volume) : [];
  const attachments = api.by(attachmentsByVolume, name).filter(isOwn);
  const known = volume && csiSourceOf(volume);
  for (const attachment of attachments) {
    if (attachment.metadata.deletionTimestamp !== undefined) continueDetach(api, attachment);
    else if (!wanted.some(({ node }) => node === attachment.spec.nodeName)) {
      detachWhenSafe(api, attachment, known && uniqueVolumeName(known));
    }
  }
  if (volume && source) attachWanted(api, volume, { ...source, volume: name }, wanted);
}

/** Attachments that people make for themselves are theirs. */
function isOwn({ runtime }: VolumeAttachment): boolean {
  return runtime !== undefined;
}

function attachWanted(
  api: ControllerApi,
  volume: PersistentVolume,
  source: NamedSource,
  wanted: readonly WantedNode[],
): void {
  const isShared = isMultiAttachAllowed(volume);
  const refused: string[] = [];
  for (const target of wanted) {
    const own = api.get(VolumeAttachment, undefined, attachmentName(source, target.node));
    if (own) {
      if (own.metadata.deletionTimestamp !== undefined || !isOwn(own)) continue;
      const kept = keepAttached(api, own);
      if (!kept.status.attached) continueAttach(api, source, kept, target.pods);
      continue;
    }
    const holders = isShared ? [] : api.by(attachmentsByVolume, source.volume).filter(isOwn);
    if (holders.length === 0) requestAttachment(api, source, target);
    else {
      refused.push(target.node);
      if (!volume.runtime?.multiAttachReported?.includes(target.node)) {
        const nodes = new Set(holders.map(({ spec }) => spec.nodeName));
        const elsewhere = wanted.filter(({ node }) => nodes.has(node)).flatMap(({ pods }) => pods);
        reportMultiAttach(api, source.volume, target, elsewhere);
      }
    }
  }
  api.updateStatus(withReported(volume, refused));
}

// --- what wakes it ----------------------------------------------------------------------------------------------------

/** Only pods that mount claims, when they get a node, begin to end, end or go. */
function podKeys({ old, new: current }: Change<Pod>, view: ClusterView): string[] | undefined {
  const pod = current ?? old;
  if (!pod?.spec.volumes || !pod.spec.nodeName) return undefined;
  if (old && current && !movesVolumes(old, current)) return undefined;
  const attachable = volumesOf(view, pod).filter((volume) => attachableSource(view, volume) !== undefined);
  if (attachable.length === 0) return undefined;
  return [...attachable.map(({ metadata }) => VOLUME + metadata.name), NODE + pod.spec.nodeName];
}

function movesVolumes(old: Pod, current: Pod): boolean {
  return (
    old.spec.nodeName !== current.spec.nodeName ||
    old.status.phase !== current.status.phase ||
    old.metadata.deletionTimestamp !== current.metadata.deletionTimestamp ||
    old.runtime?.done !== current.runtime?.done ||
    (current.metadata.deletionTimestamp !== undefined &&
      old.status.containerStatuses !== current.status.containerStatuses)
  );
}

function claimKeys({ old, new: current }: Change<PersistentVolumeClaim>, view: ClusterView): string[] | undefined {
  const claim = current ?? old;
  if (!claim?.spec.volumeName || (old && current && old.status.phase === current.status.phase)) return undefined;
  const { namespace, name } = claim.metadata;
  const pods = view.by(podsByClaim, `${namespace}/${name}`).filter(({ spec }) => spec.nodeName);
  const nodes = pods.map(({ spec }) => NODE + spec.nodeName);
  return [VOLUME + claim.spec.volumeName, ...nodes];
}

function volumeKeys({ old, new: current }: Change<PersistentVolume>, view: ClusterView): string[] | undefined {
  const volume = current ?? old;
  if (!volume || (old && current && old.spec === current.spec)) return undefined;
  const { name } = volume.metadata;
  const attachments = view.by(attachmentsByVolume, name);
  if (attachableSource(view, volume) === undefined && attachments.length === 0) return undefined;
  return [VOLUME + name, ...attachments.map(({ spec }) => NODE + spec.nodeName)];
}

function attachmentKeys({ old, new: current }: Change<VolumeAttachment>): string[] | undefined {
  const attachment = current ?? old;
  if (!attachment) return undefined;
  const { nodeName, source } = attachment.spec;
  const keys = [NODE + nodeName];
  if (source?.persistentVolumeName !== undefined) keys.push(VOLUME + source.persistentVolumeName);
  return keys;
}

/** What a node's health and its volumes in use mean for those attached to it. */
function nodeKeys({ old, new: current }: Change<Node>, view: ClusterView): string[] | undefined {
  const node = current ?? old;
  if (!node || view.countBy(attachmentsByNode, node.metadata.name) === 0) return undefined;
  if (old && current && !movesAttachments(old, current)) return undefined;
  const attachments = view.by(attachmentsByNode, node.metadata.name);
  return [
    NODE + node.metadata.name,
    ...attachments.map(({ spec }) => VOLUME + (spec.source?.persistentVolumeName ?? '')),
  ];
}

function movesAttachments(old: Node, current: Node): boolean {
  const isOut = ({ spec }: Node) => spec.taints?.some(({ key }) => key === OUT_OF_SERVICE_TAINT) ?? false;
  return (
    old.status.volumesInUse !== current.status.volumesInUse ||
    isNodeReady(old) !== isNodeReady(current) ||
    isOut(old) !== isOut(current)
  );
}

/** A kubelet that is heard again says what it uses. */
function faultKeys({ old, new: fault }: Change<Fault>, view: ClusterView): string[] | undefined {
  if (old?.status?.active === fault?.status?.active) return undefined;
  const names = [old, fault].flatMap((either) => (either ? silentNodes(either) : []));
  const keys = names.filter((name) => view.countBy(attachmentsByNode, name) > 0).map((name) => NODE + name);
  return keys.length > 0 ? keys : undefined;
}
