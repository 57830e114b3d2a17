import { forbidden, invalid, required, tooLong, type ApiError, type FieldProblem } from '../../machinery/api-error.ts';
import { decodeBase64, encodeBase64, utf8Bytes, utf8Text } from '../../machinery/base64.ts';
import { dataKeyProblems, MAX_DATA_BYTES } from '../../machinery/data-keys.ts';
import { deepEqual } from '../../machinery/equality.ts';
import type { Secret } from './types.ts';

/** Defaults, conversion and validation of Secrets (pkg/apis/core/v1/conversion.go, pkg/apis/core/validation). */

/** SetDefaults_Secret, and stringData becomes data. In place. */
export function applySecretDefaults(secret: Secret): void {
  secret.type ||= 'Opaque';
  if (!secret.stringData) return;
  const data = { ...secret.data };
  for (const key in secret.stringData) data[key] = encodeBase64(utf8Bytes(secret.stringData[key] ?? ''));
  if (Object.keys(data).length > 0) secret.data = data;
  delete secret.stringData;
}

/** Refuses values that are no base64, as the API server's decoder does before anything else. Names no value. */
export function checkData({ data }: Secret): ApiError | undefined {
  for (const key in data) {
    const decoded = decodeBase64(data[key] ?? '');
    if (decoded.ok) continue;
    const message = `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte ${decoded.offset}`;
    return { reason: 'BadRequest', message };
  }
  return undefined;
}

const SERVICE_ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

export function validateSecret(secret: Secret): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const data = secret.data ?? {};
  let total = 0;
  for (const [key, value] of Object.entries(data)) {
    for (const text of dataKeyProblems(key)) problems.push(invalid(`data[${key}]`, key, text));
    const decoded = decodeBase64(value);
    total += decoded.ok ? decoded.bytes.length : 0;
  }
  if (total > MAX_DATA_BYTES) problems.push(tooLong('data', MAX_DATA_BYTES));
  return [...problems, ...validateType(secret, data)];
}

function validateType({ type, metadata }: Secret, data: Record<string, string>): FieldProblem[] {
  const missing = (...keys: string[]) =>
    keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (metadata.annotations?.[SERVICE_ACCOUNT_ANNOTATION]) return [];
      return [required(`metadata.annotations[${SERVICE_ACCOUNT_ANNOTATION}]`)];
    case 'kubernetes.io/dockercfg':
      return validateJson(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return validateJson(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth': {
      const absent = missing('username', 'password');
      return absent.length === 2 ? absent : [];
    }
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')];
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key');
    default:
      return [];
  }
}

function validateJson(data: Record<string, string>, key: string): FieldProblem[] {
  const value = data[key];
  if (value === undefined) return [required(`data[${key}]`)];
  const decoded = decodeBase64(value);
  const problem = decoded.ok ? jsonProblem(utf8Text(decoded.bytes)) : undefined;
  return problem === undefined ? [] : [invalid(`data[${key}]`, '<secret contents redacted>', problem)];
}

/** What Go's decoder says of a text that is no JSON object; undefined when it is one. */
function jsonProblem(text: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    const first = text.trimStart()[0];
    if (first === undefined) return 'unexpected end of JSON input';
    if (/[[{"\d-]/.test(first)) return 'unexpected end of JSON input';
    return `invalid character '${first}' looking for beginning of value`;
  }
  if (typeof parsed === 'object' && !Array.isArray(parsed)) return undefined;
  const type = Array.isArray(parsed) ? 'array' : typeof parsed === 'boolean' ? 'bool' : typeof parsed;
  return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
}

const IMMUTABLE_WORDS = 'field is immutable when `immutable` is set';

export function validateSecretUpdate(secret: Secret, old: Secret): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (secret.type !== old.type) problems.push(invalid('type', secret.type, 'field is immutable'));
  if (!old.immutable) return problems;
  if (!secret.immutable) problems.push(forbidden('immutable', IMMUTABLE_WORDS));
  if (!deepEqual(secret.data ?? {}, old.data ?? {})) problems.push(forbidden('data', IMMUTABLE_WORDS));
  return problems;
}
