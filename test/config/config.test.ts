import { describe, expect, it } from 'vitest';
import { configMap as configMapDefinition } from '../../src/kinds/configmap/definition.ts';
import { configMapUsers } from '../../src/kinds/configmap/queries.ts';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { pod } from '../../src/kinds/pod/definition.ts';
import { secret as secretDefinition } from '../../src/kinds/secret/definition.ts';
import { secretKeys, secretUsers } from '../../src/kinds/secret/queries.ts';
import { Secret } from '../../src/kinds/secret/types.ts';
import { Registry } from '../../src/engine/registry.ts';
import { decodeBase64, encodeBase64, utf8Bytes, utf8Length } from '../../src/machinery/base64.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { doIt, Model } from '../support/model.ts';

function shelf(): Model {
  const stillPod = { ...pod, controllers: [], plugins: [] };
  const kinds = [namespace, stillPod, configMapDefinition, secretDefinition, event];
  return new Model({ registry: new Registry(kinds, [], [doIt]) });
}

function configMap(content: Record<string, unknown>): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'it', namespace: 'default' },
    ...content,
  };
}

function secret(content: Record<string, unknown>, metadata: Record<string, unknown> = {}): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'it', namespace: 'default', ...metadata },
    ...content,
  };
}

const b64 = (text: string) => encodeBase64(utf8Bytes(text));
const KEY_WORDS =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/** Changes an object through the API and returns the refusal, if any. */
function change(
  model: Model,
  kind: typeof ConfigMap | typeof Secret,
  content: Record<string, unknown>,
): string | undefined {
  let refusal: string | undefined;
  model.do((api) => {
    const old = api.get<ConfigMap | Secret>(kind, 'default', 'it')!;
    const answer = api.update({ ...old, ...content });
    if (!answer.ok) refusal = answer.error.message;
  });
  return refusal;
}

