import type { IContainer } from 'kubernetes-models/v1/Container';
import type { FileTree } from '../../machinery/file-tree.ts';
import type { StringMap } from '../../machinery/object.ts';

/**
 * What the kubelet of a pod's node keeps beside the status: times to the millisecond, and what its containers are about
 * to do. All times are simulated milliseconds since the epoch, all durations milliseconds. Values are replaced, never
 * changed.
 */

export interface PodRuntime {
  /** When the kubelet took the pod on; undefined before. */
  since?: number;
  /** The pod's network: there while its containers may run. */
  sandbox?: { attempt: number; ip: string };
  /** By container name. A container that was never begun is not there. */
  containers?: Readonly<Record<string, ContainerRuntime>>;
  /** Its containers began to start: the init containers are done with. */
  initialized?: true;
  /** How many resizes were asked for: tells them from other changes of the spec. */
  resizes?: number;
  /** A resize that the node cannot give now, or ever. */
  resizePending?: PendingResize;
  /** The kubelet is to end the pod for its node's sake, and what its status is to say then. */
  terminate?: PodTermination;
  /** The pod is being ended. */
  ending?: PodEnding;
  /** Since when the machine under the pod has been off. */
  downSince?: number;
  /** The last complaint about volumes that was recorded as an event. */
  volumeProblem?: string;
  /** Volumes could not be mounted: how often it was tried, when last, and when it is tried again, if that is seen. */
  mountRetry?: { attempts: number; triedMs: number; nextMs?: number };
  /** What was written into the volumes that live and die with the pod, by the volume's name. */
  volumes?: Readonly<Record<string, FileTree>>;
  /** Files of ConfigMaps and Secrets that the pod goes on seeing when their object no longer gives them, by volume. */
  keptVolumes?: Readonly<Record<string, KeptFiles>>;
  /** When the kubelet last synced the pod because the pod itself had changed, and a digest of what it was then. */
  synced?: { atMs: number; of: number };
  /** Since when it has held more on its node's disk than it may, in simulated milliseconds. */
  storageExceededMs?: number;
  /** Nothing more will happen in this pod. */
  done?: true;
  /** The pod garbage collector's: since when the pod's node has been gone. */
  orphanedSinceMs?: number;
}

export interface PendingResize {
  reason: 'Deferred' | 'Infeasible';
  message: string;
  /** The first resource that is short. */
  resource: string;
  /** The generation of the pod that asked for it. */
  generation: number;
}

export interface PodTermination {
  reason: 'Evicted' | 'Terminated' | 'Preempting';
  message: string;
  graceSeconds: number;
  /** Whether the status says so by the condition DisruptionTarget too; default yes. */
  condition?: false;
}

/** A file that the kubelet writes into a volume. Its path is absolute below the volume's root. */
export interface ProjectedFile {
  path: string;
  /** Base64 when `binary`; absent where a file that is kept was too large to keep. */
  content?: string;
  binary?: true;
  size: number;
  /** Permission bits. */
  mode: number;
  /** What it is made of; `key` is the key, the field or the resource. */
  source: { kind: 'ConfigMap' | 'Secret' | 'Pod' | 'ServiceAccount'; name: string; key: string };
}

export interface KeptFiles {
  atMs: number;
  files: readonly ProjectedFile[];
}

export interface PodEnding {
  kind: 'deleted' | 'deadline' | 'finished' | 'terminated';
  since: number;
  graceSeconds: number;
}

export interface ContainerRuntime {
  /** How many times the container was started. */
  starts: number;
  /** The image that it was started from, or was to be started from, last. */
  image?: string;
  step: ContainerStep;
  /** What it was given, while its spec asks for something else. */
  allocated?: NonNullable<IContainer['resources']>;
  /** What it runs with until it is started again for a resize. */
  actual?: NonNullable<IContainer['resources']>;
  /** What the environment of its process was made of when it was started last, where that may change meanwhile. */
  environment?: RememberedEnvironment;
  /** How often its environment could not be made since it was to start, and when that was tried last. */
  configError?: { attempts: number; triedAt: number };
  /** How the run before the present one ended. */
  last?: ContainerExit;
  /** Crash back-off: how long the next wait is, and when it was last set. */
  backOff?: BackOff;
  imageBackOff?: BackOff;
  /** What was written into the container's own file system since it was started. */
  files?: FileTree;
  /** What mounts with a subPath went on seeing when the ConfigMap or Secret changed, by mount path. */
  subPaths?: Readonly<Record<string, KeptFiles>>;
}

