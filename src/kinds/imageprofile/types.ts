import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** From `from` until `to` (Go durations since the container's start; no end: for ever) probes have this outcome. */
export interface ProbeProfile {
  /** Default: every probe of the container. */
  type?: 'STARTUP' | 'READINESS' | 'LIVENESS';
  from?: string;
  to?: string;
  succeed: boolean;
  message?: string;
}

/** What a container uses. With `after`, from that long after its start on. */
export interface UsageProfile {
  after?: string;
  cpu?: string | number;
  memory?: string | number;
}

/**
 * How containers of an image behave. Durations are Go text ("1.5s"). What is not said is as for any image: a pull of 1 to
 * 4 s, up after 1 to 3 s, running for ever (containers that are to complete exit 0 after a few seconds).
 */
export interface ImageProfileSpec {
  /** Which images: `*` stands for any text; without tag every tag. The most specific (longest) pattern wins. */
  image: string;
  pullTime?: string;
  sizeBytes?: number;
  /** From start until it answers its probes. */
  startupTime?: string;
  /** From start until it exits by itself; default: never, or a few seconds where it is to complete. */
  runTime?: string;
  /** One exit code, or one for each start in turn (the last for all that follow). */
  exitCode?: number;
  exitCodes?: readonly number[];
  /** What it leaves in its termination log when it exits by itself. */
  terminationMessage?: string;
  /** From SIGTERM until it has ended, and its exit code then. */
  shutdownTime?: string;
  shutdownExitCode?: number;
  /** How long hooks take that are commands or requests. */
  hookTime?: string;
  usage?: readonly UsageProfile[];
  probes?: readonly ProbeProfile[];
}

export interface ImageProfile extends KubeObject {
  spec: ImageProfileSpec;
}

export const ImageProfile = defineKind<ImageProfile>({
  apiVersion: 'orrery.dev/v1alpha1',
  kind: 'ImageProfile',
  plural: 'imageprofiles',
  namespaced: false,
});
