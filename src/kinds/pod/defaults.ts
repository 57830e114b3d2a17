import type { IProbe } from 'kubernetes-models/v1/Probe';
import type { IVolume } from 'kubernetes-models/v1/Volume';
import type { ILifecycleHandler } from 'kubernetes-models/v1/LifecycleHandler';
import { canonicalResources } from '../../machinery/quantity-text.ts';
import type { Container, Pod, PodSpec } from './types.ts';

/**
 * The API's defaults for pods and pod templates. Every function returns a new value that shares what did not change, or
 * the argument itself when nothing did: specs are shared between a workload, its template's revisions and its pods.
 * Source: pkg/apis/core/v1/defaults.go, zz_generated.defaults.go.
 */

type Changes<T> = { [K in keyof T]?: T[K] };

/** `value` with the given fields, which must be absent or different; the same value when there are none. */
function withChanges<T extends object>(value: T, changes: Changes<T>): T {
  for (const key in changes) if (changes[key] !== value[key]) return { ...value, ...changes };
  return value;
}

function mapShared<T>(list: T[] | undefined, change: (item: T) => T): T[] | undefined {
  if (!list) return list;
  let changed: T[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index] as T;
    const next = change(item);
    if (next !== item) (changed ??= list.slice())[index] = next;
  }
  return changed ?? list;
}

/** Lists that were defaulted before, with what came of them: pods of one template share the work and the result. */
const defaultedContainers = new WeakMap<object, Container[]>();
const defaultedVolumes = new WeakMap<object, IVolume[]>();

function once<T extends object>(cache: WeakMap<object, T>, value: T | undefined, make: (value: T) => T): T | undefined {
  if (!value) return value;
  const cached = cache.get(value);
  if (cached) return cached;
  const made = make(value);
  cache.set(value, made);
  cache.set(made, made);
  return made;
}

/** Whether an image reference names the tag `latest`, in so many words or by naming none (parsers.ParseImageName). */
export function hasLatestTag(image: string): boolean {
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const last = name.slice(name.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 ? at < 0 : last.slice(colon + 1) === 'latest';
}

/** SetDefaults_PodSpec and the defaults of everything inside it: what a pod template gets. */
export function defaultPodSpec(spec: PodSpec): PodSpec {
  const serviceAccount = spec.serviceAccountName || spec.serviceAccount;
  return withChanges(spec, {
    ...listDefaults(spec),
    ...(spec.overhead ? { overhead: canonicalResources(spec.overhead) } : {}),
    ...(spec.resources ? { resources: defaultResources(spec.resources) } : {}),
    ...(spec.topologySpreadConstraints ? { topologySpreadConstraints: spec.topologySpreadConstraints } : {}),
    restartPolicy: spec.restartPolicy || 'Always',
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    dnsPolicy: spec.dnsPolicy || 'ClusterFirst',
    ...(serviceAccount ? { serviceAccountName: serviceAccount, serviceAccount } : {}),
    securityContext: spec.securityContext ?? {},
    schedulerName: spec.schedulerName || 'default-scheduler',
  });
}

function listDefaults(spec: PodSpec): Changes<PodSpec> {
  const changes: Changes<PodSpec> = {};
  const containers = once(defaultedContainers, spec.containers ?? undefined, (list) => mapContainers(list));
  if (containers) changes.containers = containers;
  const initContainers = once(defaultedContainers, spec.initContainers, (list) => mapContainers(list));
  if (initContainers) changes.initContainers = initContainers;
  const volumes = once(defaultedVolumes, spec.volumes, (list) => mapShared(list, defaultVolume) ?? list);
  if (volumes) changes.volumes = volumes;
  if (spec.ephemeralContainers) {
    changes.ephemeralContainers = mapShared(spec.ephemeralContainers, defaultContainer as never);
  }
  return changes;
}

function mapContainers(list: Container[]): Container[] {
  return Array.isArray(list) ? (mapShared(list, defaultContainer) ?? list) : list;
}

function defaultContainer(container: Container): Container {
  if (typeof container !== 'object' || container === null) return container;
  const image = typeof container.image === 'string' ? container.image : '';
  const changes: Changes<Container> = {
    resources: defaultResources(container.resources ?? {}),
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy || 'File',
    imagePullPolicy: container.imagePullPolicy || (hasLatestTag(image) ? 'Always' : 'IfNotPresent'),
  };
  if (container.ports) {
    changes.ports = mapShared(container.ports, (port) => withChanges(port, { protocol: port.protocol || 'TCP' }));
  }
  if (container.env) changes.env = mapShared(container.env, defaultVariable);
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name];
    if (probe) changes[name] = defaultProbe(probe);
  }
  if (container.lifecycle) {
    const { postStart, preStop } = container.lifecycle;
    changes.lifecycle = withChanges(container.lifecycle, {
      ...(postStart ? { postStart: defaultHandler(postStart) } : {}),
      ...(preStop ? { preStop: defaultHandler(preStop) } : {}),
    });
  }
  return withChanges(container, changes);
}

