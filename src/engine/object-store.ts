import { alreadyExists, notFound, ok, type Result } from '../machinery/api-error.ts';
import { ownedPart, recordUpdate } from '../machinery/apply/managed-fields.ts';
import type { ClusterState } from '../machinery/cluster-state.ts';
import type { DeleteOptions, EventOptions, EventType } from '../machinery/controller.ts';
import type { AdmissionContext, AnyDefinition } from '../machinery/definition.ts';
import { deepEqual } from '../machinery/equality.ts';
import { kindKey } from '../machinery/kind.ts';
import { groupOf, keyOf, type KubeObject, type NewObject, type ObjectMeta } from '../machinery/object.ts';
import { schemaOf } from '../machinery/schema/schema-of.ts';
import { randomSuffix, randomUid } from '../machinery/random.ts';
import { toTimestamp, SECOND_MS } from '../machinery/time.ts';
import type { ClusterSettings } from '../machinery/settings.ts';
import { admitCreate, admitsContent, admitUpdate, conflict, OBJECT_MODIFIED, pluralOf } from './admission.ts';
import { recordEvent } from './event-recorder.ts';
import type { Journal } from './journal.ts';
import type { Registry } from './registry.ts';

const FOREGROUND_FINALIZER = 'foregroundDeletion';
const ORPHAN_FINALIZER = 'orphan';

/** The parts of an object beside metadata, status and runtime: compared to see whether its generation moves. */
function specOf(object: KubeObject): Record<string, unknown> {
  const { apiVersion: _a, kind: _k, metadata: _m, status: _s, runtime: _r, ...rest } = object;
  return rest;
}

/**
 * The registry store of the API server: create, update, update of status and delete as etcd would see them, on the
 * state of one cluster. Each write calls `changed`.
 */
export class ObjectStore {
  /** Who writes now, for the `cause` of versions. */
  actor = 'system';
  /** The same for the ownership of fields. */
  fieldManager = 'system';
  private readonly registry: Registry;
  private readonly state: ClusterState;
  private readonly journal: Journal;
  private readonly changed: (previous: KubeObject | undefined, next: KubeObject | undefined) => void;
  private readonly context: AdmissionContext;

  constructor(
    registry: Registry,
    state: ClusterState,
    journal: Journal,
    context: { settings: ClusterSettings; random: AdmissionContext['random'] },
    changed: (previous: KubeObject | undefined, next: KubeObject | undefined) => void,
  ) {
    this.registry = registry;
    this.state = state;
    this.journal = journal;
    this.changed = changed;
    this.context = {
      view: state,
      ...context,
      get epoch() {
        return journal.epoch;
      },
    };
  }

  create<T extends KubeObject>(request: NewObject<T>): Result<T> {
    const revision = this.state.revision + 1;
    const definition = this.registry.definitionIn(this.state, request);
    const object = { ...request, metadata: this.newMetadata(request, revision) } as KubeObject;
    if (definition && definition.statusSubresource !== false && !definition.keepsStatusOnCreate) delete object.status;
    const admitted = admitCreate(this.registry, object, this.context);
    if (!admitted.ok) return admitted;
    const key = keyOf(object);
    const table = kindKey(object.apiVersion, object.kind);
    if (this.state.getByKey({ ...GENERIC, key: table }, key)) {
      return {
        ok: false,
        error: alreadyExists(pluralOf(definition, object), groupOf(object.apiVersion), object.metadata.name),
      };
    }
    this.write(undefined, object, revision);
    return ok(object as T);
  }

  update<T extends KubeObject>(requested: T): Result<T> {
    const stored = this.stored(requested);
    if (!stored.ok) return stored;
    const old = stored.value;
    const definition = this.registry.definitionIn(this.state, old);
    const object: KubeObject = { ...requested, metadata: keepSystemFields(requested.metadata, old.metadata) };
    if (definition?.statusSubresource !== false) {
      if (old.status === undefined) delete object.status;
      else object.status = old.status;
    }
    const admitted = admitUpdate(this.registry, object, old, this.context);
    if (!admitted.ok) return admitted;
    const specChanged = !deepEqual(specOf(object), specOf(old));
    if (!specChanged && deepEqual(object.metadata, old.metadata) && deepEqual(object.status, old.status)) {
      return ok(old as T);
    }
    this.trackOwnership(object, old, definition);
    if (specChanged && definition?.hasGeneration !== false && old.metadata.generation !== undefined) {
      object.metadata.generation = old.metadata.generation + 1;
    }
    if (this.isReleased(object, definition)) {
      this.write(old, undefined, this.state.revision + 1);
      return ok(object as T);
    }
    return ok(this.replace(old, object) as T);
  }

