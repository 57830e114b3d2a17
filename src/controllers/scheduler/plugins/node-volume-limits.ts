import { csiSourceOf, driverOf } from '../../../kinds/csidriver/queries.ts';
import { CsiNode } from '../../../kinds/csinode/types.ts';
import { PersistentVolume } from '../../../kinds/persistentvolume/types.ts';
import { classOfClaim, PersistentVolumeClaim } from '../../../kinds/persistentvolumeclaim/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import { StorageClass } from '../../../kinds/storageclass/types.ts';
import { attachmentsByNode, VolumeAttachment } from '../../../kinds/volumeattachment/types.ts';
import type { ClusterView } from '../../../machinery/cluster-view.ts';
import { ADD, DELETE, UPDATE } from '../cluster-events.ts';
import { SKIP, type Plugin, type Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { claimsOf, findClaim, mounts } from '../volumes/claims.ts';

const NAME = 'NodeVolumeLimits';

const LIMIT_REACHED: Rejection = { plugin: NAME, reasons: ['node(s) exceed max volume count'], unresolvable: false };

/** How many volumes of a driver can be attached to a node. Source: pkg/scheduler/framework/plugins/nodevolumelimits. */
export const nodeVolumeLimits: Plugin<ReadonlyMap<string, string>> = {
  name: NAME,
  preFilter({ pod, view }) {
    const volumes = attachedBy(view, pod.pod);
    return volumes.size === 0 ? SKIP : { kind: 'state', state: volumes };
  },
  filter(wanted, node, { view }) {
    const limits = limitsOf(view, node.name);
    if (limits.size === 0) return undefined;
    const attached = attachedTo(view, node);
    const counts = new Map<string, number>();
    const add = (driver: string) => counts.set(driver, (counts.get(driver) ?? 0) + 1);
    for (const driver of attached.values()) add(driver);
    const added = [...wanted].filter(([volume]) => !attached.has(volume));
    for (const [, driver] of added) add(driver);
    return added.some(([, driver]) => (counts.get(driver) ?? 0) > (limits.get(driver) ?? Number.POSITIVE_INFINITY))
      ? LIMIT_REACHED
      : undefined;
  },
  hints: [
    { resource: CsiNode.key, actions: ADD | UPDATE },
    { resource: 'AssignedPod', actions: DELETE, helps: (_pod, event) => claimsOf(event.old as Pod).length > 0 },
    {
      resource: PersistentVolumeClaim.key,
      actions: ADD,
      helps: ({ pod }, event) => mounts(pod, event.new as PersistentVolumeClaim),
    },
    { resource: VolumeAttachment.key, actions: DELETE },
  ],
};

function limitsOf(view: ClusterView, node: string): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { name, allocatable } of view.get(CsiNode, undefined, node)?.spec.drivers ?? []) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
  }
  return limits;
}

/** The volumes on a node, each with its driver, once: by the pods there, and by attachments. */
function attachedTo(view: ClusterView, node: NodeInfo): Map<string, string> {
  const attached = new Map<string, string>();
  for (const { pod } of node.pods.values()) {
    for (const [volume, driver] of attachedBy(view, pod)) attached.set(volume, driver);
  }
  for (const { spec } of view.by(attachmentsByNode, node.name)) {
    if (!spec.attacher) continue;
    const volume = view.get(PersistentVolume, undefined, spec.source?.persistentVolumeName ?? '');
    const source = volume && csiSourceOf(volume);
    if (source) attached.set(`${spec.attacher}/${source.handle}`, spec.attacher);
  }
  return attached;
}

/** The volumes a pod mounts through claims, with their drivers. */
function attachedBy(view: ClusterView, pod: Pod): Map<string, string> {
  const volumes = new Map<string, string>();
  for (const { name } of claimsOf(pod)) {
    const claim = findClaim(view, pod, name);
    const found = claim && mountedBy(view, claim);
    if (found) volumes.set(`${found.driver}/${found.handle}`, found.driver);
  }
  return volumes;
}

function mountedBy(view: ClusterView, claim: PersistentVolumeClaim): { driver: string; handle: string } | undefined {
  const { namespace, name } = claim.metadata;
  const volume = claim.spec.volumeName ? view.get(PersistentVolume, undefined, claim.spec.volumeName) : undefined;
  if (volume) return csiSourceOf(volume);
  const provisioner = view.get(StorageClass, undefined, classOfClaim(claim))?.provisioner;
  return provisioner ? { driver: driverOf(provisioner), handle: `unbound-${namespace}/${name}` } : undefined;
}
