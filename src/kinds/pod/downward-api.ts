import { milliValue, parseQuantity, wholeValue } from '../../machinery/quantity.ts';
import type { StringMap } from '../../machinery/object.ts';
import type { Node } from '../node/types.ts';
import type { Container, Pod } from './types.ts';

/**
 * What the downward API tells of a pod: its fields and its containers' resources, as text. Source: pkg/fieldpath/
 * fieldpath.go, pkg/api/v1/resource/helpers.go, pkg/kubelet/kubelet_pods.go (podFieldSelectorRuntimeValue).
 */

/** The text of a field that a volume or a variable may name; undefined for any other path. */
export function fieldText(pod: Pod, fieldPath: string): string | undefined {
  const subscript = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/.exec(fieldPath);
  if (subscript) {
    const map = subscript[1] === 'metadata.labels' ? pod.metadata.labels : pod.metadata.annotations;
    const key = subscript[2] ?? '';
    return map && Object.hasOwn(map, key) ? map[key] : '';
  }
  const { metadata, spec, status } = pod;
  switch (fieldPath) {
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return status.hostIP ?? '';
    case 'status.hostIPs':
      return (status.hostIPs ?? []).map(({ ip }) => ip).join(',');
    case 'status.podIP':
      return status.podIP ?? '';
    case 'status.podIPs':
      return (status.podIPs ?? []).map(({ ip }) => ip).join(',');
    default:
      return undefined;
  }
}

/** fieldpath.FormatMap: `key="value"` for each key in order, a line each. */
function formatMap(map: StringMap | undefined): string {
  const keys = Object.keys(map ?? {}).sort();
  return keys.map((key) => `${key}=${quoteGo(map?.[key] ?? '')}`).join('\n');
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** Go's %q of a text. */
export function quoteGo(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const escaped = text.replaceAll(/["\\\u0000-\u001f\u007f]/g, (character) => {
    return SHORT_ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}

export interface ResourceReference {
  resource: string;
  divisor?: string | number;
  containerName?: string;
}

/**
 * The amount of a resource that a container may use or asks for, in whole divisors, rounded up. A limit that is not set
 * is what the node has to give. Undefined for a resource that the downward API does not know.
 */
export function resourceText(
  reference: ResourceReference,
  container: Pick<Container, 'resources'>,
  node: Node | undefined,
): string | undefined {
  const [kind, ...rest] = reference.resource.split('.');
  const name = rest.join('.');
  if ((kind !== 'limits' && kind !== 'requests') || !/^(cpu|memory|ephemeral-storage|hugepages-.+)$/.test(name)) {
    return undefined;
  }
  const set = container.resources?.[kind]?.[name];
  const amount = kind === 'limits' && !parseQuantity(set) ? (node?.status.allocatable?.[name] ?? set) : set;
  const divisor = parseQuantity(reference.divisor) ? reference.divisor : '1';
  const measure = name === 'cpu' ? milliValue : wholeValue;
  return String(Math.ceil(measure(amount) / measure(divisor)));
}

/** The same for the container of a pod that the reference names; undefined where there is none. */
export function resourceTextOf(pod: Pod, reference: ResourceReference, node: Node | undefined): string | undefined {
  const { containers, initContainers } = pod.spec;
  const container = [...containers, ...(initContainers ?? [])].find(({ name }) => name === reference.containerName);
  return container && resourceText(reference, container, node);
}
