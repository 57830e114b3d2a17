import type { IVolume } from 'kubernetes-models/v1/Volume';
import {
  duplicate,
  forbidden,
  invalid,
  notFoundField,
  notSupported,
  required,
  type FieldProblem,
} from '../../machinery/api-error.ts';
import { dns1123SubdomainProblems } from '../../machinery/metadata-validation.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import {
  validateDnsLabel,
  validateLocalDescendingPath,
  validateLocalNonReservedPath,
  validateNoBacksteps,
} from './field-rules.ts';
import { validateFieldReference, validateResourceReference } from './validate-environment.ts';
import type { Container } from './types.ts';

/** Rules of volumes and of where containers mount them. Source: pkg/apis/core/validation/validation.go (ValidateVolumes). */

const FILE_MODE_WORDS = 'must be a number between 0 and 0777 (octal), both inclusive';
const DOWNWARD_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** `podName` checks the names of the claims of generic ephemeral volumes; undefined in a template. */
export function validateVolumes(
  volumes: readonly IVolume[] | undefined,
  podName: string | undefined,
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  for (const [index, volume] of (volumes ?? []).entries()) {
    const at = `${path}[${index}]`;
    const source = validateSource(volume, podName, at);
    if (!volume.name) source.push(required(`${at}.name`));
    else {
      source.push(...validateDnsLabel(volume.name, `${at}.name`));
      if (names.has(volume.name)) source.push(duplicate(`${at}.name`, volume.name));
      else if (source.length === 0) names.add(volume.name);
    }
    problems.push(...source);
  }
  return problems;
}

function validateSource(volume: IVolume, podName: string | undefined, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  let found = false;
  for (const [name, source] of Object.entries(volume) as [keyof IVolume, unknown][]) {
    if (name === 'name' || source === undefined || source === null) continue;
    if (found) problems.push(forbidden(`${path}.${name}`, 'may not specify more than 1 volume type'));
    else problems.push(...validateOneSource(name, volume, podName, `${path}.${name}`, path));
    found = true;
  }
  if (!found) problems.push(required(path, 'must specify a volume type'));
  return problems;
}

function validateOneSource(
  name: keyof IVolume,
  volume: IVolume,
  podName: string | undefined,
  at: string,
  volumePath: string,
): FieldProblem[] {
  switch (name) {
    case 'emptyDir': {
      const limit = volume.emptyDir?.sizeLimit;
      const negative = limit !== undefined && (parseQuantity(limit) ?? 0) < 0;
      return negative ? [forbidden(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')] : [];
    }
    case 'hostPath':
      return validateHostPath(volume.hostPath, at);
    case 'secret':
      return [
        ...(volume.secret?.secretName ? [] : [required(`${at}.secretName`)]),
        ...validateMode(volume.secret?.defaultMode, `${at}.defaultMode`),
        ...validateItems(volume.secret?.items, `${at}.items`),
      ];
    case 'configMap':
      return [
        ...(volume.configMap?.name ? [] : [required(`${at}.name`)]),
        ...validateMode(volume.configMap?.defaultMode, `${at}.defaultMode`),
        ...validateItems(volume.configMap?.items, `${at}.items`),
      ];
    case 'persistentVolumeClaim':
      return volume.persistentVolumeClaim?.claimName ? [] : [required(`${at}.claimName`)];
    case 'nfs':
      return validateNfs(volume.nfs, at);
    case 'downwardAPI':
      return [
        ...validateMode(volume.downwardAPI?.defaultMode, `${at}.defaultMode`),
        ...(volume.downwardAPI?.items ?? []).flatMap((file) => validateDownwardFile(file, at)),
      ];
    case 'projected':
      return [
        ...validateMode(volume.projected?.defaultMode, `${at}.defaultMode`),
        ...validateProjections(volume.projected, at),
      ];
    case 'ephemeral':
      return validateEphemeral(volume, podName, at, volumePath);
    case 'csi':
      return volume.csi?.driver ? [] : [required(`${at}.driver`)];
    default:
      return [];
  }
}

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

function validateHostPath(source: IVolume['hostPath'], path: string): FieldProblem[] {
  if (!source?.path) return [required(`${path}.path`)];
  const problems = validateNoBacksteps(source.path, `${path}.path`);
  if (source.type !== undefined && !HOST_PATH_TYPES.includes(source.type)) {
    problems.push(notSupported(`${path}.type`, source.type, HOST_PATH_TYPES));
  }
  return problems;
}

function validateNfs(source: IVolume['nfs'], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!source?.server) problems.push(required(`${path}.server`));
  if (!source?.path) problems.push(required(`${path}.path`));
  if (!source?.path?.startsWith('/')) {
    problems.push(invalid(`${path}.path`, source?.path ?? '', 'must be an absolute path'));
  }
  return problems;
}

function validateMode(mode: number | undefined, path: string): FieldProblem[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(path, mode, FILE_MODE_WORDS)] : [];
}

type Items = NonNullable<IVolume['configMap']>['items'];

function validateItems(items: Items, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, item] of (items ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (!item.key) problems.push(required(`${at}.key`));
    if (!item.path) problems.push(required(`${at}.path`));
    problems.push(
      ...validateLocalNonReservedPath(item.path ?? '', `${at}.path`),
      ...validateMode(item.mode, `${at}.mode`),
    );
  }
  return problems;
}

type DownwardFile = NonNullable<NonNullable<IVolume['downwardAPI']>['items']>[number];