describe('a ConfigMap', () => {
  const refused: [string, Record<string, unknown>, string][] = [
    ['an empty key', { data: { '': 'x' } }, `ConfigMap "it" is invalid: data[]: Invalid value: "": ${KEY_WORDS}`],
    [
      'a key with a space',
      { data: { 'a b': 'x' } },
      `ConfigMap "it" is invalid: data[a b]: Invalid value: "a b": ${KEY_WORDS}`,
    ],
    [
      'a key that leads upwards',
      { data: { '..a': 'x' } },
      `ConfigMap "it" is invalid: data[..a]: Invalid value: "..a": must not start with '..'`,
    ],
    [
      'a key in data and binaryData',
      { data: { a: 'x' }, binaryData: { a: 'eA==' } },
      'ConfigMap "it" is invalid: data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ],
    [
      'more than a mebibyte',
      { data: { a: 'x'.repeat(1_048_577) } },
      'ConfigMap "it" is invalid: []: Too long: may not be more than 1048576 bytes',
    ],
    [
      'binary data that is no base64',
      { binaryData: { a: 'abc' } },
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte 0',
    ],
  ];
  it.each(refused)('is refused with %s', (_what, content, message) => {
    expect(() => shelf().create(configMap(content))).toThrow(message);
  });

  it('may hold a mebibyte, counted in bytes and after decoding', () => {
    const model = shelf();
    model.create(configMap({ data: { a: 'ä'.repeat(262_144) }, binaryData: { b: b64('x'.repeat(524_288)) } }));
    expect(change(model, ConfigMap, { data: { a: 'ä'.repeat(262_145) } })).toContain('Too long');
  });

  it('does not change once it is immutable, but for its labels', () => {
    const model = shelf();
    model.create(configMap({ data: { a: 'x' }, immutable: true }));
    const words = 'field is immutable when `immutable` is set';
    expect(change(model, ConfigMap, { data: { a: 'y' } })).toBe(`ConfigMap "it" is invalid: data: Forbidden: ${words}`);
    expect(change(model, ConfigMap, { immutable: false })).toBe(
      `ConfigMap "it" is invalid: immutable: Forbidden: ${words}`,
    );
    expect(change(model, ConfigMap, { binaryData: { b: 'eA==' } })).toContain(`binaryData: Forbidden: ${words}`);
    const metadata = { ...model.view.get(ConfigMap, 'default', 'it')!.metadata, labels: { a: 'b' } };
    expect(change(model, ConfigMap, { metadata })).toBeUndefined();
  });
});

describe('a Secret', () => {
  it('is Opaque by default and keeps what it is given as text in base64', () => {
    const model = shelf();
    model.create(secret({ data: { a: b64('old'), b: b64('kept') }, stringData: { a: 'new' } }));
    const stored = model.view.get(Secret, 'default', 'it')!;
    expect([stored.type, stored.data, stored.stringData]).toEqual([
      'Opaque',
      { a: b64('new'), b: b64('kept') },
      undefined,
    ]);
    expect(secretKeys(stored)).toEqual(['a', 'b']);
  });

  const types: [string, Record<string, unknown>, string | undefined][] = [
    ['kubernetes.io/tls', { 'tls.crt': '' }, 'data[tls.key]: Required value'],
    ['kubernetes.io/tls', { 'tls.crt': '', 'tls.key': '' }, undefined],
    ['kubernetes.io/basic-auth', {}, '[data[username]: Required value, data[password]: Required value]'],
    ['kubernetes.io/basic-auth', { username: '' }, undefined],
    ['kubernetes.io/ssh-auth', { 'ssh-privatekey': '' }, 'data[ssh-privatekey]: Required value'],
    ['kubernetes.io/dockerconfigjson', {}, 'data[.dockerconfigjson]: Required value'],
    [
      'kubernetes.io/dockerconfigjson',
      { '.dockerconfigjson': b64('bad') },
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'b\' looking for beginning of value',
    ],
    ['kubernetes.io/dockercfg', { '.dockercfg': b64('{}') }, undefined],
    [
      'kubernetes.io/service-account-token',
      {},
      'metadata.annotations[kubernetes.io/service-account.name]: Required value',
    ],
    ['example.com/own', {}, undefined],
  ];
  it.each(types)('of type %s with %j is refused with %s', (type, data, message) => {
    let refusal: string | undefined;
    shelf().do((api) => {
      const answer = api.create(secret({ type, data }));
      if (!answer.ok) refusal = answer.error.message;
    });
    expect(refusal).toBe(message && `Secret "it" is invalid: ${message}`);
  });

  it('keeps its type, and its data once it is immutable', () => {
    const model = shelf();
    model.create(secret({ data: { a: b64('x') }, immutable: true }));
    expect(change(model, Secret, { type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } })).toContain(
      'type: Invalid value: "kubernetes.io/tls": field is immutable',
    );
    expect(change(model, Secret, { data: {} })).toBe(
      'Secret "it" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    );
  });

  it('is refused with the place where its base64 breaks, and never its value', () => {
    expect(() => shelf().create(secret({ data: { a: 'c2VjcmV0!' } }))).toThrow(
      'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 8',
    );
  });
});

describe('who uses a ConfigMap and a Secret', () => {
  it('is told from environments and volumes', () => {
    const model = shelf();
    const spec = {
      containers: [{ name: 'a', image: 'a:1', envFrom: [{ configMapRef: { name: 'it' } }] }],
      volumes: [{ name: 'v', secret: { secretName: 'it' } }],
    };
    const other = { containers: [{ name: 'a', image: 'a:1' }] };
    model.create(
      configMap({}),
      secret({}),
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'user' }, spec },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'other' }, spec: other },
    );
    const names = (pods: readonly { metadata: { name: string } }[]) => pods.map(({ metadata }) => metadata.name);
    expect(names(configMapUsers(model.view, model.view.get(ConfigMap, 'default', 'it')!))).toEqual(['user']);
    expect(names(secretUsers(model.view, model.view.get(Secret, 'default', 'it')!))).toEqual(['user']);
  });
});

describe('base64', () => {
  it.each(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar', 'ä€😀'])('reads back what it wrote of %j', (text) => {
    const decoded = decodeBase64(b64(text));
    expect(decoded.ok && new TextDecoder().decode(decoded.bytes)).toBe(text);
    expect(b64(text)).toBe(Buffer.from(text).toString('base64'));
    expect(utf8Length(text)).toBe(Buffer.byteLength(text));
  });

  it.each([
    ['!!!!', 0],
    ['====', 0],
    ['x===', 1],
    ['AAA=AAAA', 4],
    ['AAAAA', 4],
    ['A', 0],
    ['AA', 0],
    ['AA=', 3],
    ['AAAA=', 4],
  ])('names the place where %j breaks', (text, offset) => {
    expect(decodeBase64(text)).toEqual({ ok: false, offset });
  });
});
