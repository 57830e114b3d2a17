import type { BackOff, ContainerRuntime } from '../../kinds/pod/runtime.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';

/** Whether and when containers are started again. Source: kuberuntime_manager.go (doBackOff), container/helpers.go. */

/** kubelet's initial back-off, of images and of containers. */
export const INITIAL_BACK_OFF_MS = 10_000;
/** kubelet's MaxImageBackOff */
export const MAX_IMAGE_BACK_OFF_MS = 300_000;

/** Whether a container that exited is to be started again, by its own restart policy or its pod's. */
export function shouldRestart(sync: PodSync, { container, role }: PodContainer, exitCode: number): boolean {
  if (role === 'sidecar') return true;
  if (role === 'ephemeral') return false;
  if (role === 'init' && exitCode === 0) return false;
  const rule = container.restartPolicyRules?.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    return exitCodes?.operator === 'NotIn' ? !listed : listed;
  });
  if (rule) return rule.action === 'Restart';
  const policy = container.restartPolicy ?? sync.pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && exitCode !== 0;
}

/** flowcontrol.Backoff: an entry that was not touched for twice the longest wait counts for nothing. */
function hasExpired(backOff: BackOff, eventTime: number, maxMs: number): boolean {
  return eventTime - backOff.updatedAt > maxMs * 2;
}

/** Until when a container that exited at `exitedAt` has to wait; undefined when it need not. */
export function backOffUntil(backOff: BackOff | undefined, exitedAt: number, maxMs: number): number | undefined {
  if (!backOff || hasExpired(backOff, exitedAt, maxMs)) return undefined;
  return exitedAt + backOff.delayMs;
}

/** The back-off after one more try: 10 s at first, then twice as long each time, up to the longest. */
export function nextBackOff(backOff: BackOff | undefined, eventTime: number, now: number, maxMs: number): BackOff {
  if (!backOff || hasExpired(backOff, eventTime, maxMs)) return { delayMs: INITIAL_BACK_OFF_MS, updatedAt: now };
  return { delayMs: Math.min(backOff.delayMs * 2, maxMs), updatedAt: now };
}

/** Go's text of a whole number of seconds: "10s", "1m20s", "5m0s". */
export function backOffText(delayMs: number): string {
  const seconds = Math.round(delayMs / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** Puts a container that exited into CrashLoopBackOff until `retryAt`, and says so. */
export function waitForBackOff(sync: PodSync, about: PodContainer, state: ContainerRuntime, retryAt: number): void {
  const { name } = about.container;
  const { step } = state;
  if (step.step !== 'exited') return;
  const { step: _, checkAt: __, ...last } = step;
  const delay = backOffText(state.backOff?.delayMs ?? 0);
  sync.setContainer(name, {
    ...state,
    last,
    step: {
      step: 'waiting',
      reason: 'CrashLoopBackOff',
      message: `back-off ${delay} restarting failed container=${name} pod=${sync.title}`,
      retryAt,
    },
  });
  const message = `Back-off restarting failed container ${name} in pod ${sync.title}`;
  sync.event('Warning', 'BackOff', message, about);
}
