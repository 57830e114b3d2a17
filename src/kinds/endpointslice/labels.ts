import type { StringMap } from '../../machinery/object.ts';
import { hasClusterIp } from '../service/queries.ts';
import type { Service } from '../service/types.ts';
import { HEADLESS_LABEL, MANAGED_BY_LABEL, SERVICE_NAME_LABEL, type EndpointSlice } from './types.ts';

/** Who the slices of this controller say they are managed by. */
export const CONTROLLER_NAME = 'endpointslice-controller.k8s.io';

const RESERVED = new Set([SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL]);

/** setEndpointSliceLabels: the Service's labels, and what tells whose slice it is. */
export function sliceLabels({ metadata, spec }: Service): StringMap {
  const labels: StringMap = {};
  for (const key in metadata.labels) if (!RESERVED.has(key)) labels[key] = metadata.labels[key] ?? '';
  if (!hasClusterIp(spec)) labels[HEADLESS_LABEL] = '';
  labels[SERVICE_NAME_LABEL] = metadata.name;
  labels[MANAGED_BY_LABEL] = CONTROLLER_NAME;
  return labels;
}

/** Whether a slice still has the Service's labels; the reserved ones do not count. */
export function hasServiceLabels(slice: EndpointSlice, service: Service): boolean {
  const own = slice.metadata.labels ?? {};
  const wanted = service.metadata.labels ?? {};
  const count = (labels: StringMap) => Object.keys(labels).filter((key) => !RESERVED.has(key)).length;
  if (count(own) !== count(wanted)) return false;
  return Object.keys(wanted).every((key) => RESERVED.has(key) || own[key] === wanted[key]);
}

export function isManaged(slice: EndpointSlice | undefined): boolean {
  return slice?.metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER_NAME;
}
