import { forbidden, invalid, type ApiError, type FieldProblem } from '../../machinery/api-error.ts';
import { decodeBase64, utf8Length } from '../../machinery/base64.ts';
import { dataKeyProblems, MAX_DATA_BYTES } from '../../machinery/data-keys.ts';
import { deepEqual } from '../../machinery/equality.ts';
import type { ConfigMap } from './types.ts';

/** ValidateConfigMap and ValidateConfigMapUpdate (pkg/apis/core/validation/validation.go). */

/** Refuses values that are no base64, as the API server's decoder does before anything else. */
export function checkBinaryData({ binaryData }: ConfigMap): ApiError | undefined {
  for (const key in binaryData) {
    const decoded = decodeBase64(binaryData[key] ?? '');
    if (decoded.ok) continue;
    const message = `ConfigMap in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte ${decoded.offset}`;
    return { reason: 'BadRequest', message };
  }
  return undefined;
}

/** What the values of a ConfigMap weigh, in bytes: text as UTF-8, binary data decoded. */
export function dataBytes({ data = {}, binaryData = {} }: ConfigMap): number {
  let total = 0;
  for (const value of Object.values(data)) total += utf8Length(value);
  for (const value of Object.values(binaryData)) {
    const decoded = decodeBase64(value);
    total += decoded.ok ? decoded.bytes.length : 0;
  }
  return total;
}

export function validateConfigMap(configMap: ConfigMap): FieldProblem[] {
  const { data = {}, binaryData = {} } = configMap;
  const problems: FieldProblem[] = [];
  for (const key of Object.keys(data)) {
    for (const text of dataKeyProblems(key)) problems.push(invalid(`data[${key}]`, key, text));
    if (Object.hasOwn(binaryData, key)) {
      problems.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
  }
  for (const key of Object.keys(binaryData)) {
    for (const text of dataKeyProblems(key)) problems.push(invalid(`binaryData[${key}]`, key, text));
  }
  if (dataBytes(configMap) > MAX_DATA_BYTES) {
    const detail = `may not be more than ${MAX_DATA_BYTES} bytes`;
    problems.push({ type: 'FieldValueTooLong', field: '[]', detail });
  }
  return problems;
}

const IMMUTABLE_WORDS = 'field is immutable when `immutable` is set';

export function validateConfigMapUpdate(object: ConfigMap, old: ConfigMap): FieldProblem[] {
  if (!old.immutable) return [];
  const problems: FieldProblem[] = [];
  if (!object.immutable) problems.push(forbidden('immutable', IMMUTABLE_WORDS));
  if (!deepEqual(object.data ?? {}, old.data ?? {})) problems.push(forbidden('data', IMMUTABLE_WORDS));
  if (!deepEqual(object.binaryData ?? {}, old.binaryData ?? {})) {
    problems.push(forbidden('binaryData', IMMUTABLE_WORDS));
  }
  return problems;
}
