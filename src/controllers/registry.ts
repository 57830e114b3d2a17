import type { Controller } from '../machinery/controller.ts';
import { attachDetach } from './attach-detach/controller.ts';
import { ephemeralVolumes } from './ephemeral-volume/controller.ts';
import { garbageCollector } from './garbage-collector/controller.ts';
import { kubelet } from './kubelet/controller.ts';
import { localStorageEviction } from './local-storage/controller.ts';
import { nodeLifecycle } from './node-lifecycle/controller.ts';
import { nodePressure } from './node-pressure/controller.ts';
import { nodeShutdown } from './node-shutdown/controller.ts';
import { persistentVolumeController } from './persistent-volume/controller.ts';
import { podGarbageCollector } from './pod-garbage-collector/controller.ts';
import { scheduler } from './scheduler/scheduler.ts';
import { taintEviction } from './taint-eviction/controller.ts';

/** The controllers that own no kind, in the order in which they run within an instant, after the kinds' own. */
export const actors: readonly Controller[] = [
  ephemeralVolumes,
  persistentVolumeController,
  scheduler,
  kubelet,
  attachDetach,
  nodePressure,
  localStorageEviction,
  nodeShutdown,
  nodeLifecycle,
  taintEviction,
  podGarbageCollector,
  garbageCollector,
];
