import { describe, expect, it } from 'vitest';
import { parseObjects } from '../support/model.ts';
import { kubeletModel, podWith } from './support.ts';

/** The problems that the API server names, without the words before them. */
function problems(container: string): string | undefined {
  const model = kubeletModel();
  let sentence: string | undefined;
  model.do((api) => {
    for (const object of parseObjects(podWith(`    ${container}`))) {
      const answer = api.create(object);
      if (!answer.ok) sentence = answer.error.message;
    }
  });
  return sentence?.replace('Pod "web" is invalid: ', '').replaceAll('spec.containers[0].', '');
}

const KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const NAME_RULE = "a valid environment variable name must consist only of printable ASCII characters other than '='";

describe('the variables a pod may ask for', () => {
  it.each([
    ['any printable name', 'env: [{name: "1 a.b-c$", value: x}]'],
    ['any printable prefix', 'envFrom: [{prefix: "1-", configMapRef: {name: map}}]'],
    ['a label by its key', `env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app.io/name']"}}}]`],
    ['a key of a file', 'env: [{name: A, valueFrom: {fileKeyRef: {volumeName: shared, path: a/b.env, key: A}}}]'],
    ['CPU in thousandths', 'env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}]'],
    ['huge pages', 'env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.hugepages-2Mi, divisor: 1Mi}}}]'],
  ])('%s', (_what, container) => {
    expect(problems(container)).toBeUndefined();
  });

  it.each([
    ['no name', 'env: [{name: "", value: x}]', 'env[0].name: Required value'],
    ['an equals sign', 'env: [{name: A=B, value: x}]', `env[0].name: Invalid value: "A=B": ${NAME_RULE}`],
    [
      'a value and a source',
      'env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]',
      'env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      'two sources',
      'env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: s, key: k}}}]',
      'env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time',
    ],
    [
      'no source',
      'env: [{name: A, valueFrom: {}}]',
      'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    ],
    [
      'a key that no ConfigMap can have',
      'env: [{name: A, valueFrom: {configMapKeyRef: {name: map, key: "a/b"}}}]',
      `env[0].valueFrom.configMapKeyRef.key: Invalid value: "a/b": ${KEY_RULE}`,
    ],
    [
      'no key',
      'env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: ""}}}]',
      'env[0].valueFrom.secretKeyRef.key: Required value',
    ],
    [
      'a field that is no variable',
      'env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}]',
      'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    ],
    [
      'a field that is none',
      'env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.nope}}}]',
      'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.nope": error converting fieldPath: field label not supported: metadata.nope',
    ],
    [
      'a divisor of CPU that is none',
      'env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 2m}}}]',
      'env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
    ],
    [
      'a file outside of its volume',
      'env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: ../a, key: A}}}]',
      'env[0].valueFrom.fileKeyRef.path: Invalid value: "../a": must not contain \'..\'',
    ],
    [
      'a file by its absolute path',
      'env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: /a, key: A}}}]',
      'env[0].valueFrom.fileKeyRef.path: Invalid value: "/a": must be a relative path',
    ],
    [
      'a whole source that is neither',
      'envFrom: [{prefix: a}]',
      'envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
    ],
    [
      'a prefix with an equals sign',
      'envFrom: [{prefix: a=, configMapRef: {name: map}}]',
      `envFrom[0].prefix: Invalid value: "a=": ${NAME_RULE}`,
    ],
  ])('are refused: %s', (_what, container, expected) => {
    expect(problems(container)).toBe(expected);
  });
});
