import { Namespace } from '../kinds/namespace/types.ts';
import { selectPods } from '../kinds/pod/queries.ts';
import { Pod, type PodTemplateSpec } from '../kinds/pod/types.ts';
import { controllerRef } from '../machinery/object.ts';
import { formatLabelSelector } from '../machinery/selector-text.ts';
import { fromLabelSelector, type LabelSelector } from '../machinery/selector.ts';
import { builder } from './builder.ts';
import { pageArgs, paginate } from './connections.ts';
import type { Handle } from './handle.ts';
import { NodeInterface } from './node-interface.ts';
import { PodFilter, podPredicate } from './pod-filter.ts';
import { connectionOf, KubeObjectInterface, kubeRef } from './refs.ts';

/** What the fields of `Workload` are made from. */
export interface WorkloadFacts {
  replicas: number;
  readyReplicas: number;
  availableReplicas: number;
  updatedReplicas: number;
  selector: LabelSelector | undefined;
  template: PodTemplateSpec | undefined;
}

const facts = new Map<string, (object: any) => WorkloadFacts>();

/** Makes a kind a `Workload`; see `KubeTypeOptions.workload`. */
export function registerWorkload(kindKey: string, read: (object: any) => WorkloadFacts): void {
  facts.set(kindKey, read);
}

/** The facts of a workload's object; throws for a kind that is none. */
export function factsOf(handle: Handle): WorkloadFacts {
  const read = facts.get(handle.kindKey);
  if (!read) throw new Error(`${handle.kindKey} is no workload`);
  return read(handle.object);
}

/** The pods that a workload controls itself or through an object it controls (a Deployment through its ReplicaSets). */
export function podsOfWorkload(handle: Handle): readonly Pod[] {
  const { view, object } = handle;
  const { uid, namespace = '' } = object.metadata;
  return selectPods(view, namespace, fromLabelSelector(factsOf(handle).selector)).filter((pod) => {
    const owner = controllerRef(pod);
    if (!owner) return false;
    if (owner.uid === uid) return true;
    const between = view.byUid(owner.uid);
    return between !== undefined && controllerRef(between)?.uid === uid;
  });
}

export const WorkloadInterface = builder.interfaceRef<Handle>('Workload').implement({
  description: 'An object that keeps a number of pods of one template.',
  interfaces: [NodeInterface, KubeObjectInterface],
  resolveType: (handle, { catalog }) => catalog.typeName(handle.object),
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    replicas: t.int({ description: 'How many pods are wanted.', resolve: (handle) => factsOf(handle).replicas }),
    readyReplicas: t.int({ resolve: (handle) => factsOf(handle).readyReplicas }),
    availableReplicas: t.int({ resolve: (handle) => factsOf(handle).availableReplicas }),
    updatedReplicas: t.int({
      description: 'How many pods have the newest template.',
      resolve: (handle) => factsOf(handle).updatedReplicas,
    }),
    selector: t.string({
      description: 'As kubectl prints it: "app=web".',
      resolve: (handle) => formatLabelSelector(factsOf(handle).selector),
    }),
    images: t.stringList({
      description: 'The images of the template.',
      resolve: (handle) => (factsOf(handle).template?.spec.containers ?? []).map(({ image }) => image ?? ''),
    }),
    pods: t.field({
      type: connectionOf(Pod),
      args: { filter: t.arg({ type: PodFilter }), ...pageArgs() },
      resolve: (handle, args, { catalog }) =>
        paginate(handle.scope, podsOfWorkload(handle), args, {
          matches: podPredicate(args.filter, handle.scope, catalog),
        }),
    }),
  }),
});
