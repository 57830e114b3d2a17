import { defineKubeType } from '../../api/kube-object.ts';
import { KubeObjectInterface } from '../../api/refs.ts';
import { controllerRef } from '../../machinery/object.ts';
import { ControllerRevision } from './types.ts';

defineKubeType(ControllerRevision, {
  description: 'A template that a StatefulSet or DaemonSet had.',
  fields: (t) => ({
    revision: t.int({ resolve: ({ object }) => object.revision }),
    images: t.stringList({
      resolve: ({ object }) => (object.data?.spec?.template?.spec?.containers ?? []).map(({ image }) => image ?? ''),
    }),
    changeCause: t.string({
      nullable: true,
      resolve: ({ object }) => object.metadata.annotations?.['kubernetes.io/change-cause'],
    }),
    controller: t.field({
      type: KubeObjectInterface,
      nullable: true,
      resolve: (handle) => handle.toMaybe(handle.view.byUid(controllerRef(handle.object)?.uid ?? '')),
    }),
  }),
});
