import { forbiddenObject } from '../../machinery/api-error.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { systemNamespaces } from './bootstrap.ts';
import { NAMESPACE_FINALIZER, namespaceController } from './deletion.ts';
import { namespaceColumns } from './table.ts';
import { Namespace } from './types.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** NamespaceLifecycle: namespaces that nobody can delete. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Source: pkg/registry/core/namespace/strategy.go and storage/storage.go. */
export const namespace: KindDefinition<Namespace> = {
  kind: Namespace,
  hasGeneration: false,
  controllers: [systemNamespaces, namespaceController],
  columns: namespaceColumns,
  applyDefaults(object) {
    const { labels, name } = object.metadata;
    if (labels?.[NAME_LABEL] !== name) object.metadata.labels = { ...labels, [NAME_LABEL]: name };
  },
  prepareCreate(object) {
    const finalizers = object.spec?.finalizers ?? [];
    const hasOwn = finalizers.includes(NAMESPACE_FINALIZER);
    object.spec = { ...object.spec, finalizers: hasOwn ? finalizers : [...finalizers, NAMESPACE_FINALIZER] };
    object.status = { phase: 'Active' };
    return undefined;
  },
  prepareUpdate(object, old) {
    // Only the controller that emptied the namespace changes these: nobody else frees it.
    if (!old.runtime?.contentDeleted) object.spec = old.spec;
    return undefined;
  },
  finalizers: ({ metadata, spec }) => [...(spec.finalizers ?? []), ...(metadata.finalizers ?? [])],
  checkDelete({ metadata }) {
    if (!IMMORTAL.has(metadata.name)) return undefined;
    return forbiddenObject('namespaces', '', metadata.name, 'this namespace may not be deleted');
  },
  markDeleted(object) {
    object.status = { ...object.status, phase: 'Terminating' };
  },
  health: ({ status }) => (status.phase === 'Active' ? 'HEALTHY' : 'PROGRESSING'),
};
