import type { ClusterReplica } from '../machinery/ports.ts';
import { builder } from './builder.ts';
import { encodeId } from './global-id.ts';
import type { Scope } from './handle.ts';

/** The source of `Cluster`: a scope as a whole. */
export class ClusterSource {
  readonly scope: Scope;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  get id(): string {
    const { view, pinned } = this.scope;
    return encodeId(view.cluster, 'Cluster', view.cluster, pinned);
  }
}

/** The live state of a cluster. */
export function liveScope(replica: ClusterReplica): Scope {
  return { view: replica.view, replica, pinned: undefined };
}

/** The type's fields are in cluster.ts and wherever a part of the API adds some. */
export const ClusterType = builder.objectRef<ClusterSource>('Cluster');
