import type { Pod } from '../../kinds/pod/types.ts';
import type { ChangeLog } from './change-log.ts';
import { podPlace } from './evaluation.ts';
import type { Cycle } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { NodeTable } from './node-table.ts';
import { PlacementClass } from './placement-class.ts';
import { selectFromClass } from './placement-selection.ts';
import { signatureOf } from './placement-signature.ts';
import { fits } from './plugins/node-resources-fit.ts';
import {
  hardConstraints,
  softConstraints,
  type SoftConstraints,
  type SpreadConstraint,
} from './topology-constraints.ts';

/** How many nodes all classes together may hold, and how many classes there are at least. */
const SLOT_LIMIT = 1_000_000;
const MIN_CLASSES = 16;

/** A class that is further behind than this many changes for each node is built again. */
const MAX_LAG_PER_NODE = 4;

export interface Placement {
  /** The node that the plain evaluation would choose; undefined when there is none. */
  readonly node: NodeInfo | undefined;
  /** The same for all pods that are alike, priority aside. */
  readonly signature: string;
}

/**
 * The fast way to the answer of the plain evaluation (evaluation.ts): pods that are alike share a `PlacementClass`, which
 * follows the changes of the cluster instead of looking at every node for every pod.
 */
export class Placements {
  private readonly log: ChangeLog;
  private readonly classes = new Map<string, PlacementClass>();
  private table: NodeTable | undefined;
  private epoch = -1;

  constructor(log: ChangeLog) {
    this.log = log;
  }

  /** Undefined when the pod needs the plain evaluation. */
  find(cycle: Cycle): Placement | undefined {
    const { pod, view, snapshot } = cycle;
    if (!isSupported(pod.pod)) return undefined;
    const hard = hardConstraints(pod);
    const soft = softConstraints(pod, view);
    const signature = signatureOf(pod, hard, soft, this.log.termKeys);
    if (this.epoch !== this.log.epoch) {
      this.classes.clear();
      this.table = new NodeTable(snapshot.list(), view.seed);
      this.epoch = this.log.epoch;
    }
    const found = this.classFor(cycle, signature, hard, soft);
    const withheld = this.withhold(found, cycle);
    if (!withheld) return undefined;
    const node = selectFromClass(found, podPlace(view.seed, pod.uid));
    for (const slot of withheld) found.place(slot);
    return { node, signature };
  }

  private classFor(
    cycle: Cycle,
    signature: string,
    hard: readonly SpreadConstraint[],
    soft: SoftConstraints,
  ): PlacementClass {
    const known = this.classes.get(signature);
    this.classes.delete(signature);
    const table = (this.table ??= new NodeTable(cycle.snapshot.list(), cycle.view.seed));
    let found = known && this.catchUp(known) ? known : undefined;
    found ??= new PlacementClass(cycle, table, hard, soft, this.log.position);
    this.classes.set(signature, found);
    this.forgetOldest(table.size);
    return found;
  }

  private catchUp(known: PlacementClass): boolean {
    const entries = this.log.since(known.position);
    if (!entries || entries.length > known.table.size * MAX_LAG_PER_NODE + 1000) return false;
    return known.follow(entries);
  }

  /** The class that was not asked for longest goes first. */
  private forgetOldest(nodes: number): void {
    const limit = Math.max(MIN_CLASSES, Math.floor(SLOT_LIMIT / Math.max(nodes, 1)));
    for (const signature of this.classes.keys()) {
      if (this.classes.size <= limit) return;
      this.classes.delete(signature);
    }
  }

  /**
   * Takes out the nodes that other pods wait for and that would not have room for both. Undefined when that cannot be
   * told from the node alone.
   */
  private withhold(found: PlacementClass, { pod, snapshot }: Cycle): readonly number[] | undefined {
    let withheld: number[] | undefined;
    for (const name of snapshot.nominatedNodes()) {
      const others = snapshot
        .nominatedTo(name)
        .filter(({ uid, priority }) => uid !== pod.uid && priority >= pod.priority);
      const info = snapshot.nodes.get(name);
      const slot = found.table.slot(name);
      if (others.length === 0 || !info || slot === undefined || !found.isPlaced(slot)) continue;
      if (!found.isIndependent || others.some(({ requiredAntiAffinity }) => requiredAntiAffinity.length > 0)) {
        for (const taken of withheld ?? []) found.place(taken);
        return undefined;
      }
      const trial = info.clone();
      for (const other of others) if (!trial.pods.has(other.uid)) trial.addPod(other);
      const hasPorts = !pod.hostPorts.some((port) => trial.usedPorts.conflicts(port));
      if (hasPorts && fits(pod.resources.requests, trial)) continue;
      found.takeOut(slot);
      (withheld ??= []).push(slot);
    }
    return withheld ?? NONE;
  }
}

const NONE: readonly number[] = [];

/** Kinds of volumes that the scheduler looks at. */
const SCHEDULED_VOLUMES = [
  'persistentVolumeClaim',
  'ephemeral',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'azureDisk',
  'iscsi',
  'rbd',
  'csi',
] as const;

/** Pods with volumes, for one node by name, or with a nominated node are rare enough for the plain evaluation. */
function isSupported({ spec, status }: Pod): boolean {
  if (status.nominatedNodeName || spec.nodeName || spec.resourceClaims?.length) return false;
  if (spec.volumes?.some((volume) => SCHEDULED_VOLUMES.some((type) => volume[type] !== undefined))) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required?.nodeSelectorTerms.some(({ matchFields }) => (matchFields?.length ?? 0) > 0);
}
