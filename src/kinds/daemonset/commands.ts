import { restartCommand, rollbackCommand } from '../../controllers/replicas/rollout-commands.ts';
import { DaemonSet } from './types.ts';

/** kubectl rollout restart daemonset */
export const restartDaemonSet = restartCommand('restartDaemonSet', DaemonSet);

/** kubectl rollout undo daemonset */
export const rollbackDaemonSet = rollbackCommand('rollbackDaemonSet', DaemonSet);
