import { watch, type Controller } from '../../machinery/controller.ts';
import { Namespace, SYSTEM_NAMESPACES } from './types.ts';

/**
 * Makes the namespaces every cluster has, and makes them again when one is gone. Source:
 * pkg/controlplane/controller/systemnamespaces/system_namespaces_controller.go.
 */
export const systemNamespaces: Controller = {
  name: 'system-namespaces',
  watches: [
    watch(Namespace, ({ old, new: namespace }) => {
      const isSystem = old && !namespace && (SYSTEM_NAMESPACES as readonly string[]).includes(old.metadata.name);
      return isSystem ? old.metadata.name : undefined;
    }),
  ],
  initialKeys: () => SYSTEM_NAMESPACES,
  reconcile(name, api) {
    if (api.get(Namespace, undefined, name)) return;
    api.create<Namespace>({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
      spec: {},
      status: { phase: 'Active' },
    });
  },
};
