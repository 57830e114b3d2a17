import type { ApiError, FieldProblem } from './api-error.ts';
import type { ClusterView, Index } from './cluster-view.ts';
import type { CommandHandler, Controller } from './controller.ts';
import type { Kind } from './kind.ts';
import type { KubeObject } from './object.ts';
import type { StructNode } from './schema/schema-node.ts';
import type { ClusterSettings } from './settings.ts';

export type HealthWord = 'HEALTHY' | 'PROGRESSING' | 'DEGRADED' | 'SUSPENDED' | 'UNKNOWN';

/** kubectl's table of a kind: NAME comes first by itself, AGE must be listed where kubectl shows it. */
export interface TableColumn<T extends KubeObject> {
  /** As kubectl prints it: "READY", "UP-TO-DATE". */
  name: string;
  /** Only with `-o wide`. */
  wide?: boolean;
  cell: (object: T, view: ClusterView) => string;
}

/** What admission may ask of the cluster while it looks at one object. */
export interface AdmissionContext {
  readonly view: ClusterView;
  readonly settings: ClusterSettings;
  readonly random: (...parts: readonly (string | number)[]) => number;
  /** Changes whenever writes are taken back and whenever the cluster rests: what was remembered of the view is void. */
  readonly epoch: number;
}

/**
 * One step of admission that concerns objects of several kinds (LimitRange, ResourceQuota, default tolerations …).
 * Runs after defaulting and before validation; `mutate` may change the (fresh, unshared) object in place.
 */
export interface AdmissionPlugin {
  readonly name: string;
  /** `'*'` for every kind there is, those of custom resources included. */
  readonly kinds: readonly Kind[] | '*';
  mutate?(object: KubeObject, old: KubeObject | undefined, context: AdmissionContext): ApiError | undefined;
  validate?(object: KubeObject, old: KubeObject | undefined, context: AdmissionContext): ApiError | undefined;
}

/**
 * Everything the engine and the views know about one kind. Only `kind` is required: a definition with nothing else is
 * an object that is stored, listed and owned, as a custom resource is.
 */
export interface KindDefinition<T extends KubeObject = KubeObject> {
  readonly kind: Kind<T>;
  /** What its objects look like, where the table of Kubernetes' types does not say (schema/kubernetes-schema.ts). */
  readonly schema?: StructNode;
  /** For a kind whose objects define other kinds: the definition of such a kind, if it is defined in the view. */
  defines?(apiVersion: string, kind: string, view: ClusterView): KindDefinition | undefined;
  /** Indexes over its own objects, and over those of other kinds that only it asks. */
  readonly indexes?: readonly Index<any>[];
  /** Whether `status` is a subresource: `update` ignores it, `create` drops it. Default true. */
  readonly statusSubresource?: boolean;
  /** `create` keeps the status it is given (nodes register themselves with theirs). Default false. */
  readonly keepsStatusOnCreate?: boolean;
  /** Whether metadata.generation counts changes of the spec. Default true where there is a spec. */
  readonly hasGeneration?: boolean;
  /** Fills in the API's defaults, in place, on an object nobody shares. */
  applyDefaults?(object: T): void;
  /** The strategy's PrepareForCreate: allocations (clusterIP, nodePort), initial status. In place. */
  prepareCreate?(object: T, context: AdmissionContext): ApiError | undefined;
  /** The strategy's PrepareForUpdate, in place. */
  prepareUpdate?(object: T, old: T, context: AdmissionContext): ApiError | undefined;
  /** The rules of one object by itself. */
  validate?(object: T): FieldProblem[];
  /** The rules of a creation, beyond `validate`. */
  validateCreate?(object: T): FieldProblem[];
  /** The rules of a change, beyond `validate` of the new object. */
  validateUpdate?(object: T, old: T): FieldProblem[];
  /** What the API server says of an object that it accepts (the strategy's WarningsOnCreate and WarningsOnUpdate). */
  warnings?(object: T): readonly string[];
  /** Refuses a delete that may never be, whatever grace it asks for. */
  checkDelete?(object: T, context: AdmissionContext): ApiError | undefined;
  /** Seconds of grace a delete gets, given those it asked for (the strategy's CheckGracefulDelete). Default: none. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number;
  /** What keeps a deleted object from going away; default metadata.finalizers. */
  finalizers?(object: T): readonly string[];
  /** Changes the object in place when its deletion begins and it stays for a while. */
  markDeleted?(object: T): void;
  readonly plugins?: readonly AdmissionPlugin[];
  readonly controllers?: readonly Controller[];
  readonly commands?: readonly CommandHandler<never>[];
  readonly columns?: readonly TableColumn<T>[];
  /** One roll-up of the object's state. Default: UNKNOWN without conditions, else HEALTHY. */
  health?(object: T, view: ClusterView): HealthWord;
}

/** Lets definitions of different kinds stand in one list. */
export type AnyDefinition = KindDefinition<any>;