  updateStatus<T extends KubeObject>(requested: T): Result<T> {
    const stored = this.stored(requested);
    if (!stored.ok) return stored;
    const old = stored.value;
    const sameStatus = deepEqual(requested.status, old.status);
    const sameRuntime = deepEqual(requested.runtime, old.runtime);
    if (sameStatus && sameRuntime) return ok(old as T);
    const object: KubeObject = { ...old, metadata: { ...old.metadata } };
    if (!sameStatus) object.status = requested.status;
    if (!sameRuntime) object.runtime = requested.runtime;
    return ok(this.replace(old, object) as T);
  }

  writeSubresource<T extends KubeObject>(requested: T): Result<T> {
    const stored = this.stored(requested);
    if (!stored.ok) return stored;
    const old = stored.value;
    const object: KubeObject = { ...requested, metadata: { ...old.metadata } };
    if (deepEqual(object, old)) return ok(old as T);
    return ok(this.replace(old, object) as T);
  }

  delete(target: KubeObject, options: DeleteOptions = {}): Result<KubeObject> {
    const stored = this.stored(target, options);
    if (!stored.ok) return stored;
    const old = stored.value;
    const definition = this.registry.definitionIn(this.state, old);
    const refusal = definition?.checkDelete?.(old, this.context);
    if (refusal) return { ok: false, error: refusal };
    const grace = definition?.gracePeriodSeconds?.(old, options.gracePeriodSeconds) ?? 0;
    const object: KubeObject = { ...old, metadata: { ...old.metadata } };
    this.addPropagationFinalizer(object, options.propagation);
    const finalizers = definition?.finalizers?.(object) ?? object.metadata.finalizers ?? [];
    if (grace === 0 && finalizers.length === 0) {
      this.write(old, undefined, this.state.revision + 1);
      return ok(old);
    }
    return ok(this.markDeleted(old, object, grace, definition));
  }

  event(regarding: KubeObject, type: EventType, reason: string, message: string, options: EventOptions = {}): void {
    const revision = this.state.revision + 1;
    const uid = randomUid(this.state.seed, 'event', revision);
    const component = options.source ?? this.actor;
    const { previous, next } = recordEvent(this.state, { regarding, type, reason, message, component, options }, uid);
    if (!previous && !admitsContent(this.state, next.metadata.namespace)) return;
    next.metadata = { ...next.metadata, resourceVersion: String(revision) };
    this.write(previous, next, revision);
  }

  private markDeleted(
    old: KubeObject,
    object: KubeObject,
    grace: number,
    definition: AnyDefinition | undefined,
  ): KubeObject {
    const { metadata } = object;
    const first = old.metadata.deletionTimestamp === undefined;
    const shorter = !first && grace < (old.metadata.deletionGracePeriodSeconds ?? 0);
    if (first || shorter) {
      metadata.deletionTimestamp = toTimestamp(this.state.now + grace * SECOND_MS);
      metadata.deletionGracePeriodSeconds = grace;
      if (metadata.generation !== undefined && first) metadata.generation++;
      if (first) definition?.markDeleted?.(object);
    } else if (deepEqual(metadata, old.metadata)) {
      return old;
    }
    return this.replace(old, object);
  }

  private addPropagationFinalizer({ metadata }: KubeObject, propagation: DeleteOptions['propagation']): void {
    if (propagation === undefined) return;
    const wanted =
      propagation === 'Foreground' ? FOREGROUND_FINALIZER : propagation === 'Orphan' ? ORPHAN_FINALIZER : undefined;
    const kept = (metadata.finalizers ?? []).filter(
      (finalizer) => finalizer !== FOREGROUND_FINALIZER && finalizer !== ORPHAN_FINALIZER,
    );
    const finalizers = wanted === undefined ? kept : [...kept, wanted];
    if (finalizers.length > 0) metadata.finalizers = finalizers;
    else delete metadata.finalizers;
  }

