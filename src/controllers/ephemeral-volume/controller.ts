import { PersistentVolumeClaim } from '../../kinds/persistentvolumeclaim/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { Pod, type PodSpec } from '../../kinds/pod/types.ts';
import { watch, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { controllerRef, isBeingDeleted, keyOf, newControllerRef, objectKey } from '../../machinery/object.ts';
import { SECOND_MS } from '../../machinery/time.ts';

/** How long until a claim that was refused (by a quota) is tried again. */
const RETRY_MS = 10 * SECOND_MS;

/**
 * Makes the claims of generic ephemeral volumes, each named after its pod and volume and owned by the pod, with which it
 * goes. Source: pkg/controller/volume/ephemeral/controller.go.
 */
export const ephemeralVolumes: Controller = {
  name: 'ephemeral_volume',
  watches: [
    watch(Pod, ({ old, new: pod }) => (!old && pod && ephemeralOf(pod.spec).length > 0 ? keyOf(pod) : undefined)),
    watch(PersistentVolumeClaim, ({ new: claim, old }) => {
      if (claim || !old) return undefined;
      const owner = controllerRef(old);
      return owner?.kind === Pod.kind ? objectKey(old.metadata.namespace, owner.name) : undefined;
    }),
  ],
  reconcile(key, api) {
    const pod = api.getByKey(Pod, key);
    if (!pod || isBeingDeleted(pod) || isPodTerminal(pod)) return;
    for (const volume of ephemeralOf(pod.spec)) makeClaim(api, pod, volume);
  },
};

type Volume = NonNullable<PodSpec['volumes']>[number];

function ephemeralOf({ volumes }: PodSpec): readonly Volume[] {
  return volumes?.filter(({ ephemeral }) => ephemeral?.volumeClaimTemplate !== undefined) ?? [];
}

function makeClaim(api: ControllerApi, pod: Pod, { name: volumeName, ephemeral }: Volume): void {
  const template = ephemeral?.volumeClaimTemplate;
  const { namespace } = pod.metadata;
  const name = `${pod.metadata.name}-${volumeName}`;
  if (!template || api.get(PersistentVolumeClaim, namespace, name)) return;
  const { labels, annotations } = template.metadata ?? {};
  const created = api.create<PersistentVolumeClaim>({
    apiVersion: PersistentVolumeClaim.apiVersion,
    kind: PersistentVolumeClaim.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ownerReferences: [newControllerRef(pod)],
    },
    spec: template.spec as PersistentVolumeClaim['spec'],
    status: { phase: 'Pending' },
  });
  if (!created.ok) api.requeueAt(api.now + RETRY_MS, { background: true });
}
