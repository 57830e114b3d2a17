import type { ClusterView } from '../machinery/cluster-view.ts';
import { kindKey, type Kind } from '../machinery/kind.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { ClusterReplica } from '../machinery/ports.ts';
import { encodeId } from './global-id.ts';

/**
 * What a part of a query reads: one cluster at one revision. Resolvers never ask whether it is the live state, the past
 * or the result of a simulation; they get a scope from their parent and hand it to their children.
 */
export interface Scope {
  readonly view: ClusterView;
  /** The cluster's replica, for history and watches; a simulation has none. */
  readonly replica: ClusterReplica | undefined;
  /** Set where objects are not the live ones: the revision that ids then carry, so that caches keep both apart. */
  readonly pinned: number | undefined;
}

/** The source of every GraphQL object that is a Kubernetes object: the object and the scope it was read in. */
export class Handle<T extends KubeObject = KubeObject> {
  readonly scope: Scope;
  readonly object: T;

  constructor(scope: Scope, object: T) {
    this.scope = scope;
    this.object = object;
  }

  get view(): ClusterView {
    return this.scope.view;
  }

  /** The key of the object's kind: see `Kind.key`. */
  get kindKey(): string {
    return kindKey(this.object.apiVersion, this.object.kind);
  }

  get id(): string {
    const { view, pinned } = this.scope;
    return encodeId(view.cluster, this.kindKey, this.object.metadata.uid, pinned);
  }

  /** The handle of another object in the same scope. */
  to<U extends KubeObject>(object: U): Handle<U> {
    return new Handle(this.scope, object);
  }

  /** The handle of another object in the same scope, or null where there is none. */
  toMaybe<U extends KubeObject>(object: U | undefined): Handle<U> | null {
    return object ? new Handle(this.scope, object) : null;
  }

  /** Handles of many objects in the same scope. */
  toAll<U extends KubeObject>(objects: Iterable<U>): Handle<U>[] {
    return Array.from(objects, (object) => new Handle(this.scope, object));
  }

  /** The object of a kind by name: `pod.find(Node, undefined, pod.object.spec.nodeName)`. An absent name finds nothing. */
  find<U extends KubeObject>(kind: Kind<U>, namespace: string | undefined, name: string | undefined): Handle<U> | null {
    return name ? this.toMaybe(this.view.get(kind, namespace, name)) : null;
  }
}