  /** A deleted object goes away with the update that takes its last finalizer, unless its grace is still running. */
  private isReleased(object: KubeObject, definition: AnyDefinition | undefined): boolean {
    const { metadata } = object;
    if (metadata.deletionTimestamp === undefined || (metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
    return (definition?.finalizers?.(object) ?? metadata.finalizers ?? []).length === 0;
  }

  /**
   * Objects that were applied know who owns their fields: whoever writes one takes over what it changes. A writer that
   * brings managedFields of its own (an apply) has done so already.
   */
  private trackOwnership(object: KubeObject, old: KubeObject, definition: AnyDefinition | undefined): void {
    const entries = old.metadata.managedFields;
    if (!entries) return;
    const brought = object.metadata.managedFields;
    if (brought && brought !== entries) return;
    object.metadata.managedFields = recordUpdate(ownedPart(old), ownedPart(object), entries, {
      schema: schemaOf(object, definition),
      apiVersion: object.apiVersion,
      manager: this.fieldManager,
      now: this.state.now,
    });
  }

  private stored(target: KubeObject, preconditions: DeleteOptions = {}): Result<KubeObject> {
    const key = kindKey(target.apiVersion, target.kind);
    const old = this.state.getByKey({ ...GENERIC, key }, keyOf(target));
    const definition = this.registry.definitionIn(this.state, target);
    if (!old) {
      return {
        ok: false,
        error: notFound(pluralOf(definition, target), groupOf(target.apiVersion), target.metadata.name),
      };
    }
    const uid = preconditions.uid ?? target.metadata.uid;
    if (uid && uid !== old.metadata.uid) {
      return conflict(
        definition,
        target,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
      );
    }
    const version = preconditions.resourceVersion;
    if (version !== undefined && version !== old.metadata.resourceVersion) {
      return conflict(definition, target, OBJECT_MODIFIED);
    }
    return ok(old);
  }

  private replace(old: KubeObject, object: KubeObject): KubeObject {
    const revision = this.state.revision + 1;
    object.metadata.resourceVersion = String(revision);
    this.write(old, object, revision);
    return object;
  }

  private write(previous: KubeObject | undefined, next: KubeObject | undefined, revision: number): void {
    this.journal.write(previous, next, revision, this.actor);
    this.changed(previous, next);
  }

  private newMetadata(request: NewObject, revision: number): ObjectMeta {
    const { metadata } = request;
    const definition = this.registry.definitionIn(this.state, request);
    const name =
      metadata.name ||
      (metadata.generateName
        ? metadata.generateName.slice(0, 58) + randomSuffix(5, this.state.seed, 'name', revision)
        : '');
    const fresh: ObjectMeta = {
      ...metadata,
      name,
      uid: randomUid(this.state.seed, 'uid', revision),
      resourceVersion: String(revision),
      creationTimestamp: toTimestamp(this.state.now),
    };
    delete fresh.deletionTimestamp;
    delete fresh.deletionGracePeriodSeconds;
    if (definition?.hasGeneration === false || request.spec === undefined) delete fresh.generation;
    else fresh.generation = 1;
    if (fresh.namespace === undefined && definition?.kind.namespaced) fresh.namespace = 'default';
    return fresh;
  }
}

/** For look-ups by the key of a kind alone. */
const GENERIC = {
  key: '',
  apiVersion: '',
  kind: '',
  plural: '',
  singular: '',
  shortNames: [],
  namespaced: true,
} as const;

function keepSystemFields(requested: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const metadata: ObjectMeta = {
    ...requested,
    name: old.name,
    uid: old.uid,
    resourceVersion: old.resourceVersion,
    creationTimestamp: old.creationTimestamp,
  };
  keep(metadata, old, 'namespace');
  keep(metadata, old, 'generation');
  keep(metadata, old, 'generateName');
  keep(metadata, old, 'deletionTimestamp');
  keep(metadata, old, 'deletionGracePeriodSeconds');
  return metadata;
}

function keep<K extends keyof ObjectMeta>(metadata: ObjectMeta, old: ObjectMeta, field: K): void {
  if (old[field] === undefined) delete metadata[field];
  else metadata[field] = old[field];
}