function validateDownwardFile(file: DownwardFile, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!file.path) problems.push(required(`${path}.path`));
  problems.push(...validateLocalNonReservedPath(file.path ?? '', `${path}.path`));
  if (file.fieldRef) {
    problems.push(...validateFieldReference(file.fieldRef, DOWNWARD_FIELDS, `${path}.fieldRef`));
    if (file.resourceFieldRef) {
      problems.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
  } else if (file.resourceFieldRef) {
    problems.push(...validateResourceReference(file.resourceFieldRef, `${path}.resourceFieldRef`, true));
  } else {
    problems.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  problems.push(...validateMode(file.mode, `${path}.mode`));
  return problems;
}

function validateProjections(projected: IVolume['projected'], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const paths = new Set<string>();
  const claim = (target: string | undefined, value: unknown) => {
    if (!target) return;
    if (paths.has(target)) problems.push(invalid(path, value, 'conflicting duplicate paths'));
    paths.add(target);
  };
  for (const [index, source] of (projected?.sources ?? []).entries()) {
    const at = `${path}.sources[${index}]`;
    for (const name of ['secret', 'configMap'] as const) {
      const part = source[name];
      if (!part) continue;
      if (!part.name) problems.push(required(`${at}.${name}.name`));
      problems.push(...validateItems(part.items, `${at}.${name}.items`));
      for (const item of part.items ?? []) claim(item.path, part.name);
    }
    for (const file of source.downwardAPI?.items ?? []) {
      problems.push(...validateDownwardFile(file, `${at}.downwardAPI`));
      claim(file.path, file.path);
    }
    problems.push(...validateToken(source.serviceAccountToken, at, path));
    if (Object.values(source).filter(Boolean).length > 1) {
      problems.push(forbidden(at, 'may not specify more than 1 volume type'));
    }
  }
  return problems;
}

type Token = NonNullable<NonNullable<IVolume['projected']>['sources']>[number]['serviceAccountToken'];

function validateToken(token: Token, sourcePath: string, path: string): FieldProblem[] {
  if (!token) return [];
  const seconds = token.expirationSeconds ?? 0;
  const at = `${sourcePath}.serviceAccountToken.expirationSeconds`;
  const problems: FieldProblem[] = [];
  if (seconds < 600) problems.push(invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32) problems.push(invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (!token.path) problems.push(required(`${path}.path`));
  else problems.push(...validateLocalNonReservedPath(token.path, `${path}.path`));
  return problems;
}

function validateEphemeral(
  volume: IVolume,
  podName: string | undefined,
  at: string,
  volumePath: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (!template) return [required(`${at}.volumeClaimTemplate`)];
  if (!template.spec?.accessModes?.length) {
    problems.push(required(`${at}.volumeClaimTemplate.spec.accessModes`, 'at least 1 access mode is required'));
  }
  if (template.spec?.resources?.requests?.storage === undefined) {
    problems.push(required(`${at}.volumeClaimTemplate.spec.resources[storage]`));
  }
  if (podName && volume.name) {
    const claim = `${podName}-${volume.name}`;
    for (const text of dns1123SubdomainProblems(claim)) {
      problems.push(invalid(`${volumePath}.name`, volume.name, `PVC name ${JSON.stringify(claim)}: ${text}`));
    }
  }
  return problems;
}

/** ValidateVolumeMounts and ValidateVolumeDevices of one container. */
export function validateMounts(
  container: Container,
  volumes: ReadonlyMap<string, IVolume>,
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const devices = container.volumeDevices ?? [];
  const seen = new Set<string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}.volumeMounts[${index}]`;
    if (!mount.name) problems.push(required(`${at}.name`));
    if (!volumes.has(mount.name)) problems.push(notFoundField(`${at}.name`, mount.name));
    if (!mount.mountPath) problems.push(required(`${at}.mountPath`));
    if (seen.has(mount.mountPath)) problems.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    seen.add(mount.mountPath);
    if (devices.some((device) => device.name === mount.name)) {
      problems.push(invalid(`${at}.name`, mount.name, 'must not already exist in volumeDevices'));
    }
    if (mount.subPath) problems.push(...validateLocalDescendingPath(mount.subPath, `${path}.volumeMounts.subPath`));
    if (mount.subPathExpr) {
      if (mount.subPath) {
        const words = 'subPathExpr and subPath are mutually exclusive';
        problems.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, words));
      }
      problems.push(...validateLocalDescendingPath(mount.subPathExpr, `${path}.volumeMounts.subPathExpr`));
    }
  }
  return problems.concat(validateDevices(container, volumes, path));
}

function validateDevices(container: Container, volumes: ReadonlyMap<string, IVolume>, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [index, device] of (container.volumeDevices ?? []).entries()) {
    const at = `${path}.volumeDevices[${index}]`;
    const volume = volumes.get(device.name);
    if (!device.name) problems.push(required(`${at}.name`));
    if (names.has(device.name)) problems.push(invalid(`${at}.name`, device.name, 'must be unique'));
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
      const words = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      problems.push(invalid(`${at}.name`, device.name, words));
    }
    if (!volume) problems.push(notFoundField(`${at}.name`, device.name));
    if (!device.devicePath) problems.push(required(`${at}.devicePath`));
    if (paths.has(device.devicePath)) problems.push(invalid(`${at}.devicePath`, device.devicePath, 'must be unique'));
    names.add(device.name);
    paths.add(device.devicePath);
    if (container.volumeMounts?.some((mount) => mount.name === device.name)) {
      problems.push(invalid(`${at}.name`, device.name, 'must not already exist in volumeMounts'));
    }
  }
  return problems;
}
