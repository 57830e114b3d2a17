import { stringify } from 'yaml';
import type { KubeObject, StringMap } from '../machinery/object.ts';
import { kindKey } from '../machinery/kind.ts';

/** What stands in the place of a Secret's values for those who may not see them. */
export const MASK = '******';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * An object as the outside may see it: without the simulated machinery's memory and managed fields, and with the values
 * of Secrets masked unless they are to be `revealed` (see mayReadAll). Everything that shows whole objects or parts found
 * by path (manifests, diffs, changed paths) goes through here.
 */
export function publicObject(object: KubeObject, revealed = false): KubeObject {
  const { runtime: _runtime, metadata, ...rest } = object;
  const { managedFields: _managedFields, ...shown } = metadata;
  const visible: KubeObject = { ...rest, metadata: shown };
  if (revealed || kindKey(object.apiVersion, object.kind) !== 'Secret') return visible;
  const secret = visible as KubeObject & { data?: StringMap; stringData?: StringMap };
  if (secret.data) secret.data = masked(secret.data);
  if (secret.stringData) secret.stringData = masked(secret.stringData);
  if (shown.annotations) visible.metadata = { ...shown, annotations: publicAnnotations(object) };
  return secret;
}

/** The annotations of an object; a Secret's last applied configuration holds its values, so it is masked. */
export function publicAnnotations(object: KubeObject, revealed = false): StringMap {
  const annotations = object.metadata.annotations ?? {};
  if (revealed) return annotations;
  if (kindKey(object.apiVersion, object.kind) !== 'Secret' || !(LAST_APPLIED in annotations)) return annotations;
  return { ...annotations, [LAST_APPLIED]: MASK };
}

function masked(values: StringMap): StringMap {
  return Object.fromEntries(Object.keys(values).map((key) => [key, MASK]));
}

/** Objects share equal parts in memory; a manifest writes them out each time, as kubectl does. */
const YAML_OPTIONS = {
  sortMapEntries: true,
  indentSeq: false,
  lineWidth: 0,
  version: '1.1',
  aliasDuplicateObjects: false,
} as const;

/** `kubectl get -o yaml` (keys sorted, lists not indented) or `-o json`. */
export function manifestText(object: KubeObject, format: 'YAML' | 'JSON', revealed = false): string {
  const visible = publicObject(object, revealed);
  if (format === 'JSON') return `${JSON.stringify(visible, null, 4)}\n`;
  return stringify(visible, YAML_OPTIONS);
}

export interface FieldDifference {
  path: string;
  before: unknown;
  after: unknown;
}

/** The fields in which two states of an object differ, `metadata.resourceVersion` and generation aside. */
export function differences(
  before: KubeObject | undefined,
  after: KubeObject | undefined,
  limit = 200,
): FieldDifference[] {
  const found: FieldDifference[] = [];
  compare(before && comparable(before), after && comparable(after), '', found, limit);
  if (before && after) markSecretChanges(before, after, found);
  return found;
}

function comparable(object: KubeObject): unknown {
  const visible = publicObject(object);
  const { resourceVersion: _version, generation: _generation, ...metadata } = visible.metadata;
  return { ...visible, metadata };
}

/** Masked values look alike, so that a changed value of a Secret must be found behind the mask. */
function markSecretChanges(before: KubeObject, after: KubeObject, found: FieldDifference[]): void {
  if (kindKey(after.apiVersion, after.kind) !== 'Secret') return;
  const old = (before as KubeObject & { data?: StringMap }).data ?? {};
  const next = (after as KubeObject & { data?: StringMap }).data ?? {};
  for (const key of Object.keys(next)) {
    if (key in old && old[key] !== next[key]) found.push({ path: `data.${key}`, before: MASK, after: MASK });
  }
}

function compare(before: unknown, after: unknown, path: string, found: FieldDifference[], limit: number): void {
  if (before === after || found.length >= limit) return;
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(before[key], after[key], path ? `${path}.${pathKey(key)}` : key, found, limit);
    }
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      compare(before[index], after[index], `${path}[${index}]`, found, limit);
    }
    return;
  }
  found.push({ path, before, after });
}

function pathKey(key: string): string {
  return /[./]/.test(key) ? `"${key}"` : key;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
