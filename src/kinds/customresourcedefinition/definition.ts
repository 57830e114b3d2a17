import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, toTimestamp } from '../../machinery/time.ts';
import { applyDefaults, validate, validateUpdate } from './admission.ts';
import { unknownFormats } from './custom-formats.ts';
import { customDefinitionOf } from './queries.ts';
import { CLEANUP_FINALIZER, customResourceDefinitionController, setCondition } from './reconcile.ts';
import { CustomResourceDefinition, definitionsByDefinedKind, definitionsByGroup } from './types.ts';

export const customResourceDefinition: KindDefinition<CustomResourceDefinition> = {
  kind: CustomResourceDefinition,
  indexes: [definitionsByDefinedKind, definitionsByGroup],
  controllers: [customResourceDefinitionController],
  applyDefaults,
  validate,
  validateUpdate,
  warnings: ({ spec }) =>
    spec.versions
      .flatMap(({ schema }) => (schema?.openAPIV3Schema ? unknownFormats(schema.openAPIV3Schema) : []))
      .map((format) => `unrecognized format ${JSON.stringify(format)}`),
  defines: (apiVersion, kind, view) => customDefinitionOf(view, apiVersion, kind),
  prepareCreate(object) {
    object.status = {};
    return undefined;
  },
  finalizers: ({ metadata }) =>
    metadata.deletionTimestamp === undefined
      ? [...(metadata.finalizers ?? []), CLEANUP_FINALIZER]
      : (metadata.finalizers ?? []),
  markDeleted(object) {
    const { metadata, status } = object;
    metadata.finalizers = [...(metadata.finalizers ?? []), CLEANUP_FINALIZER];
    const conditions = [...(status.conditions ?? [])];
    const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon';
    const now = fromTimestamp(metadata.deletionTimestamp) ?? 0;
    setCondition(conditions, { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message }, now);
    object.status = { ...status, conditions };
  },
  columns: [{ name: 'CREATED AT', cell: ({ metadata }) => toTimestamp(fromTimestamp(metadata.creationTimestamp)) }],
  health({ status, metadata }) {
    if (metadata.deletionTimestamp !== undefined) return 'PROGRESSING';
    const established = status.conditions?.find(({ type }) => type === 'Established');
    if (!established) return 'PROGRESSING';
    return established.status === 'True' ? 'HEALTHY' : 'DEGRADED';
  },
};
