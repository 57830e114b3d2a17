import type { PodTemplateSpec } from '../../kinds/pod/types.ts';

/** kubectl's CONTAINERS column: `web,sidecar`. Source: pkg/printers/internalversion/printers.go. */
export function containerNames(template: PodTemplateSpec): string {
  return template.spec.containers.map((container) => container.name).join(',');
}

/** kubectl's IMAGES column. */
export function containerImages(template: PodTemplateSpec): string {
  return template.spec.containers.map((container) => container.image ?? '').join(',');
}
