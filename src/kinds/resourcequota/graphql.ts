import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { ResourceQuota } from './types.ts';

defineKubeType(ResourceQuota, {
  description: 'How much of each resource a namespace may use.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    hard: t.field({
      type: 'StringMap',
      description: 'What may be used.',
      resolve: ({ object }) => texts(object.status.hard ?? object.spec.hard),
    }),
    used: t.field({
      type: 'StringMap',
      description: 'What is used.',
      resolve: ({ object }) => texts(object.status.used),
    }),
    scopes: t.stringList({ resolve: ({ object }) => object.spec.scopes ?? [] }),
  }),
});

function texts(list: Record<string, string | number> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, amount]) => [name, String(amount)]));
}
