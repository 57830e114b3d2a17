import { CsiDriver } from '../../kinds/csidriver/types.ts';
import { CsiNode } from '../../kinds/csinode/types.ts';
import { CsiStorageCapacity } from '../../kinds/csistoragecapacity/types.ts';
import { Namespace } from '../../kinds/namespace/types.ts';
import { Node } from '../../kinds/node/types.ts';
import { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../kinds/persistentvolumeclaim/types.ts';
import { Pod } from '../../kinds/pod/types.ts';
import { StorageClass } from '../../kinds/storageclass/types.ts';
import { VolumeAttachment } from '../../kinds/volumeattachment/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { attemptPod } from './attempt.ts';
import { isPending, SCHEDULER_NAME, schedulingRecord, withRecord } from './queued-pod.ts';
import { SchedulerMemory } from './scheduler-memory.ts';

/**
 * kube-scheduler: gives every pod without a node the best node there is, one pod after the other, the most urgent first.
 *
 * It has one key. Each reconcile tries a bounded number of pods and asks to be called again while there are more, so that
 * whoever runs the engine can pause between. What it keeps in memory (`SchedulerMemory`) is a pure function of the
 * objects; one is kept per engine, and its watches tell it every change.
 */

const KEY = 'queue';
const PODS_PER_RECONCILE = 200;

const memories = new WeakMap<ClusterView, SchedulerMemory>();

export const scheduler: Controller = {
  name: SCHEDULER_NAME,
  watches: [
    watch(Pod, (change, view) => {
      memories.get(view)?.podChanged(change.old, change.new);
      return needsLook(view, isPending(change.new));
    }),
    watch(Node, (change, view) => {
      memories.get(view)?.nodeChanged(change.old, change.new);
      return needsLook(view, false);
    }),
    ...[
      PersistentVolumeClaim,
      PersistentVolume,
      StorageClass,
      CsiNode,
      CsiDriver,
      CsiStorageCapacity,
      VolumeAttachment,
    ].map((kind) =>
      watch<KubeObject>(kind, (change, view) => {
        memories.get(view)?.objectChanged(change.old, change.new);
        return needsLook(view, false);
      }),
    ),
    watch(Namespace, (change, view) => {
      memories.get(view)?.namespaceChanged(change.old, change.new);
      return needsLook(view, false);
    }),
  ],
  initialKeys: () => [KEY],
  reconcile(_key, api) {
    const memory = memoryOf(api);
    memory.release();
    noteWoken(api, memory);
    for (let count = 0; count < PODS_PER_RECONCILE; count++) {
      const uid = memory.queue.pop();
      if (uid === undefined) break;
      const pod = api.byUid(uid) as Pod | undefined;
      if (isPending(pod)) attemptPod(api, memory, pod);
    }
    if (memory.queue.hasWork()) api.requeue();
    askForTime(api, memory);
  },
};

function needsLook(view: ClusterView, isNew: boolean): string | undefined {
  const memory = memories.get(view);
  return (memory ? memory.queue.hasWork() : isNew) ? KEY : undefined;
}

function memoryOf(api: ControllerApi): SchedulerMemory {
  let memory = memories.get(api);
  if (!memory) {
    memory = new SchedulerMemory(api, api.settings);
    memories.set(api, memory);
  }
  return memory;
}

function noteWoken(api: ControllerApi, { queue }: SchedulerMemory): void {
  for (const uid of queue.takeUnnoted()) {
    const pod = api.byUid(uid) as Pod | undefined;
    const record = pod && schedulingRecord(pod);
    if (record) api.updateStatus<Pod>(withRecord(pod, { ...record, wokenAt: api.now }));
  }
}

function askForTime(api: ControllerApi, { queue }: SchedulerMemory): void {
  const backoffEnd = queue.nextBackoffEnd();
  if (backoffEnd !== undefined) api.requeueAt(backoffEnd);
  const flush = queue.nextFlush();
  if (flush !== undefined) api.requeueAt(flush, { background: true });
}
