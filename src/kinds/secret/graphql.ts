import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { KubeObjectConnection, kubeRef } from '../../api/refs.ts';
import { MASKED_TEXT, mayReadAll } from '../../api/viewer.ts';
import { decodeBase64, utf8Text } from '../../machinery/base64.ts';
import { Namespace } from '../namespace/types.ts';
import { secretUsers } from './queries.ts';
import { Secret } from './types.ts';

function textOf(base64: string): string {
  const decoded = decodeBase64(base64);
  return decoded.ok ? utf8Text(decoded.bytes) : '';
}

defineKubeType(Secret, {
  description:
    'Configuration that is kept from view: its values are shown to those who may get it, by the rules of RBAC.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    type: t.string({ resolve: ({ object }) => object.type ?? 'Opaque' }),
    keys: t.stringList({ resolve: ({ object }) => Object.keys(object.data ?? {}).sort() }),
    data: t.field({
      type: 'StringMap',
      description: 'The values in base64, as they are stored; masked for whoever may not get the Secret.',
      args: {
        decoded: t.arg.boolean({
          defaultValue: false,
          description: 'As text instead; bytes that are no UTF-8 are replaced.',
        }),
      },
      resolve: (handle, { decoded }, context) => {
        const data = Object.entries(handle.object.data ?? {});
        const mayRead = mayReadAll(context, handle);
        const shown = (value: string) => (mayRead ? (decoded ? textOf(value) : value) : MASKED_TEXT);
        return Object.fromEntries(data.map(([key, value]) => [key, shown(value)]));
      },
    }),
    masked: t.boolean({
      description: 'Whether its values are kept from the viewer.',
      resolve: (handle, _args, context) => !mayReadAll(context, handle),
    }),
    immutable: t.boolean({ resolve: ({ object }) => object.immutable ?? false }),
    usedBy: t.field({
      type: KubeObjectConnection,
      description: 'The pods that name it: for variables, for volumes, or to pull their images.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, secretUsers(view, object), args),
    }),
  }),
});
