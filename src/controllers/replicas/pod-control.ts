import { Namespace } from '../../kinds/namespace/types.ts';
import { Pod, type PodTemplateSpec } from '../../kinds/pod/types.ts';
import type { ApiError } from '../../machinery/api-error.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { isBeingDeleted, newControllerRef, type KubeObject, type NewObject } from '../../machinery/object.ts';

/** Creating and deleting the pods of a controller, with the events that tell of it. Source: pkg/controller/controller_utils.go. */

/** GetPodFromTemplate: the pod a controller asks for; the API server makes up its name. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec): NewObject<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const metadata: NewObject<Pod>['metadata'] = {
    generateName: `${owner.metadata.name}-`,
    ownerReferences: [newControllerRef(owner)],
  };
  if (owner.metadata.namespace !== undefined) metadata.namespace = owner.metadata.namespace;
  if (labels) metadata.labels = labels;
  if (annotations) metadata.annotations = annotations;
  if (finalizers) metadata.finalizers = finalizers;
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec, status: { phase: 'Pending' } };
}

/** Creates one pod; a namespace that is going away makes it a silent no, which the controller counts as done. */
export function createPod(api: ObjectApi, owner: KubeObject, template: PodTemplateSpec): ApiError | undefined {
  const created = api.create<Pod>(podFromTemplate(owner, template));
  if (created.ok) {
    api.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.value.metadata.name}`);
    return undefined;
  }
  const namespace = api.get(Namespace, undefined, owner.metadata.namespace ?? '');
  if (namespace && isBeingDeleted(namespace)) return undefined;
  api.event(owner, 'Warning', 'FailedCreate', `Error creating: ${created.error.message}`);
  return created.error;
}

/** Deletes one pod; one that is gone already is no failure. */
export function deletePod(api: ObjectApi, owner: KubeObject, pod: Pod): ApiError | undefined {
  const deleted = api.delete(pod);
  if (deleted.ok) {
    api.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    return undefined;
  }
  if (deleted.error.reason === 'NotFound') return undefined;
  api.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${deleted.error.message}`);
  return deleted.error;
}
