import { groupOf, type KubeObject } from '../machinery/object.ts';
import type { FieldRequirement } from '../machinery/selector-parser.ts';

/**
 * The fields that field selectors may name, by kind, beyond metadata.name and metadata.namespace.
 * Sources: pkg/apis/core/v1/conversion.go (AddFieldLabelConversionFuncs), pkg/registry/core/<kind>/strategy.go.
 */
const FIELDS: Record<string, readonly string[]> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  Node: ['spec.unschedulable'],
  Namespace: ['status.phase'],
  Secret: ['type'],
  Service: ['spec.clusterIP', 'spec.type'],
  ReplicaSet: ['status.replicas'],
  ReplicationController: ['status.replicas'],
  Job: ['status.successful'],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
};

/** The first field of the selector that the kind does not offer, if any. */
export function unsupportedField(kind: string, requirements: readonly FieldRequirement[]): string | undefined {
  const known = FIELDS[kind] ?? [];
  return requirements.find(
    ({ field }) => field !== 'metadata.name' && field !== 'metadata.namespace' && !known.includes(field),
  )?.field;
}

export function matchesFields(object: KubeObject, requirements: readonly FieldRequirement[]): boolean {
  return requirements.every(({ field, equals, value }) => (fieldText(object, field) === value) === equals);
}

/** The value of a field as the API server compares it: text, empty where it is absent. */
function fieldText(object: KubeObject, field: string): string {
  if (object.kind === 'Event' && groupOf(object.apiVersion) === '' && field === 'source') {
    const { source } = object as KubeObject & { source?: { component?: string } };
    return source?.component ?? '';
  }
  if (field === 'status.successful') return textAt(object, 'status.succeeded') || '0';
  if (field === 'status.replicas') return textAt(object, field) || '0';
  if (field === 'spec.hostNetwork' || field === 'spec.unschedulable') return textAt(object, field) || 'false';
  if (field === 'status.podIPs') return podIps(object);
  return textAt(object, field);
}

function podIps(object: KubeObject): string {
  const { podIPs } = (object.status ?? {}) as { podIPs?: { ip?: string }[] };
  return (podIPs ?? []).map(({ ip }) => ip ?? '').join(',');
}

function textAt(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const step of path.split('.')) value = (value as Record<string, unknown> | undefined | null)?.[step];
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
