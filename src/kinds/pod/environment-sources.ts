import { cleanPath } from '../../machinery/file-tree.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { StringMap } from '../../machinery/object.ts';
import { ConfigMap } from '../configmap/types.ts';
import { internalAddress, type Node } from '../node/types.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { Secret } from '../secret/types.ts';
import { fieldText, resourceText, resourceTextOf, type ResourceReference } from './downward-api.ts';
import type { RememberedEnvironment } from './runtime.ts';
import type { Container, Pod } from './types.ts';

/**
 * Where the changing values of an environment come from: from the cluster when a container starts, from the kubelet's
 * memory of that start afterwards. Values of Secrets are in base64 here.
 */
export interface Configuration {
  /** All values of a ConfigMap or Secret; undefined when it is not there. Binary data makes no variables. */
  all(type: 'CONFIG_MAP' | 'SECRET', name: string): StringMap | undefined;
  key(type: 'CONFIG_MAP' | 'SECRET', name: string, key: string): KeyAnswer;
  /** A field that may change while the container runs; undefined for one that does not. */
  field(path: string): string | undefined;
  /** Undefined when the container it names is not there. */
  resource(reference: ResourceReference, node: Node | undefined): string | undefined;
  /** The value of a key in a file of variables; undefined when it has none, or why the file cannot be read. */
  file(reference: FileReference): { value?: string; problem?: string };
  /** What was asked for so far, to be remembered; undefined when nothing was. */
  remembered(): RememberedEnvironment | undefined;
}

type ListedVariable = NonNullable<Container['env']>[number];
export type FileReference = NonNullable<NonNullable<ListedVariable['valueFrom']>['fileKeyRef']>;

export type KeyAnswer = { found: true; value: string } | { found: false; hasObject: boolean };

const LISTS = { CONFIG_MAP: 'configMaps', SECRET: 'secrets' } as const;

/** What stands in the cluster now. Everything that is asked for is noted. */
export function liveConfiguration(view: ClusterView, pod: Pod, container: Container): Configuration {
  const { namespace } = pod.metadata;
  let notes: Mutable<RememberedEnvironment> | undefined;
  const dataOf = (type: 'CONFIG_MAP' | 'SECRET', name: string): StringMap | undefined => {
    const object = type === 'SECRET' ? view.get(Secret, namespace, name) : view.get(ConfigMap, namespace, name);
    return object ? (object.data ?? {}) : undefined;
  };
  const note = (list: keyof RememberedEnvironment) => ((notes ??= {})[list] ??= {}) as Record<string, unknown>;
  return {
    all(type, name) {
      const data = dataOf(type, name);
      // The very map is kept: it is the object's own until that changes.
      if (data) note(LISTS[type])[name] = data;
      return data;
    },
    key(type, name, key) {
      const data = dataOf(type, name);
      const value = data && Object.hasOwn(data, key) ? data[key] : undefined;
      if (value === undefined) return { found: false, hasObject: data !== undefined };
      const objects = note(LISTS[type]);
      if (objects[name] !== data) objects[name] = { ...(objects[name] as StringMap | undefined), [key]: value };
      return { found: true, value };
    },
    field(path) {
      if (!isChangingField(path)) return undefined;
      const value = fieldValue(pod, undefined, path);
      note('fields')[path] = value;
      return value;
    },
    resource(reference, node) {
      const value = resourceValue(pod, container, node, reference);
      if (value !== undefined) note('resources')[resourceKey(reference)] = value;
      return value;
    },
    file(reference) {
      const answer = readVariable(pod, reference);
      if (answer.value !== undefined) note('files')[fileKey(reference)] = answer.value;
      return answer;
    },
    remembered: () => notes,
  };
}