/** Values that variables were taken from at a start: a process goes on with those it was started with. */
export interface RememberedEnvironment {
  /** By name, then by key. */
  readonly configMaps?: Readonly<Record<string, StringMap>>;
  /** By name, then by key; in base64. */
  readonly secrets?: Readonly<Record<string, StringMap>>;
  /** Labels and annotations, by path. */
  readonly fields?: StringMap;
  /** By container, resource and divisor. */
  readonly resources?: StringMap;
  /** By volume, path and key. */
  readonly files?: StringMap;
}

export interface BackOff {
  delayMs: number;
  updatedAt: number;
}

export type ContainerStep = Pulling | Waiting | Running | Exited;

export interface Pulling {
  step: 'pulling';
  since: number;
  until: number;
  /** Why the pull will fail. */
  error?: string;
  /** The wait before it, which the status goes on showing until the container starts. */
  shown?: { reason: string; message?: string };
}

export interface Waiting {
  step: 'waiting';
  reason: string;
  message?: string;
  /** When it is tried again; undefined when only a change of other objects can help. */
  retryAt?: number;
  /** The pull error behind ErrImagePull, until the wait is announced. */
  announceAt?: number;
}

export interface Running {
  step: 'running';
  since: number;
  plan: ContainerPlan;
  /** The postStart hook runs until then: so long the container does not count as running. */
  hookUntil?: number;
  /** When its startup probe passed. */
  startedAt?: number;
  stop?: ContainerStop;
  probes?: Readonly<Partial<Record<ProbeType, ProbeCounts>>>;
}

export interface Exited extends ContainerExit {
  step: 'exited';
  /** When the kubelet gets round to starting it again; undefined when it never will. */
  checkAt?: number;
}

export interface ContainerExit {
  since: number;
  at: number;
  exitCode: number;
  reason: string;
  /** What it left in its termination log. */
  message?: string;
}

/** What a container will do by itself, decided when it starts by the profile of its image. */
export interface ContainerPlan {
  /** From when on it answers its probes. */
  upAt: number;
  /** From when on it counts as alive (liveness probes pass); default `upAt`. */
  aliveAt?: number;
  exitAt?: number;
  exitCode?: number;
  /** When it will use more memory than its limit, and is killed for it. */
  oomAt?: number;
  /** What it leaves in its termination log. */
  message?: string;
  /** How long it takes to end after SIGTERM, and with what. */
  stopMs: number;
  stopCode: number;
  /** What its command writes into files before it ends. */
  writes?: readonly CommandWrite[];
  /** Stretches of its life in which a probe has another outcome than "passes once it is up". */
  probes?: readonly ProbeStretch[];
}

/** `echo content > path`, or `>>`. */
export interface CommandWrite {
  path: string;
  content: string;
  append?: true;
}

/** From `fromMs` to `toMs` after the start (for ever when undefined) probes of this type (all, when undefined) … */
export interface ProbeStretch {
  type?: ProbeType;
  fromMs: number;
  toMs?: number;
  succeed: boolean;
  message?: string;
}

export interface ContainerStop {
  /** What becomes of the container afterwards. */
  cause: 'ending' | 'restart';
  since: number;
  /** The preStop hook runs until then. */
  hookUntil: number;
  /** End of the grace period. */
  graceEnd: number;
  /** When it is gone; undefined for a sidecar that waits for its turn. */
  exitAt?: number;
  exitCode?: number;
}

export type ProbeType = 'startup' | 'readiness' | 'liveness';

/** Where a probe stands after a number of attempts. */
export interface ProbeCounts {
  attempts: number;
  /** Outcome of the last attempt. */
  success?: boolean;
  /** How many attempts in a row had that outcome. */
  run: number;
  /** What the kubelet takes the probe for, by its thresholds; undefined for a startup probe that is still open. */
  passing?: boolean;
}
