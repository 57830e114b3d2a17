import { describe, expect, it } from 'vitest';
import { Node } from '../../src/kinds/node/types.ts';
import { configMap, env, kubeletModel, podNamed, podWith, seconds, secret, statusOf, variables } from './support.ts';

const MAP = configMap('map', { REPLACE_ME: 'FROM_CONFIG_MAP', DUPE_TEST: 'CONFIG_MAP' });
const SECRET = secret('sealed', { REPLACE_ME: 'FROM_SECRET', DUPE_TEST: 'SECRET' });

/** The environment of a container of its own, started with the objects given. */
function started(container: string, ...objects: object[]): string[] {
  const model = kubeletModel();
  model.create(...(objects as []), podWith(container));
  seconds(model, 5);
  expect(statusOf(model)).toBe('Running');
  return env(model);
}

describe('the variables of a container', () => {
  it.each<[string, string, object[], string[]]>([
    ['are those it lists, in their order', 'env: [{name: B, value: "2"}, {name: A, value: "1"}]', [], ['B=2', 'A=1']],
    ['may be empty', 'env: [{name: A, value: ""}, {name: B}]', [], ['A=', 'B=']],
    [
      'count where they are listed last',
      'env: [{name: A, value: "1"}, {name: B, value: b}, {name: A, value: "2"}]',
      [],
      ['B=b', 'A=2'],
    ],
    [
      'may use those before them, not those after them',
      `env:
    - {name: TEST_LITERAL, value: test-test-test}
    - {name: OUT_OF_ORDER_TEST, value: $(OUT_OF_ORDER_TARGET)}
    - {name: OUT_OF_ORDER_TARGET, value: FOO}
    - {name: EMPTY_VAR}
    - {name: EMPTY_TEST, value: foo-$(EMPTY_VAR)}
    - {name: LITERAL_TEST, value: literal-$(TEST_LITERAL)}
    - {name: TEST_UNDEFINED, value: $(UNDEFINED_VAR)}
    - {name: ESCAPED, value: $$(TEST_LITERAL)}`,
      [],
      [
        'TEST_LITERAL=test-test-test',
        'OUT_OF_ORDER_TEST=$(OUT_OF_ORDER_TARGET)',
        'OUT_OF_ORDER_TARGET=FOO',
        'EMPTY_VAR=',
        'EMPTY_TEST=foo-',
        'LITERAL_TEST=literal-test-test-test',
        'TEST_UNDEFINED=$(UNDEFINED_VAR)',
        'ESCAPED=$(TEST_LITERAL)',
      ],
    ],
    [
      'may be all keys of a ConfigMap, once more with a prefix, which those it lists replace and use',
      `envFrom: [{configMapRef: {name: map}}, {prefix: p_, configMapRef: {name: map}}]
    env: [{name: EXPANSION_TEST, value: $(REPLACE_ME)}, {name: DUPE_TEST, value: ENV_VAR}]`,
      [MAP],
      [
        'REPLACE_ME=FROM_CONFIG_MAP',
        'p_DUPE_TEST=CONFIG_MAP',
        'p_REPLACE_ME=FROM_CONFIG_MAP',
        'EXPANSION_TEST=FROM_CONFIG_MAP',
        'DUPE_TEST=ENV_VAR',
      ],
    ],
    [
      'may have a prefix that begins with a digit',
      'envFrom: [{prefix: 1_, configMapRef: {name: map}}]',
      [MAP],
      ['1_DUPE_TEST=CONFIG_MAP', '1_REPLACE_ME=FROM_CONFIG_MAP'],
    ],
    [
      'may be named by any key: no key is left out',
      'envFrom: [{prefix: p_, configMapRef: {name: odd}}, {configMapRef: {name: odd}}]',
      [configMap('odd', { '1234.name': 'abc', 'with-dash': 'x', constructor: 'c' })],
      ['p_1234.name=abc', 'p_constructor=c', 'p_with-dash=x', '1234.name=abc', 'constructor=c', 'with-dash=x'],
    ],
    [
      'are those of the last source that has them',
      'envFrom: [{secretRef: {name: sealed}}, {configMapRef: {name: map}}]',
      [SECRET, MAP],
      ['DUPE_TEST=CONFIG_MAP', 'REPLACE_ME=FROM_CONFIG_MAP'],
    ],
    [
      'may be all keys of a Secret',
      'envFrom: [{secretRef: {name: sealed}}]',
      [SECRET],
      ['DUPE_TEST=SECRET', 'REPLACE_ME=FROM_SECRET'],
    ],
    [
      'may be single keys',
      `env:
    - {name: A, valueFrom: {configMapKeyRef: {name: map, key: REPLACE_ME}}}
    - {name: B, valueFrom: {secretKeyRef: {name: sealed, key: REPLACE_ME}}}
    - {name: C, value: $(A)/$(B)}`,
      [MAP, SECRET],
      ['A=FROM_CONFIG_MAP', 'B=FROM_SECRET', 'C=FROM_CONFIG_MAP/FROM_SECRET'],
    ],
    [
      'leave out what is optional and not there: objects and keys',
      `envFrom: [{configMapRef: {name: none, optional: true}}, {secretRef: {name: none, optional: true}}]
    env:
    - {name: A, valueFrom: {configMapKeyRef: {name: none, key: a, optional: true}}}
    - {name: B, valueFrom: {configMapKeyRef: {name: map, key: a, optional: true}}}
    - {name: C, valueFrom: {secretKeyRef: {name: none, key: a, optional: true}}}
    - {name: D, valueFrom: {secretKeyRef: {name: sealed, key: a, optional: true}}}
    - {name: E, value: e}`,
      [MAP, SECRET],
      ['E=e'],
    ],
    [
      'never come from binary data',
      'envFrom: [{configMapRef: {name: both}}]',
      [configMap('both', { TEXT: 't' }, { binaryData: { BYTES: 'AAEC' } })],
      ['TEXT=t'],
    ],
    [
      'may be fields of the pod',
      `env:
    - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: TIER, valueFrom: {fieldRef: {fieldPath: "metadata.labels['tier']"}}}
    - {name: NOTE, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['note']"}}}
    - {name: NONE, valueFrom: {fieldRef: {fieldPath: "metadata.labels['none']"}}}
    - {name: WHO, value: $(NAMESPACE)/$(NAME)}`,
      [],
      ['NAME=web', 'NAMESPACE=default', 'NODE=node-1', 'TIER=front', 'NOTE=first', 'NONE=', 'WHO=default/web'],
    ],
    [
      'may be resources, rounded up to whole divisors',
      `resources: {requests: {cpu: 250m, memory: 32Mi, ephemeral-storage: 1Gi}, limits: {cpu: 1500m, memory: 100M}}
    env:
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: MILLIS, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
    - {name: ASKED, valueFrom: {resourceFieldRef: {resource: requests.cpu}}}
    - {name: BYTES, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
    - {name: MEBIBYTES, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: ASKED_MEBIBYTES, valueFrom: {resourceFieldRef: {resource: requests.memory, divisor: 1Mi}}}
    - {name: DISK, valueFrom: {resourceFieldRef: {resource: requests.ephemeral-storage, divisor: 1Mi}}}`,
      [],
      ['CPU=2', 'MILLIS=1500', 'ASKED=1', 'BYTES=100000000', 'MEBIBYTES=96', 'ASKED_MEBIBYTES=32', 'DISK=1024'],
    ],
  ])('%s', (_rule, container, objects, expected) => {
    expect(started(`    ${container}`, ...objects)).toEqual(expected);
  });

  it('know the addresses of the pod and its node, its uid and its account', () => {
    const model = kubeletModel();
    model.create(
      'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n',
      podWith(
        `    env:
    - {name: ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
    - {name: POD, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: PODS, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}
    - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
    - {name: HOSTS, valueFrom: {fieldRef: {fieldPath: status.hostIPs}}}
    - {name: UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}`,
        '  serviceAccountName: robot',
      ),
    );
    seconds(model, 5);
    const { status, metadata } = podNamed(model)!;
    expect(status.podIP).toMatch(/^10\./);
    expect(env(model)).toEqual([
      'ACCOUNT=robot',
      `POD=${status.podIP}`,
      `PODS=${status.podIP}`,
      `HOST=${status.hostIP ?? ''}`,
      `HOSTS=${status.hostIP ?? ''}`,
      `UID=${metadata.uid}`,
    ]);
  });

  const LIMITS = `    env:
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: ASKED, valueFrom: {resourceFieldRef: {resource: requests.cpu}}}`;

  it('have the limits that the node gives where the container has none', () => {
    const model = kubeletModel();
    model.do((api) => {
      const node = api.get(Node, undefined, 'node-1')!;
      api.updateStatus<Node>({
        ...node,
        status: { ...node.status, allocatable: { ...node.status.allocatable, cpu: '3500m', memory: '4Gi' } },
      });
    });
    model.create(podWith(LIMITS));
    seconds(model, 5);
    expect(env(model)).toEqual(['CPU=4', 'MEMORY=4096', 'ASKED=0']);
  });

  it("have the pod's own limits before those of the node", () => {
    const model = kubeletModel();
    model.create(podWith(LIMITS, '  resources: {limits: {cpu: "1", memory: 1Gi}}'));
    seconds(model, 5);
    expect(env(model)).toEqual(['CPU=1', 'MEMORY=1024', 'ASKED=0']);
  });

  it('say where each comes from', () => {
    const model = kubeletModel();
    model.create(
      MAP,
      SECRET,
      podWith(`    envFrom: [{prefix: p_, configMapRef: {name: map}}]
    env:
    - {name: SEALED, valueFrom: {secretKeyRef: {name: sealed, key: REPLACE_ME}}}
    - {name: FIELD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: AMOUNT, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: DERIVED, value: $(SEALED)!}
    - {name: TWICE, value: $(DERIVED)$(p_DUPE_TEST)}`),
    );
    seconds(model, 5);
    const found = Object.fromEntries(variables(model).map((variable) => [variable.name, variable]));
    expect(found['p_DUPE_TEST']).toMatchObject({
      origin: { type: 'CONFIG_MAP', name: 'map', key: 'DUPE_TEST' },
      secrets: [],
    });
    expect(found['SEALED']).toMatchObject({
      origin: { type: 'SECRET', name: 'sealed', key: 'REPLACE_ME' },
      secrets: ['sealed'],
    });
    expect(found['FIELD']?.origin).toEqual({ type: 'FIELD', path: 'metadata.name' });
    expect(found['AMOUNT']?.origin).toEqual({ type: 'RESOURCE', resource: 'limits.cpu' });
    expect(found['DERIVED']).toMatchObject({ origin: { type: 'LITERAL' }, secrets: ['sealed'] });
    expect(found['TWICE']).toMatchObject({ value: 'FROM_SECRET!CONFIG_MAP', secrets: ['sealed'] });
  });
});
