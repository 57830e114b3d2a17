import { describe, expect, it } from 'vitest';
import { kubernetesSchema } from '../../src/machinery/schema/kubernetes-schema.ts';
import { readObject } from '../../src/machinery/schema/read-object.ts';

function read(object: { apiVersion: string; kind: string } & Record<string, unknown>) {
  const schema = kubernetesSchema(object.apiVersion, object.kind);
  if (!schema) throw new Error(`no schema of ${object.kind}`);
  return readObject(object, schema);
}

const deployment = (spec: Record<string, unknown>) => ({ apiVersion: 'apps/v1', kind: 'Deployment', spec });
const pod = (spec: Record<string, unknown>) => ({ apiVersion: 'v1', kind: 'Pod', spec });
const container = (fields: Record<string, unknown>) => pod({ containers: [{ name: 'web', ...fields }] });
const QUANTITY_WORDS = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

describe('a value of a wrong type', () => {
  it.each([
    [
      'text for a number',
      deployment({ replicas: '3' }),
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a fraction for a whole number',
      deployment({ replicas: 1.5 }),
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a number beyond 32 bits',
      deployment({ replicas: 3_000_000_000 }),
      'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a number for the value of a variable',
      container({ env: [{ name: 'PORT', value: 8080 }] }),
      'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      'a boolean for a label',
      { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { ready: true } } },
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'a map for a list',
      pod({ containers: { name: 'web' } }),
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      'a list for a map',
      { apiVersion: 'v1', kind: 'Service', spec: { selector: ['app'] } },
      'json: cannot unmarshal array into Go struct field ServiceSpec.spec.selector of type map[string]string',
    ],
    [
      'text for a struct',
      container({ resources: 'small' }),
      'json: cannot unmarshal string into Go struct field Container.spec.containers.resources of type v1.ResourceRequirements',
    ],
    ['a quantity that is none', container({ resources: { limits: { cpu: 'lots' } } }), QUANTITY_WORDS],
    ['a boolean for a quantity', container({ resources: { limits: { cpu: true } } }), QUANTITY_WORDS],
    [
      'a boolean for a port or its name',
      { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 80, targetPort: true }] } },
      'json: cannot unmarshal bool into Go value of type int32',
    ],
    [
      'data of a Secret that is no base64',
      { apiVersion: 'v1', kind: 'Secret', data: { password: 'hunter2!' } },
      'illegal base64 data at input byte 7',
    ],
  ])('is refused in the words of the decoder: %s', (_, object, sentence) => {
    expect(read(object).error).toBe(sentence);
  });

  it.each([
    ['a number as a quantity', container({ resources: { limits: { cpu: 2, memory: '1Gi' } } })],
    [
      'a port by name or number',
      { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 80, targetPort: 'http' }] } },
    ],
    ['null for anything', pod({ containers: null, nodeSelector: null })],
    ['empty base64', { apiVersion: 'v1', kind: 'Secret', data: { a: '', b: 'aGk=' } }],
  ])('is none: %s', (_, object) => {
    expect(read(object)).toMatchObject({ unknown: [] });
    expect(read(object).error).toBeUndefined();
  });
});

describe('a field that its type does not have', () => {
  it('is dropped and named with its path', () => {
    const result = read(container({ imagePullPolicyy: 'Always', image: 'nginx' }));
    expect(result.unknown).toEqual(['unknown field "spec.containers[0].imagePullPolicyy"']);
    expect(result.object).toEqual(container({ image: 'nginx' }));
  });

  it.each([
    ['at the top', { ...deployment({}), specc: {} }, 'unknown field "specc"'],
    ['in the spec', deployment({ replica: 2 }), 'unknown field "spec.replica"'],
    ['in metadata', { ...pod({}), metadata: { lables: {} } }, 'unknown field "metadata.lables"'],
    ['in another case', deployment({ Replicas: 2 }), 'unknown field "spec.Replicas"'],
  ])('is told whatever it stands in: %s', (_, object, sentence) => {
    expect(read(object).unknown).toEqual([sentence]);
  });

  it('is not an empty list or map, which is as good as none', () => {
    const object = { ...container({ args: [], resources: {} }), metadata: { name: 'p', labels: {} } };
    expect(read(object)).toEqual({ object: { ...container({ resources: {} }), metadata: { name: 'p' } }, unknown: [] });
  });

  it('has no part in objects that are right, which are not copied', () => {
    const object = container({ image: 'nginx' });
    expect(read(object).object).toBe(object);
  });
});
