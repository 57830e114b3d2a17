import type { Kind } from '../machinery/kind.ts';
import type { KubeObject } from '../machinery/object.ts';
import { builder, type ObjectTypeRef } from './builder.ts';
import { typeNameOf } from './catalog.ts';
import { defineConnection } from './connections.ts';
import type { Handle } from './handle.ts';

/** References to the types of kinds, found by the kind's token, so that no kind imports another kind's graphql.ts. */

/** The interface of every Kubernetes object; see kube-object.ts. */
export const KubeObjectInterface = builder.interfaceRef<Handle>('KubeObject');

export const KubeObjectConnection = defineConnection<Handle>('KubeObject', KubeObjectInterface);

const objects = new Map<string, ObjectTypeRef<Handle<any>>>();
const connections = new Map<string, ReturnType<typeof defineConnection<Handle<any>>>>();

/** The GraphQL type of a kind, to use in fields: `t.field({ type: kubeRef(Node), … })`. It need not be defined yet. */
export function kubeRef<T extends KubeObject>(kind: Kind<T>): ObjectTypeRef<Handle<T>> {
  let ref = objects.get(kind.key);
  if (!ref) {
    ref = builder.objectRef<Handle<T>>(typeNameOf(kind));
    objects.set(kind.key, ref);
  }
  return ref;
}

/** `PodConnection` and the like, to use in fields; the resolver returns `paginate(…)`. */
export function connectionOf<T extends KubeObject>(kind: Kind<T>) {
  let connection = connections.get(kind.key);
  if (!connection) {
    connection = defineConnection<Handle<T>>(typeNameOf(kind), kubeRef(kind));
    connections.set(kind.key, connection);
  }
  return connection as ReturnType<typeof defineConnection<Handle<T>>>;
}
