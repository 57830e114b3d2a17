import type { ControllerApi, EventType } from '../../machinery/controller.ts';
import { faultsOfPod } from '../../kinds/fault/queries.ts';
import type { Fault } from '../../kinds/fault/types.ts';
import type { Node } from '../../kinds/node/types.ts';
import type { ContainerRuntime, PodEnding, PodRuntime } from '../../kinds/pod/runtime.ts';
import type { Container, Pod } from '../../kinds/pod/types.ts';

export const KUBELET = 'kubelet';

/** What part a container plays in its pod. */
export type ContainerRole = 'init' | 'sidecar' | 'main' | 'ephemeral';

export interface PodContainer {
  container: Container;
  role: ContainerRole;
}

interface KnownContainers {
  init: unknown;
  ephemeral: unknown;
  list: readonly PodContainer[];
}

const podContainers = new WeakMap<object, KnownContainers>();

/** Init containers and sidecars in their order, then the others, ephemeral ones last. */
export function containersOf(pod: Pod): readonly PodContainer[] {
  const { containers, initContainers, ephemeralContainers } = pod.spec;
  const known = podContainers.get(containers);
  if (known && known.init === initContainers && known.ephemeral === ephemeralContainers) return known.list;
  const list: PodContainer[] = [];
  for (const container of initContainers ?? []) {
    list.push({ container, role: container.restartPolicy === 'Always' ? 'sidecar' : 'init' });
  }
  for (const container of containers) list.push({ container, role: 'main' });
  for (const container of ephemeralContainers ?? []) list.push({ container, role: 'ephemeral' });
  podContainers.set(containers, { init: initContainers, ephemeral: ephemeralContainers, list });
  return list;
}

const LISTS: Record<ContainerRole, string> = {
  init: 'initContainers',
  sidecar: 'initContainers',
  main: 'containers',
  ephemeral: 'ephemeralContainers',
};

/** The kubelet's memory of a pod that it has taken on. */
export type KnownPod = PodRuntime & { since: number };

/**
 * One pod while its kubelet works on it: the pod as it is stored, and a draft of the kubelet's memory of it. `now` is the
 * moment that is being worked on; it lies behind the cluster's when the kubelet catches up.
 */
export class PodSync {
  readonly api: ControllerApi;
  readonly pod: Pod;
  readonly containers: readonly PodContainer[];
  readonly faults: readonly Fault[];
  node: Node;
  now: number;
  runtime: KnownPod;
  /** How often the memory was changed, to see whether a step did anything. */
  changes = 0;
  private draft: Record<string, ContainerRuntime> | undefined;

  constructor(api: ControllerApi, pod: Pod, node: Node) {
    this.api = api;
    this.pod = pod;
    this.node = node;
    this.now = api.now;
    this.containers = containersOf(pod);
    this.faults = faultsOfPod(api, pod);
    this.runtime = { ...pod.runtime, since: pod.runtime?.since ?? api.now };
  }

  /** Undefined for a container that was never begun. */
  container(name: string): ContainerRuntime | undefined {
    return (this.draft ?? this.runtime.containers)?.[name];
  }

  setContainer(name: string, value: ContainerRuntime): void {
    this.changes++;
    if (!this.draft) {
      this.draft = { ...this.runtime.containers };
      this.runtime = { ...this.runtime, containers: this.draft };
    }
    this.draft[name] = value;
  }

  dropContainer(name: string): void {
    this.changes++;
    const { [name]: _, ...others } = this.draft ?? this.runtime.containers ?? {};
    this.draft = others;
    this.runtime = { ...this.runtime, containers: others };
  }

  get ending(): PodEnding | undefined {
    return this.runtime.ending;
  }

  change(changes: Partial<PodRuntime>): void {
    this.changes++;
    this.runtime = { ...this.runtime, ...changes };
  }

  /** A number in [0, 1) for this pod and purpose. */
  random(...purpose: readonly (string | number)[]): number {
    return this.api.random(this.pod.metadata.uid, ...purpose);
  }

  /** Records an event of the kubelet about the pod, or about one of its containers. */
  event(type: EventType, reason: string, message: string, about?: PodContainer): void {
    const host = this.pod.spec.nodeName ?? '';
    if (!about) {
      this.api.event(this.pod, type, reason, message, { source: KUBELET, host });
      return;
    }
    const fieldPath = `spec.${LISTS[about.role]}{${about.container.name}}`;
    this.api.event(this.pod, type, reason, message, { source: KUBELET, host, fieldPath });
  }

  /** `name_namespace(uid)`, as the kubelet names a pod in messages (format.Pod). */
  get title(): string {
    const { name, namespace, uid } = this.pod.metadata;
    return `${name}_${namespace}(${uid})`;
  }
}
