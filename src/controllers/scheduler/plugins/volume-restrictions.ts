import { PersistentVolumeClaim } from '../../../kinds/persistentvolumeclaim/types.ts';
import { isPodTerminal } from '../../../kinds/pod/queries.ts';
import { podsByClaim, type Pod, type PodSpec } from '../../../kinds/pod/types.ts';
import { ADD, DELETE } from '../cluster-events.ts';
import { SKIP, type Cycle, type Plugin, type Rejection } from '../framework.ts';
import { claimNotFound, claimsOf, findClaim, mounts } from '../volumes/claims.ts';

const NAME = 'VolumeRestrictions';

const DISK_IN_USE: Rejection = { plugin: NAME, reasons: ['node(s) had no available disk'], unresolvable: false };

const CLAIM_IN_USE: Rejection = {
  plugin: NAME,
  reasons: [
    'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
  ],
  unresolvable: false,
};

type Volume = NonNullable<PodSpec['volumes']>[number];

interface State {
  /** Claims of the pod that one pod alone may use. */
  readonly exclusive: ReadonlySet<string>;
  /** How many of their uses by other pods stand in the way. */
  conflicts: number;
}

/**
 * Disks that cannot be attached twice, and claims that one pod alone may use.
 * Source: pkg/scheduler/framework/plugins/volumerestrictions.
 */
export const volumeRestrictions: Plugin<State> = {
  name: NAME,
  preFilter(cycle) {
    const { pod } = cycle.pod;
    const uses = claimsOf(pod).filter(({ isEphemeral }) => !isEphemeral);
    const exclusive = new Set<string>();
    for (const { name } of uses) {
      const claim = findClaim(cycle.view, pod, name);
      if (!claim)
        return { kind: 'reject', rejection: { ...CLAIM_IN_USE, reasons: [claimNotFound(name)], unresolvable: true } };
      if (claim.spec.accessModes.includes('ReadWriteOncePod')) exclusive.add(name);
    }
    const conflicts = [...exclusive].filter((name) => isUsed(cycle, name)).length;
    const hasDisks = (pod.spec.volumes ?? []).some(isDisk);
    return hasDisks || conflicts > 0 ? { kind: 'state', state: { exclusive, conflicts } } : SKIP;
  },
  filter({ conflicts }, node, { pod }) {
    const disks = (pod.pod.spec.volumes ?? []).filter(isDisk);
    for (const other of node.pods.values()) {
      if (disks.some((disk) => isDiskConflict(disk, other.pod))) return DISK_IN_USE;
    }
    return conflicts > 0 ? CLAIM_IN_USE : undefined;
  },
  addPod: (state, other, _node, { pod }) => countUses(state, pod.pod, other.pod, 1),
  removePod: (state, other, _node, { pod }) => countUses(state, pod.pod, other.pod, -1),
  cloneState: (state) => ({ ...state }),
  hints: [
    {
      resource: 'AssignedPod',
      actions: DELETE,
      helps({ pod }, event) {
        const gone = event.old as Pod;
        if (gone.metadata.namespace !== pod.metadata.namespace) return false;
        const claims = new Set(claimsOf(pod).map(({ name }) => name));
        if (claimsOf(gone).some(({ name }) => claims.has(name))) return true;
        return (pod.spec.volumes ?? []).some((volume) => isDisk(volume) && isDiskConflict(volume, gone));
      },
    },
    { resource: 'Node', actions: ADD },
    {
      resource: PersistentVolumeClaim.key,
      actions: ADD,
      helps: ({ pod }, event) => mounts(pod, event.new as PersistentVolumeClaim),
    },
  ],
};

/** Whether a pod on any node uses a claim of the pod's namespace. */
function isUsed({ pod, view }: Cycle, name: string): boolean {
  return view
    .by(podsByClaim, `${pod.namespace}/${name}`)
    .some(
      (other) => !!other.spec.nodeName && !isPodTerminal(other) && claimsOf(other).some((use) => use.name === name),
    );
}

function countUses(state: State, pod: Pod, other: Pod, sign: 1 | -1): void {
  if (other.metadata.namespace !== pod.metadata.namespace) return;
  for (const { name, isEphemeral } of claimsOf(other)) {
    if (!isEphemeral && state.exclusive.has(name)) state.conflicts += sign;
  }
}

function isDisk(volume: Volume): boolean {
  return !!(volume.gcePersistentDisk ?? volume.awsElasticBlockStore ?? volume.iscsi ?? volume.rbd);
}

/** isVolumeConflict: the same disk, unless both only read it. */
function isDiskConflict(volume: Volume, other: Pod): boolean {
  return (other.spec.volumes ?? []).some((known) => {
    const { gcePersistentDisk: disk, awsElasticBlockStore: block, iscsi, rbd } = volume;
    const areBothReadOnly = (left: { readOnly?: boolean }, right: { readOnly?: boolean }) =>
      left.readOnly === true && right.readOnly === true;
    const { gcePersistentDisk, awsElasticBlockStore, iscsi: otherIscsi, rbd: otherRbd } = known;
    if (disk && gcePersistentDisk?.pdName === disk.pdName) return !areBothReadOnly(disk, gcePersistentDisk);
    if (block && awsElasticBlockStore?.volumeID === block.volumeID) return true;
    if (iscsi && otherIscsi?.iqn === iscsi.iqn) return !areBothReadOnly(iscsi, otherIscsi);
    if (!rbd || !otherRbd) return false;
    const isSame =
      rbd.monitors.some((monitor) => otherRbd.monitors.includes(monitor)) &&
      (rbd.pool ?? 'rbd') === (otherRbd.pool ?? 'rbd') &&
      rbd.image === otherRbd.image;
    return isSame && !areBothReadOnly(rbd, otherRbd);
  });
}
