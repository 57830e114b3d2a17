import { restartCommand, rollbackCommand } from '../../controllers/replicas/rollout-commands.ts';
import { scaleCommand } from '../../controllers/replicas/scale.ts';
import { StatefulSet } from './types.ts';

/** kubectl scale statefulset */
export const scaleStatefulSet = scaleCommand('scaleStatefulSet', StatefulSet);

/** kubectl rollout restart statefulset */
export const restartStatefulSet = restartCommand('restartStatefulSet', StatefulSet);

/** kubectl rollout undo statefulset */
export const rollbackStatefulSet = rollbackCommand('rollbackStatefulSet', StatefulSet);
