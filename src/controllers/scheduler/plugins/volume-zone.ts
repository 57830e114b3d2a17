import { PersistentVolume } from '../../../kinds/persistentvolume/types.ts';
import { classOfClaim, PersistentVolumeClaim } from '../../../kinds/persistentvolumeclaim/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import { StorageClass } from '../../../kinds/storageclass/types.ts';
import type { ClusterView } from '../../../machinery/cluster-view.ts';
import { deepEqual } from '../../../machinery/equality.ts';
import { ADD, UPDATE, UPDATE_NODE_LABEL } from '../cluster-events.ts';
import { SKIP, type Plugin, type Rejection } from '../framework.ts';
import { claimNotFound, claimsOf, findClaim, mounts } from '../volumes/claims.ts';

const NAME = 'VolumeZone';

const NO_ZONE: Rejection = { plugin: NAME, reasons: ['node(s) had no available volume zone'], unresolvable: true };

/** Labels of a volume that say where it is; old names with the present ones. */
const TOPOLOGY_LABELS = new Map<string, string>([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['topology.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/region'],
]);

interface VolumeTopology {
  readonly key: string;
  readonly values: readonly string[];
}

/** A volume's zone and region labels must be the node's. Source: pkg/scheduler/framework/plugins/volumezone. */
export const volumeZone: Plugin<readonly VolumeTopology[]> = {
  name: NAME,
  preFilter({ pod, view }) {
    const topologies = topologiesOf(view, pod.pod);
    if ('reasons' in topologies) return { kind: 'reject', rejection: topologies };
    return topologies.length === 0 ? SKIP : { kind: 'state', state: topologies };
  },
  filter(topologies, { node }) {
    const labels = node.metadata.labels ?? {};
    if (!TOPOLOGY_LABELS.keys().some((key) => labels[key] !== undefined)) return undefined;
    const isMet = topologies.every(({ key, values }) => {
      const value = labels[key] ?? labels[TOPOLOGY_LABELS.get(key) ?? key];
      return value !== undefined && values.includes(value);
    });
    return isMet ? undefined : NO_ZONE;
  },
  hints: [
    {
      resource: StorageClass.key,
      actions: ADD,
      helps: (_pod, event) => (event.new as StorageClass).volumeBindingMode === 'WaitForFirstConsumer',
    },
    { resource: 'Node', actions: ADD | UPDATE_NODE_LABEL },
    {
      resource: PersistentVolumeClaim.key,
      actions: ADD | UPDATE,
      helps: ({ pod }, event) => mounts(pod, event.new as PersistentVolumeClaim),
    },
    {
      resource: PersistentVolume.key,
      actions: ADD | UPDATE,
      helps: (_pod, event) =>
        !event.old ||
        !deepEqual(labelTopologies(event.old as PersistentVolume), labelTopologies(event.new as PersistentVolume)),
    },
  ],
};

function topologiesOf(view: ClusterView, pod: Pod): readonly VolumeTopology[] | Rejection {
  const topologies: VolumeTopology[] = [];
  for (const { name, isEphemeral } of claimsOf(pod)) {
    if (isEphemeral) continue;
    const claim = findClaim(view, pod, name);
    if (!claim) return refuse(claimNotFound(name));
    const { volumeName } = claim.spec;
    if (!volumeName) {
      const problem = whyUnbound(view, claim);
      if (problem) return refuse(problem);
      continue;
    }
    const volume = view.get(PersistentVolume, undefined, volumeName);
    if (!volume) return refuse(`persistentvolume ${JSON.stringify(volumeName)} not found`);
    topologies.push(...labelTopologies(volume));
  }
  return topologies;
}

/** Nothing is wrong with a claim that waits for its first consumer. */
function whyUnbound(view: ClusterView, claim: PersistentVolumeClaim): string | undefined {
  const name = classOfClaim(claim);
  if (!name) return 'PersistentVolumeClaim had no pv name and storageClass name';
  const found = view.get(StorageClass, undefined, name);
  if (!found) return `storageclass.storage.k8s.io ${JSON.stringify(name)} not found`;
  return found.volumeBindingMode === 'WaitForFirstConsumer' ? undefined : 'PersistentVolume had no name';
}

/** A value may name several zones: "a__b". */
function labelTopologies({ metadata }: PersistentVolume): VolumeTopology[] {
  return [...TOPOLOGY_LABELS.keys()].flatMap((key) => {
    const value = metadata.labels?.[key];
    return value === undefined ? [] : [{ key, values: value.split('__') }];
  });
}

function refuse(reason: string): Rejection {
  return { plugin: NAME, reasons: [reason], unresolvable: true };
}
