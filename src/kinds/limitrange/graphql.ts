import { builder } from '../../api/builder.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { LimitRange, type LimitRangeItem, type ResourceList } from './types.ts';

/** How many LimitRanges of one namespace are shown. */
const RANGES_LIMIT = 100;

const LimitRangeItemType = builder.objectRef<LimitRangeItem>('LimitRangeItem').implement({
  description: 'What one container, pod or claim may ask for, and what a container gets that asks for nothing.',
  fields: (t) => ({
    type: t.exposeString('type', { description: 'Container, Pod or PersistentVolumeClaim.' }),
    min: t.field({
      type: 'StringMap',
      description: 'At least so much, by resource.',
      resolve: ({ min }) => texts(min),
    }),
    max: t.field({ type: 'StringMap', description: 'At most so much.', resolve: ({ max }) => texts(max) }),
    default: t.field({
      type: 'StringMap',
      description: 'The limits of a container that names none.',
      resolve: (item) => texts(item.default),
    }),
    defaultRequest: t.field({
      type: 'StringMap',
      description: 'The requests of a container that names none.',
      resolve: ({ defaultRequest }) => texts(defaultRequest),
    }),
    maxLimitRequestRatio: t.field({
      type: 'StringMap',
      description: 'How many times the request the limit may be.',
      resolve: ({ maxLimitRequestRatio }) => texts(maxLimitRequestRatio),
    }),
  }),
});

function texts(list: ResourceList | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, amount]) => [name, String(amount)]));
}

defineKubeType(LimitRange, {
  description: 'What single containers, pods and claims of a namespace may ask for.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      description: 'The namespace it is about.',
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    limits: t.field({
      type: [LimitRangeItemType],
      description: 'With the defaults that follow from what is allowed.',
      resolve: ({ object }) => object.spec.limits ?? [],
    }),
  }),
});

builder.objectField(kubeRef(Namespace), 'limitRanges', (t) =>
  t.field({
    type: [kubeRef(LimitRange)],
    description: 'What single objects in it may ask for, oldest first.',
    extensions: { listSize: RANGES_LIMIT },
    resolve: (handle) => handle.toAll(handle.view.list(LimitRange, handle.object.metadata.name).slice(0, RANGES_LIMIT)),
  }),
);
