import { Pod } from '../pod/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { controllerRef, type KubeObject } from '../../machinery/object.ts';
import type { ReplicaSet } from './types.ts';

/** The pods a controlling object owns, oldest first, whatever their state. */
export function podsOf(view: ClusterView, owner: KubeObject): Pod[] {
  return view
    .dependents(owner.metadata.uid)
    .filter((object): object is Pod => object.kind === Pod.kind && controllerRef(object)?.uid === owner.metadata.uid);
}

/** The ReplicaSets a controlling object (a Deployment) owns, oldest first. */
export function replicaSetsOf(view: ClusterView, owner: KubeObject): ReplicaSet[] {
  return view
    .dependents(owner.metadata.uid)
    .filter(
      (object): object is ReplicaSet =>
        object.kind === 'ReplicaSet' && controllerRef(object)?.uid === owner.metadata.uid,
    );
}

/** The ReplicaSets under the same controller as this one, itself included; none where nothing controls it. */
export function familyOf(view: ClusterView, replicaSet: ReplicaSet): ReplicaSet[] {
  const reference = controllerRef(replicaSet);
  if (!reference) return [];
  return view
    .dependents(reference.uid)
    .filter(
      (object): object is ReplicaSet => object.kind === 'ReplicaSet' && controllerRef(object)?.uid === reference.uid,
    );
}
