import type { ApiError, Result } from './api-error.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Kind } from './kind.ts';
import type { KubeObject, NewObject } from './object.ts';
import type { ClusterSettings } from './settings.ts';

/** What happened to an object: `old` is undefined when it was created, `new` when it is gone. */
export interface Change<T extends KubeObject = KubeObject> {
  readonly old: T | undefined;
  readonly new: T | undefined;
}

/** Which keys a controller must look at again after a change of a kind. `'*'` watches every kind. */
export interface Watch {
  readonly kind: Kind | '*';
  /**
   * Called at once, with the view after the change; returns the keys to reconcile (none: undefined). The view is the
   * very object that `reconcile` gets as its api. Changes that are rolled back are told too, as changes back.
   */
  keys(change: Change, view: ClusterView): string | Iterable<string> | undefined;
}

/** A typed `Watch`. */
export function watch<T extends KubeObject>(
  kind: Kind<T>,
  keys: (change: Change<T>, view: ClusterView) => string | Iterable<string> | undefined,
): Watch {
  return { kind, keys: keys as Watch['keys'] };
}

/** The commonest watch: an object wakes its own key. */
export function watchSelf<T extends KubeObject>(kind: Kind<T>): Watch {
  return watch(kind, ({ old, new: current }) => {
    const object = (current ?? old) as KubeObject;
    const { namespace, name } = object.metadata;
    return namespace ? `${namespace}/${name}` : name;
  });
}

/**
 * A controller brings one kind of key to its desired state. It is level-triggered: `reconcile` looks at the whole state
 * of its key each time and never at what happened; it keeps nothing in memory that it could not derive again from the
 * objects, so a restart (which reconciles every key once) changes nothing.
 */
export interface Controller {
  /** Kubernetes' component name, the source of its events ("replicaset-controller"). */
  readonly name: string;
  readonly watches: readonly Watch[];
  /** Runs at one instant of simulated time. Anything it throws is a bug. */
  reconcile(key: string, api: ControllerApi): void;
  /** Keys to reconcile when the engine starts, beyond those its watches give for every stored object. */
  initialKeys?(view: ClusterView): Iterable<string>;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** Refuse unless the object still has this uid. */
  uid?: string;
  /** Refuse unless the object still has this resourceVersion. */
  resourceVersion?: string;
}

export type EventType = 'Normal' | 'Warning';

export interface EventOptions {
  /** The part of the object it is about: `spec.containers{web}`. */
  fieldPath?: string;
  /** The node, for events of a kubelet. */
  host?: string;
  /** The component, where it is not the controller's name. */
  source?: string;
}

/**
 * What controllers and commands do to a cluster: the API server's door. Every call takes effect at once in the view they
 * read, goes through admission, and is answered with the stored object or a refusal in the API server's words.
 * A write that changes nothing writes nothing.
 */
export interface ObjectApi extends ClusterView {
  readonly settings: ClusterSettings;
  create<T extends KubeObject>(object: NewObject<T>): Result<T>;
  /** Replaces metadata and spec (and every other section but status). */
  update<T extends KubeObject>(object: T): Result<T>;
  /** Replaces status and `runtime` only. */
  updateStatus<T extends KubeObject>(object: T): Result<T>;
  /**
   * Replaces every section but metadata at once, as the API server's own subresources do (a binding sets spec.nodeName
   * and a condition): no admission, and the generation stays. The caller answers for what it writes.
   */
  writeSubresource<T extends KubeObject>(object: T): Result<T>;
  delete(object: KubeObject, options?: DeleteOptions): Result<KubeObject>;
  /** Records an Event about an object, aggregated as Kubernetes does (client-go tools/record). */
  event(regarding: KubeObject, type: EventType, reason: string, message: string, options?: EventOptions): void;
  /** A number in [0, 1) that depends only on the cluster's seed and the parts. */
  random(...parts: readonly (string | number)[]): number;
}

export interface ControllerApi extends ObjectApi {
  /**
   * Reconcile this key again at a simulated time (milliseconds); the earliest of several calls in one reconcile wins and
   * replaces what earlier reconciles asked for. `background` marks recurring work that does not keep a cluster from
   * being at rest (schedules, expiries, time-outs).
   */
  requeueAt(time: number, options?: { background?: boolean }): void;
  /** Reconcile this key again within this instant, after what is already queued. */
  requeue(): void;
}

/** What a command answers; it is stored with the command and replayed for the same idempotency key. */
export interface CommandOutcome {
  /** Objects the payload shows, by uid. */
  objects?: readonly { kindKey: string; namespace?: string; name: string; uid: string }[];
  errors?: readonly CommandError[];
  /** For a dry run: the objects as they would be. */
  preview?: readonly KubeObject[];
  /** Anything else the payload shows: JSON. */
  data?: unknown;
}

export interface CommandError extends ApiError {
  /** Where in the input the error lies ("input.replicas"), if anywhere. */
  path?: readonly string[];
}

/** Handles one command by name; pure, like a controller. */
export interface CommandHandler<Input = unknown> {
  readonly name: string;
  handle(input: Input, api: ObjectApi): CommandOutcome;
}
