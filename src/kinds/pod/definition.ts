import type { KindDefinition } from '../../machinery/definition.ts';
import { podGracePeriodSeconds, preparePod, validatePod } from './admission.ts';
import { deleteFile, writeFile } from './commands-files.ts';
import { debugPod, deletePod } from './commands.ts';
import { defaultPod } from './defaults.ts';
import { podHealth } from './health.ts';
import { resizePod } from './resize.ts';
import { podColumns } from './table.ts';
import {
  finishedPods,
  orphanPods,
  Pod,
  podsAwaitingResize,
  podsByAddress,
  podsByClaim,
  podsByClass,
  podsByLabel,
  podsByNode,
  podsByReference,
} from './types.ts';
import { validatePodUpdate } from './validate-update.ts';

export const pod: KindDefinition<Pod> = {
  kind: Pod,
  indexes: [
    podsByNode,
    podsByAddress,
    podsByLabel,
    podsByClaim,
    podsByClass,
    podsByReference,
    podsAwaitingResize,
    orphanPods,
    finishedPods,
  ],
  applyDefaults: defaultPod,
  prepareCreate: preparePod,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  gracePeriodSeconds: podGracePeriodSeconds,
  commands: [deletePod, debugPod, resizePod, writeFile, deleteFile],
  columns: podColumns,
  health: podHealth,
};
