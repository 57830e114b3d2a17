import type { PodTemplateSpec } from '../pod/types.ts';
import type { StringMap } from '../../machinery/object.ts';
import { POD_TEMPLATE_HASH } from './annotations.ts';

/** Comparing pod templates. Source: deployment_util.go (EqualIgnoreHash). */

/** Whether two templates make the same pods, whatever their hash label says. */
export function sameTemplate(left: PodTemplateSpec, right: PodTemplateSpec): boolean {
  if (left === right) return true;
  const { labels: leftLabels, ...leftMetadata } = left.metadata ?? {};
  const { labels: rightLabels, ...rightMetadata } = right.metadata ?? {};
  return (
    semanticallyEqual(withoutHash(leftLabels), withoutHash(rightLabels), 'labels') &&
    semanticallyEqual(leftMetadata, rightMetadata) &&
    semanticallyEqual(left.spec, right.spec)
  );
}

/** The labels without the hash that a Deployment adds. */
export function withoutHash(labels: StringMap | undefined): StringMap {
  const { [POD_TEMPLATE_HASH]: _hash, ...rest } = labels ?? {};
  return rest;
}

/** A ReplicaSet's template as its Deployment had it. */
export function templateWithoutHash(template: PodTemplateSpec): PodTemplateSpec {
  if (template.metadata?.labels?.[POD_TEMPLATE_HASH] === undefined) return template;
  return { ...template, metadata: { ...template.metadata, labels: withoutHash(template.metadata.labels) } };
}

/** Fields that hold maps: empty ones equal absent ones, which is not so for structs (`emptyDir: {}` is a choice). */
const MAPS = new Set(['labels', 'annotations', 'nodeSelector', 'matchLabels', 'limits', 'requests', 'overhead']);

/** equality.Semantic.DeepEqual on JSON: what is empty equals what is absent. */
function semanticallyEqual(left: unknown, right: unknown, field = ''): boolean {
  if (left === right || (isEmpty(left, field) && isEmpty(right, field))) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => semanticallyEqual(item, right[index]));
  }
  const one = left as Record<string, unknown>;
  const other = right as Record<string, unknown>;
  for (const key in one) if (!semanticallyEqual(one[key], other[key], key)) return false;
  for (const key in other) if (!(key in one) && !isEmpty(other[key], key)) return false;
  return true;
}

function isEmpty(value: unknown, field: string): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return MAPS.has(field) && typeof value === 'object' && Object.keys(value).length === 0;
}
