import { Event, eventsByRegarding } from '../kinds/event/types.ts';
import type { Kind } from '../machinery/kind.ts';
import type { KubeObject } from '../machinery/object.ts';
import { fromTimestamp } from '../machinery/time.ts';
import { builder } from './builder.ts';
import { ChangeConnection, readHistory } from './change.ts';
import { ClusterSource, ClusterType } from './cluster-source.ts';
import { conditionsOf, ConditionType } from './condition.ts';
import { pageArgs, paginate, type Order } from './connections.ts';
import { Handle } from './handle.ts';
import { Health } from './health.ts';
import { NodeInterface } from './node-interface.ts';
import { ObjectMetaType } from './object-meta.ts';
import { manifestText } from './public-object.ts';
import { connectionOf, KubeObjectConnection, KubeObjectInterface, kubeRef } from './refs.ts';
import { mayReadAll } from './viewer.ts';
import { registerWorkload, WorkloadInterface, type WorkloadFacts } from './workload.ts';

const ManifestFormat = builder.enumType('ManifestFormat', { values: ['YAML', 'JSON'] as const });

/** The newest event first, as a person looks for it. */
export const NEWEST_EVENT_FIRST: Order<Event> = {
  name: 'lastSeen',
  key: (event) => -(fromTimestamp(event.lastTimestamp) ?? 0),
};

/** The objects its owner references name, as far as they exist. */
function ownersOf({ view, object }: Handle): KubeObject[] {
  return (object.metadata.ownerReferences ?? []).flatMap(({ uid }) => view.byUid(uid) ?? []);
}

KubeObjectInterface.implement({
  description: 'Any Kubernetes object.',
  interfaces: [NodeInterface],
  resolveType: (handle, { catalog }) => catalog.typeName(handle.object),
  fields: (t) => ({
    id: t.id({ resolve: (handle) => handle.id }),
    apiVersion: t.string({ resolve: ({ object }) => object.apiVersion }),
    kind: t.string({ resolve: ({ object }) => object.kind }),
    name: t.string({ resolve: ({ object }) => object.metadata.name }),
    metadata: t.field({ type: ObjectMetaType, resolve: (handle) => handle }),
    cluster: t.field({ type: ClusterType, resolve: ({ scope }) => new ClusterSource(scope) }),
    owners: t.field({
      type: [KubeObjectInterface],
      description: 'The objects that its owner references name, as far as they exist.',
      resolve: (handle) => handle.toAll(ownersOf(handle)),
    }),
    dependents: t.field({
      type: KubeObjectConnection,
      description: 'The objects that name it in an owner reference.',
      args: { kinds: t.arg.stringList(), ...pageArgs() },
      resolve: ({ scope, object }, args, { catalog }) => {
        const kinds = args.kinds && new Set(args.kinds.map((word) => catalog.keyOfWord(word, scope.view)));
        const matches = kinds ? (one: KubeObject) => kinds.has(new Handle(scope, one).kindKey) : undefined;
        return paginate(scope, scope.view.dependents(object.metadata.uid), args, { matches });
      },
    }),
    events: t.field({
      type: connectionOf(Event),
      description: 'What was recorded about it, newest first.',
      args: pageArgs(20),
      resolve: ({ scope, object }, args) =>
        paginate(scope, scope.view.by(eventsByRegarding, object.metadata.uid), args, { order: NEWEST_EVENT_FIRST }),
    }),
    history: t.field({
      type: ChangeConnection,
      description: 'Every revision that touched it, newest first, as far back as the cluster remembers.',
      args: {
        first: t.arg.int({ defaultValue: 50 }),
        before: t.arg.string({ description: 'Go on behind this cursor.' }),
      },
      resolve: ({ scope, object }, { first, before }) => readHistory(scope, object, first ?? 50, before),
    }),
    conditions: t.field({ type: [ConditionType], resolve: ({ object }) => conditionsOf(object) }),
    health: t.field({ type: Health, resolve: (handle, _args, { catalog }) => catalog.health(handle) }),
    manifest: t.string({
      description:
        'The object as `kubectl get -o yaml` shows it. Values of Secrets are masked for whoever may not get them.',
      args: { format: t.arg({ type: ManifestFormat, defaultValue: 'YAML' }) },
      resolve: (handle, { format }, context) =>
        manifestText(handle.object, format ?? 'YAML', mayReadAll(context, handle)),
    }),
  }),
});

type KubeFields<T extends KubeObject> = Parameters<ReturnType<typeof kubeRef<T>>['implement']>[0]['fields'];

export interface KubeTypeOptions<T extends KubeObject> {
  description: string;
  /** The fields of this kind, beyond those of every object. */
  fields?: KubeFields<T>;
  /** For workloads: makes the type a `Workload`, with its fields. */
  workload?: (object: T) => WorkloadFacts;
  /** `false` where the kind defines its list under `Cluster` itself. */
  listed?: boolean;
}

/** Pothos wants each interface's source in the type of the list; a handle serves them all. */
const OBJECT_INTERFACES = [NodeInterface, KubeObjectInterface] as never[];
const WORKLOAD_INTERFACES = [...OBJECT_INTERFACES, WorkloadInterface] as never[];

const defined = new Map<string, { kind: Kind; listed: boolean }>();

/** The kinds that have been given a type, by key. */
export function definedTypes(): ReadonlyMap<string, { kind: Kind; listed: boolean }> {
  return defined;
}

/**
 * Gives a kind its GraphQL type: the fields of every object and those of `fields`. Called once, at the top level of the
 * kind's graphql.ts. A kind without that file gets a type with the fields of every object alone.
 */
export function defineKubeType<T extends KubeObject>(kind: Kind<T>, options: KubeTypeOptions<T>): void {
  if (defined.has(kind.key)) throw new Error(`the GraphQL type of ${kind.key} is defined twice`);
  defined.set(kind.key, { kind, listed: options.listed ?? true });
  const { workload } = options;
  if (workload) registerWorkload(kind.key, workload);
  kubeRef(kind).implement({
    description: options.description,
    interfaces: workload ? WORKLOAD_INTERFACES : OBJECT_INTERFACES,
    isTypeOf: (source: unknown) => source instanceof Handle && source.kindKey === kind.key,
    ...(options.fields ? { fields: options.fields } : {}),
  });
}
