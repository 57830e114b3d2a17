/**
 * Whom metadata.managedFields names for a write that is no apply: Kubernetes' components, and for commands the kubectl
 * command that does the same.
 */

const COMPONENTS: Record<string, string> = {
  'default-scheduler': 'kube-scheduler',
  kubelet: 'kubelet',
};

const VERBS: readonly (readonly [pattern: RegExp, manager: string])[] = [
  [/^scale/, 'kubectl-scale'],
  [/^set/, 'kubectl-set'],
  [/^(restart|rollback|pause|resume)/, 'kubectl-rollout'],
  [/^suspend/, 'kubectl-patch'],
  [/^(un)?cordon/, 'kubectl-cordon'],
  [/^drain/, 'kubectl-drain'],
  [/^label/, 'kubectl-label'],
  [/^annotate/, 'kubectl-annotate'],
];

/** Controllers run in the controller manager, whatever their own names. */
export function managerOfController(name: string): string {
  return COMPONENTS[name] ?? 'kube-controller-manager';
}

export function managerOfCommand(name: string): string {
  return VERBS.find(([pattern]) => pattern.test(name))?.[1] ?? 'kubectl';
}