function defaultResources(resources: NonNullable<Container['resources']>): NonNullable<Container['resources']> {
  const { limits, requests } = resources;
  return withChanges(resources, {
    ...(limits ? { limits: canonicalResources(limits) } : {}),
    ...(requests ? { requests: canonicalResources(requests) } : {}),
  });
}

type Variable = NonNullable<Container['env']>[number];

function defaultVariable(variable: Variable): Variable {
  const source = variable.valueFrom;
  if (!source) return variable;
  const { fieldRef, resourceFieldRef } = source;
  return withChanges(variable, {
    valueFrom: withChanges(source, {
      ...(fieldRef ? { fieldRef: withChanges(fieldRef, { apiVersion: fieldRef.apiVersion || 'v1' }) } : {}),
      ...(resourceFieldRef
        ? { resourceFieldRef: withChanges(resourceFieldRef, { divisor: String(resourceFieldRef.divisor ?? '0') }) }
        : {}),
    }),
  });
}

function defaultProbe(probe: IProbe): IProbe {
  const { grpc } = probe;
  return withChanges(defaultHandler(probe), {
    ...(grpc ? { grpc: withChanges(grpc, { service: grpc.service ?? '' }) } : {}),
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  });
}

function defaultHandler<T extends ILifecycleHandler | IProbe>(handler: T): T {
  const { httpGet } = handler;
  if (!httpGet) return handler;
  const next = withChanges(httpGet, { path: httpGet.path || '/', scheme: httpGet.scheme || 'HTTP' });
  return next === httpGet ? handler : { ...handler, httpGet: next };
}

const FILE_MODE = 0o644;

function defaultVolume(volume: IVolume): IVolume {
  if (typeof volume !== 'object' || volume === null) return volume;
  const { name: _name, ...sources } = volume;
  if (Object.values(sources).every((source) => source === undefined || source === null)) {
    return { name: volume.name, emptyDir: {} };
  }
  const { secret, configMap, downwardAPI, projected, hostPath, ephemeral, image, emptyDir } = volume;
  return withChanges(volume, {
    ...(secret ? { secret: withChanges(secret, { defaultMode: secret.defaultMode ?? FILE_MODE }) } : {}),
    ...(configMap ? { configMap: withChanges(configMap, { defaultMode: configMap.defaultMode ?? FILE_MODE }) } : {}),
    ...(downwardAPI ? { downwardAPI: defaultDownward(downwardAPI) } : {}),
    ...(projected ? { projected: defaultProjected(projected) } : {}),
    ...(hostPath ? { hostPath: withChanges(hostPath, { type: hostPath.type ?? '' }) } : {}),
    ...(ephemeral ? { ephemeral: defaultEphemeral(ephemeral) } : {}),
    ...(emptyDir ? { emptyDir: defaultEmptyDir(emptyDir) } : {}),
    ...(image
      ? {
          image: withChanges(image, {
            pullPolicy: image.pullPolicy || (hasLatestTag(image.reference ?? '') ? 'Always' : 'IfNotPresent'),
          }),
        }
      : {}),
    ...rareSourceDefaults(volume),
  });
}

function defaultEmptyDir(source: NonNullable<IVolume['emptyDir']>): NonNullable<IVolume['emptyDir']> {
  const { sizeLimit } = source;
  if (sizeLimit === undefined || sizeLimit === null) return source;
  return withChanges(source, { sizeLimit: canonicalResources({ sizeLimit })?.sizeLimit ?? sizeLimit });
}

function defaultEphemeral(source: NonNullable<IVolume['ephemeral']>): NonNullable<IVolume['ephemeral']> {
  const template = source.volumeClaimTemplate;
  if (!template?.spec) return source;
  const spec = withChanges(template.spec, { volumeMode: template.spec.volumeMode ?? 'Filesystem' });
  return withChanges(source, { volumeClaimTemplate: withChanges(template, { spec }) });
}

type DownwardItems = NonNullable<IVolume['downwardAPI']>['items'];

