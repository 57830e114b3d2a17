/**
 * Versions that Kubernetes serves beside the one it stores, and how an object of theirs is made into one of the stored
 * version. Source: pkg/apis/autoscaling/v1/conversion.go, pkg/apis/events/v1/conversion.go.
 */

type Json = Record<string, unknown>;

interface ServedVersion {
  stored: string;
  convert(object: Json): Json;
}

const SERVED: Record<string, ServedVersion> = {
  'autoscaling/v1/HorizontalPodAutoscaler': { stored: 'autoscaling/v2', convert: convertAutoscaler },
  'events.k8s.io/v1/Event': { stored: 'v1', convert: convertEvent },
  ...sameIn('gateway.networking.k8s.io/v1beta1', 'gateway.networking.k8s.io/v1', [
    'Gateway',
    'GatewayClass',
    'HTTPRoute',
  ]),
  ...sameIn('gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1beta1', ['ReferenceGrant']),
};

/** Kinds that look the same in both versions. */
function sameIn(served: string, stored: string, kinds: readonly string[]): Record<string, ServedVersion> {
  return Object.fromEntries(kinds.map((kind) => [`${served}/${kind}`, { stored, convert: (object: Json) => object }]));
}

/** The apiVersion under which objects of a kind are stored. */
export function storedVersion(apiVersion: string, kind: string): string {
  return SERVED[`${apiVersion}/${kind}`]?.stored ?? apiVersion;
}

/** The object in the version in which it is stored; the same object when it is in that version already. */
export function convertToStored(object: Json): Json {
  const served = SERVED[`${String(object['apiVersion'])}/${String(object['kind'])}`];
  return served ? { ...served.convert(object), apiVersion: served.stored } : object;
}

function convertAutoscaler(object: Json): Json {
  const { targetCPUUtilizationPercentage: percentage, ...spec } = (object['spec'] ?? {}) as Json;
  if (percentage === undefined) return { ...object, spec };
  const target = { type: 'Utilization', averageUtilization: percentage };
  return { ...object, spec: { ...spec, metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] } };
}

/** The field names of an Event in core/v1, by those in events.k8s.io/v1. */
const EVENT_FIELDS: Record<string, string> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
};

function convertEvent(object: Json): Json {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [EVENT_FIELDS[name] ?? name, value]));
}
