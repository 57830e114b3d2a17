import { describe, expect } from 'vitest';
import { environmentOf, expandWords } from '../../src/kinds/pod/environment.ts';
import { internalAddress, Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { wholeValue } from '../../src/machinery/quantity.ts';
import type { Model } from '../support/model.ts';
import { apply, cluster, found, MINUTE_MS } from './cluster.ts';
import { conformance } from './conformance.ts';

/** A pod of one container that ends, with the fields given. */
function pod(container: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  restartPolicy: Never
  containers:
  - name: c
    image: busybox
    command: [sh, -c, env]
${container}`;
}

/** What `env` prints in the container, by name. */
function environment(model: Model): Record<string, string | undefined> {
  const object = found(model, Pod, 'one');
  const { variables } = environmentOf(model.view, object, object.spec.containers[0]!);
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

function ran(container: string, ...objects: string[]): Model {
  const model = cluster();
  for (const object of objects) apply(model, object);
  apply(model, pod(container));
  model.run(MINUTE_MS);
  expect(found(model, Pod, 'one').status.phase).toBe('Succeeded');
  return model;
}

const MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {data-1: value-1, data_2: value-2}\n';
const SECRET =
  'apiVersion: v1\nkind: Secret\nmetadata: {name: sealed}\nstringData: {data-1: value-1, data_2: value-2}\n';

describe('ConfigMaps and Secrets as variables', () => {
  conformance('ConfigMap: from environment field', () => {
    const model = ran('    env: [{name: A, valueFrom: {configMapKeyRef: {name: map, key: data-1}}}]', MAP);
    expect(environment(model)['A']).toBe('value-1');
  });

  conformance('ConfigMap: from environment variables', () => {
    const model = ran('    envFrom: [{configMapRef: {name: map}}, {prefix: p-, configMapRef: {name: map}}]', MAP);
    expect(environment(model)).toMatchObject({
      'data-1': 'value-1',
      data_2: 'value-2',
      'p-data-1': 'value-1',
      'p-data_2': 'value-2',
    });
  });

  conformance('Secrets: pod environment field', () => {
    const model = ran('    env: [{name: A, valueFrom: {secretKeyRef: {name: sealed, key: data-1}}}]', SECRET);
    expect(environment(model)['A']).toBe('value-1');
  });

  conformance('Secrets: pod environment from source', () => {
    const model = ran('    envFrom: [{secretRef: {name: sealed}}, {prefix: p-, secretRef: {name: sealed}}]', SECRET);
    expect(environment(model)).toMatchObject({
      'data-1': 'value-1',
      data_2: 'value-2',
      'p-data-1': 'value-1',
      'p-data_2': 'value-2',
    });
  });
});

describe('The downward API as variables', () => {
  const field = (path: string) => `    env: [{name: A, valueFrom: {fieldRef: {fieldPath: ${path}}}}]`;
  const resources = ['limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']
    .map((resource) => `    - {name: ${resource}, valueFrom: {resourceFieldRef: {resource: ${resource}}}}\n`)
    .join('');

  conformance('DownwardAPI: environment for name, namespace and ip', () => {
    expect(environment(ran(field('metadata.name')))['A']).toBe('one');
    expect(environment(ran(field('metadata.namespace')))['A']).toBe('default');
    const model = ran(field('status.podIP'));
    expect(environment(model)['A']).toBe(found(model, Pod, 'one').status.podIP);
  });

  conformance('DownwardAPI: environment for host ip', () => {
    const model = ran(field('status.hostIP'));
    const node = found(model, Node, found(model, Pod, 'one').spec.nodeName ?? '');
    expect(environment(model)['A']).toBe(internalAddress(node));
  });

  conformance('DownwardAPI: environment for Pod UID', () => {
    const model = ran(field('metadata.uid'));
    expect(environment(model)['A']).toBe(found(model, Pod, 'one').metadata.uid);
  });

  conformance('DownwardAPI: environment for CPU and memory limits and requests', () => {
    const amounts = '{requests: {cpu: 250m, memory: 32Mi}, limits: {cpu: 1250m, memory: 64Mi}}';
    expect(environment(ran(`    resources: ${amounts}\n    env:\n${resources}`))).toMatchObject({
      'limits.cpu': '2',
      'limits.memory': '67108864',
      'requests.cpu': '1',
      'requests.memory': '33554432',
    });
  });

  conformance('DownwardAPI: environment for default CPU and memory limits and requests', () => {
    const model = ran(`    env:\n${resources}`);
    const { allocatable } = found(model, Node, found(model, Pod, 'one').spec.nodeName ?? '').status;
    expect(environment(model)).toMatchObject({
      'limits.cpu': String(wholeValue(allocatable?.['cpu'])),
      'limits.memory': String(wholeValue(allocatable?.['memory'])),
    });
  });
});

describe('References to variables', () => {
  conformance('Environment variables: expansion', () => {
    const model = ran(`    env:
    - {name: FOO, value: foo-value}
    - {name: BAR, value: bar-value}
    - {name: FOOBAR, value: $(FOO);;$(BAR)}`);
    expect(environment(model)).toMatchObject({ FOO: 'foo-value', BAR: 'bar-value', FOOBAR: 'foo-value;;bar-value' });
  });

  /** The words the process gets, and what it leaves in its termination log. */
  function commandLine(container: string): { words: string[]; message: string | undefined } {
    const model = cluster();
    const text = pod(`    env: [{name: TEST_VAR, value: test-value}]\n`).replace('command: [sh, -c, env]', container);
    apply(model, text);
    model.run(MINUTE_MS);
    const object = found(model, Pod, 'one');
    const [main] = object.spec.containers;
    const words = [...(main?.command ?? []), ...(main?.args ?? [])];
    return {
      words: expandWords(words, environmentOf(model.view, object, main!), '', () => true),
      message: object.status.containerStatuses?.[0]?.state?.terminated?.message,
    };
  }

  const SCRIPT = '"echo test-var=$(TEST_VAR) > /dev/termination-log"';

  conformance('Environment variables: command expansion', () => {
    const { words, message } = commandLine(`command: [sh, -c, ${SCRIPT}]`);
    expect(words[2]).toBe('echo test-var=test-value > /dev/termination-log');
    expect(message).toBe('test-var=test-value\n');
  });

  conformance('Environment variables: command argument expansion', () => {
    const { words, message } = commandLine(`command: [sh, -c]\n    args: [${SCRIPT}]`);
    expect(words[2]).toBe('echo test-var=test-value > /dev/termination-log');
    expect(message).toBe('test-var=test-value\n');
  });
});