/** What the kubelet kept of a container's start. What it does not know was not there. */
export function rememberedConfiguration(remembered: RememberedEnvironment | undefined): Configuration {
  return {
    all: (type, name) => remembered?.[LISTS[type]]?.[name],
    key(type, name, key) {
      const data = remembered?.[LISTS[type]]?.[name];
      if (!data || !Object.hasOwn(data, key)) return { found: false, hasObject: data !== undefined };
      return { found: true, value: data[key] ?? '' };
    },
    field: (path) => (isChangingField(path) ? (remembered?.fields?.[path] ?? '') : undefined),
    resource: (reference) => remembered?.resources?.[resourceKey(reference)] ?? '',
    file(reference) {
      const value = remembered?.files?.[fileKey(reference)];
      return value === undefined ? {} : { value };
    },
    remembered: () => remembered,
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function resourceKey({ containerName = '', resource, divisor = '' }: ResourceReference): string {
  return `${containerName}/${resource}/${divisor}`;
}

function fileKey({ volumeName, path, key }: FileReference): string {
  return `${volumeName}/${path}=${key}`;
}

/**
 * Looks a key up in a file of an emptyDir: lines `KEY=value`, of which the first counts; `#` begins a comment.
 * Source: pkg/kubelet/util/env/env_util.go (ParseEnv).
 */
function readVariable(pod: Pod, { volumeName, path, key }: FileReference): { value?: string; problem?: string } {
  if (!pod.spec.volumes?.some(({ name }) => name === volumeName)) {
    return { problem: `cannot find the volume ${JSON.stringify(volumeName)} referenced by FileKeyRef` };
  }
  const content = pod.runtime?.volumes?.[volumeName]?.[cleanPath(path)]?.content;
  if (content === undefined) return { problem: "couldn't parse env file" };
  for (const line of content.split('\n')) {
    const [words = ''] = line.replace(/\r$/, '').split('#');
    const end = words.indexOf('=');
    if (end >= 0 && words.slice(0, end) === key && words.length > end + 1) return { value: words.slice(end + 1) };
  }
  return {};
}

/** Whether the value of a field may change while the pod runs. */
export function isChangingField(path: string): boolean {
  return /^metadata\.(?:labels|annotations)/.test(path);
}

/** The value of a field as the kubelet knows it, which may be before the pod's status says so. */
export function fieldValue(pod: Pod, node: Node | undefined, path: string): string {
  if (!path.startsWith('status.')) return fieldText(pod, path) ?? '';
  const { podIP, podIPs, hostIP, hostIPs } = pod.status;
  const address = pod.runtime?.sandbox?.ip ?? podIP;
  const hostAddress = (node && internalAddress(node)) ?? hostIP;
  const status = {
    ...pod.status,
    podIP: address ?? '',
    podIPs: podIPs && address === podIP ? podIPs : asList(address),
    hostIP: hostAddress ?? '',
    hostIPs: hostIPs && hostAddress === hostIP ? hostIPs : asList(hostAddress),
  };
  return fieldText({ ...pod, status }, path) ?? '';
}

function asList(address: string | undefined): { ip: string }[] {
  return address ? [{ ip: address }] : [];
}

/**
 * The amount of a resource that a variable asks for: of its own container, or of the one it names. A limit that is not
 * set is the pod's, and without that what the node has to give; init containers that are named get neither.
 * Source: pkg/kubelet/kubelet_resources.go (defaultPodLimitsForDownwardAPI).
 */
function resourceValue(
  pod: Pod,
  container: Container,
  node: Node | undefined,
  reference: ResourceReference,
): string | undefined {
  const { containerName } = reference;
  if (containerName && !pod.spec.containers.some(({ name }) => name === containerName)) {
    return resourceTextOf(pod, reference, undefined);
  }
  const named = pod.spec.containers.find(({ name }) => name === containerName) ?? container;
  const limits = { ...named.resources?.limits };
  const ofPod = pod.spec.resources?.limits ?? {};
  for (const name of ['cpu', 'memory']) {
    const own = ofPod[name];
    if (!parseQuantity(limits[name]) && own !== undefined) limits[name] = own;
  }
  const resources = { ...named.resources, limits };
  return resourceText(reference, { resources }, reference.resource.includes('hugepages-') ? undefined : node);
}
