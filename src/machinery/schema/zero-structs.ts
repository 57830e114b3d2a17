import type { SchemaNode, StructNode } from './schema-node.ts';

/**
 * Structs that are there even when nobody sets them, since Go holds them by value: an object without a spec has an empty
 * one, which validation then finds incomplete. By type; `spec` of the object itself goes without saying.
 */
const BY_VALUE: Record<string, readonly string[]> = {
  'v1.DaemonSetSpec': ['template'],
  'v1.DeploymentSpec': ['template'],
  'v1.ReplicaSetSpec': ['template'],
  'v1.StatefulSetSpec': ['template'],
  'v1.JobSpec': ['template'],
  'v1.CronJobSpec': ['jobTemplate'],
  'v1.JobTemplateSpec': ['spec'],
  'v1.PodTemplateSpec': ['spec'],
  'v1.PersistentVolumeClaim': ['spec'],
  'v1.PersistentVolumeClaimTemplate': ['spec'],
  'v1.CustomResourceDefinitionSpec': ['names'],
  'v2.HorizontalPodAutoscalerSpec': ['scaleTargetRef'],
  'v1.Event': ['involvedObject', 'source'],
  'v1.RoleBinding': ['roleRef'],
  'v1.ClusterRoleBinding': ['roleRef'],
  'v1.VolumeAttachmentSpec': ['source'],
};

/** The object with the structs that Go would have; shares what has them already. */
export function withZeroStructs<T extends object>(object: T, schema: StructNode): T {
  if (schema.untyped) return object;
  const filled = fill(object as Record<string, unknown>, schema);
  const isWithoutSpec = filled['spec'] === undefined && schema.field('spec')?.shape === 'struct';
  return (isWithoutSpec ? fill({ ...filled, spec: {} }, schema) : filled) as T;
}

function fill(value: Record<string, unknown>, node: StructNode): Record<string, unknown> {
  let result = value;
  const put = (name: string, member: unknown) => {
    if (result === value) result = { ...value };
    result[name] = member;
  };
  for (const name of BY_VALUE[node.name] ?? []) if (value[name] === undefined) put(name, {});
  for (const name in result) {
    const member = node.field(name);
    const filled = member ? fillMember(result[name], member) : result[name];
    if (filled !== result[name]) put(name, filled);
  }
  return result;
}

function fillMember(value: unknown, node: SchemaNode): unknown {
  if (node.shape === 'struct' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return fill(value as Record<string, unknown>, node);
  }
  if (node.shape !== 'list' || node.element.shape !== 'struct' || !Array.isArray(value)) return value;
  const { element } = node;
  const items = value.map((item) => fillMember(item, element));
  return items.every((item, index) => item === value[index]) ? value : items;
}