function defaultDownwardItems(items: DownwardItems): DownwardItems {
  return mapShared(items, (item) => {
    const { fieldRef, resourceFieldRef } = item;
    return withChanges(item, {
      ...(fieldRef ? { fieldRef: withChanges(fieldRef, { apiVersion: fieldRef.apiVersion || 'v1' }) } : {}),
      ...(resourceFieldRef
        ? { resourceFieldRef: withChanges(resourceFieldRef, { divisor: String(resourceFieldRef.divisor ?? '0') }) }
        : {}),
    });
  });
}

function defaultDownward(source: NonNullable<IVolume['downwardAPI']>): NonNullable<IVolume['downwardAPI']> {
  return withChanges(source, {
    defaultMode: source.defaultMode ?? FILE_MODE,
    ...(source.items ? { items: defaultDownwardItems(source.items) } : {}),
  });
}

function defaultProjected(source: NonNullable<IVolume['projected']>): NonNullable<IVolume['projected']> {
  const sources = mapShared(source.sources, (projection) => {
    const { serviceAccountToken: token, downwardAPI } = projection;
    return withChanges(projection, {
      ...(token
        ? { serviceAccountToken: withChanges(token, { expirationSeconds: token.expirationSeconds ?? 3600 }) }
        : {}),
      ...(downwardAPI?.items
        ? { downwardAPI: withChanges(downwardAPI, { items: defaultDownwardItems(downwardAPI.items) }) }
        : {}),
    });
  });
  return withChanges(source, {
    defaultMode: source.defaultMode ?? FILE_MODE,
    ...(sources ? { sources } : {}),
  });
}

function rareSourceDefaults({ iscsi, rbd, azureDisk, scaleIO }: IVolume): Changes<IVolume> {
  return {
    ...(iscsi ? { iscsi: withChanges(iscsi, { iscsiInterface: iscsi.iscsiInterface || 'default' }) } : {}),
    ...(rbd
      ? {
          rbd: withChanges(rbd, {
            pool: rbd.pool || 'rbd',
            user: rbd.user || 'admin',
            keyring: rbd.keyring || '/etc/ceph/keyring',
          }),
        }
      : {}),
    ...(azureDisk
      ? {
          azureDisk: withChanges(azureDisk, {
            cachingMode: azureDisk.cachingMode ?? 'ReadWrite',
            kind: azureDisk.kind ?? 'Shared',
            fsType: azureDisk.fsType ?? 'ext4',
            readOnly: azureDisk.readOnly ?? false,
          }),
        }
      : {}),
    ...(scaleIO
      ? {
          scaleIO: withChanges(scaleIO, {
            storageMode: scaleIO.storageMode || 'ThinProvisioned',
            fsType: scaleIO.fsType || 'xfs',
          }),
        }
      : {}),
  };
}

const podContainers = new WeakMap<object, Container[]>();
const hostNetworkContainers = new WeakMap<object, Container[]>();

/**
 * SetDefaults_Pod: what a pod gets beyond its template. Requests come from limits, service links are on, and on the
 * host's network container ports are host ports. Changes `pod.spec`, in place on the pod alone.
 */
export function defaultPod(pod: Pod): void {
  if (typeof pod.spec !== 'object' || pod.spec === null) return;
  const spec = defaultPodSpec(pod.spec);
  const lists: Changes<PodSpec> = {};
  for (const name of ['containers', 'initContainers'] as const) {
    let list = once(podContainers, spec[name], (containers) => mapShared(containers, requestsFromLimits) ?? containers);
    if (spec.hostNetwork) {
      list = once(hostNetworkContainers, list, (containers) => mapShared(containers, hostPorts) ?? containers);
    }
    if (list) lists[name] = list;
  }
  pod.spec = withChanges(spec, { ...lists, enableServiceLinks: spec.enableServiceLinks ?? true });
}

function requestsFromLimits(container: Container): Container {
  const limits = container.resources?.limits;
  if (!limits) return container;
  const requests = { ...container.resources?.requests };
  let changed = container.resources?.requests === undefined;
  for (const name in limits) {
    if (requests[name] !== undefined) continue;
    requests[name] = limits[name] ?? '0';
    changed = true;
  }
  return changed ? { ...container, resources: { ...container.resources, requests } } : container;
}

function hostPorts(container: Container): Container {
  if (!container.ports) return container;
  return withChanges(container, {
    ports: mapShared(container.ports, (port) => withChanges(port, { hostPort: port.hostPort || port.containerPort })),
  });
}
