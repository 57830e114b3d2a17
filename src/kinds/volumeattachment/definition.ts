import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { attachmentsByNode, attachmentsByVolume, VolumeAttachment } from './types.ts';

/** Source of the rules: pkg/apis/storage/validation/validation.go (ValidateVolumeAttachment). */
function validateAttachment({ spec }: VolumeAttachment): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!spec?.attacher) problems.push(required('spec.attacher'));
  const { persistentVolumeName, inlineVolumeSpec } = spec?.source ?? {};
  if (persistentVolumeName === undefined && inlineVolumeSpec === undefined) {
    const words = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
    problems.push(required('spec.source', words));
  } else if (persistentVolumeName !== undefined && inlineVolumeSpec !== undefined) {
    const words = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
    problems.push(invalid('spec.source', spec.source, words));
  } else if (persistentVolumeName === '') {
    problems.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  }
  if (!spec?.nodeName) problems.push(required('spec.nodeName'));
  return problems;
}

function validateAttachmentUpdate(attachment: VolumeAttachment, old: VolumeAttachment): FieldProblem[] {
  return deepEqual(attachment.spec, old.spec) ? [] : [invalid('spec', attachment.spec, 'field is immutable')];
}

export const volumeAttachment: KindDefinition<VolumeAttachment> = {
  kind: VolumeAttachment,
  hasGeneration: false,
  indexes: [attachmentsByNode, attachmentsByVolume],
  prepareCreate(attachment) {
    attachment.status = { attached: false };
    return undefined;
  },
  validate: validateAttachment,
  validateUpdate: validateAttachmentUpdate,
  columns: [
    { name: 'ATTACHER', cell: ({ spec }) => spec.attacher },
    { name: 'PV', cell: ({ spec }) => spec.source.persistentVolumeName ?? '' },
    { name: 'NODE', cell: ({ spec }) => spec.nodeName },
    { name: 'ATTACHED', cell: ({ status }) => String(status?.attached ?? false) },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health({ metadata, status }) {
    if (status?.attachError || status?.detachError) return 'DEGRADED';
    return status?.attached && metadata.deletionTimestamp === undefined ? 'HEALTHY' : 'PROGRESSING';
  },
};
