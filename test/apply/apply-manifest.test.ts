import { beforeEach, describe, expect, it } from 'vitest';
import type { ApplyManifestData, ApplyManifestInput, DocumentResult } from '../../src/machinery/apply/types.ts';
import type { CommandOutcome } from '../../src/machinery/controller.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { Model } from '../support/model.ts';

const SERVICE_ACCOUNT = 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n';
const ROLE =
  'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n';
const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, labels: {app: shop}}
spec: {podSelector: {}, policyTypes: [Ingress]}
`;

let model: Model;

beforeEach(() => {
  model = new Model();
  if (!model.view.listKey('Namespace').some(({ metadata }) => metadata.name === 'default')) {
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  }
});

function run(text: string, more: Partial<ApplyManifestInput> = {}, options = {}): CommandOutcome {
  const input: ApplyManifestInput = { documents: parseManifest(text), fieldManager: 'me', ...more };
  return model.command('applyManifest', input, options);
}

function apply(text: string, more: Partial<ApplyManifestInput> = {}): readonly DocumentResult[] {
  return (run(text, more).data as ApplyManifestData).documents;
}

function actions(results: readonly DocumentResult[]): string[] {
  return results.map(({ ref, action }) => `${ref} ${action}`);
}

function messages(results: readonly DocumentResult[]): string[] {
  return results.flatMap(({ errors }) => errors.map(({ message }) => message));
}

function stored(kindKey: string, name: string): KubeObject | undefined {
  return model.view.listKey(kindKey).find(({ metadata }) => metadata.name === name);
}

describe('applyManifest', () => {
  it('creates what is not there, changes what differs and leaves the rest', () => {
    expect(actions(apply(`${SERVICE_ACCOUNT}---\n${POLICY}`))).toEqual([
      'serviceaccount/robot CREATED',
      'networkpolicy.networking.k8s.io/deny CREATED',
    ]);
    const [first, second] = apply(`${SERVICE_ACCOUNT}---\n${POLICY.replace('[Ingress]', '[Ingress, Egress]')}`);
    expect(first).toMatchObject({ action: 'UNCHANGED', diff: [] });
    expect(second).toMatchObject({
      action: 'CONFIGURED',
      diff: [{ path: 'spec.policyTypes', before: ['Ingress'], after: ['Ingress', 'Egress'] }],
    });
    expect(stored('NetworkPolicy', 'deny')?.metadata.generation).toBe(2);
  });

  it('writes nothing when the same is applied again, also later', () => {
    apply(POLICY);
    model.run(60_000);
    const { revision } = model.view;
    expect(actions(apply(POLICY))).toEqual(['networkpolicy.networking.k8s.io/deny UNCHANGED']);
    expect(model.view.revision).toBe(revision);
  });

  it('removes a key that the manifest no longer has', () => {
    apply('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: "1", b: "2"}\n');
    const [result] = apply('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {b: "2"}\n');
    expect(result?.diff).toEqual([{ path: 'data.a', before: '1', after: null }]);
    expect(stored('ConfigMap', 'c')).toMatchObject({ data: { b: '2' } });
  });

  it('removes the last label', () => {
    apply(POLICY);
    expect(actions(apply(POLICY.replace(', labels: {app: shop}', '')))).toEqual([
      'networkpolicy.networking.k8s.io/deny CONFIGURED',
    ]);
    expect(stored('NetworkPolicy', 'deny')?.metadata.labels).toBeUndefined();
  });

  it('keeps index, line and namespace of each document', () => {
    const results = apply(`# two\n${SERVICE_ACCOUNT}---\n\n${ROLE}`, { namespace: 'default' });
    expect(results.map(({ index, line, object }) => [index, line, object?.namespace])).toEqual([
      [0, 2, 'default'],
      [1, 7, 'default'],
    ]);
  });

  it('applies namespaces first, wherever they stand', () => {
    const text = `${SERVICE_ACCOUNT.replace('robot', 'robot, namespace: shop')}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n`;
    expect(actions(apply(text))).toEqual(['serviceaccount/robot CREATED', 'namespace/shop CREATED']);
  });

  it('drops the namespace of what belongs to none', () => {
    apply(
      'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high, namespace: default}\nvalue: 5\n',
    );
    expect(stored('PriorityClass', 'high')?.metadata.namespace).toBeUndefined();
  });

  it('takes manifests that were read back from a cluster', () => {
    apply(POLICY);
    const { runtime: _, ...object } = stored('NetworkPolicy', 'deny') as KubeObject;
    expect(actions(apply(JSON.stringify(object)))).toEqual(['networkpolicy.networking.k8s.io/deny UNCHANGED']);
    const stale = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } };
    expect(messages(apply(JSON.stringify(stale)))).toEqual([
      'Operation cannot be fulfilled on networkpolicies.networking.k8s.io "deny": the object has been modified; please apply your changes to the latest version and try again',
    ]);
  });

  it('leaves no trace of a dry run and shows what would be', () => {
    const { revision } = model.view;
    const outcome = run(POLICY, {}, { dryRun: true });
    expect(actions((outcome.data as ApplyManifestData).documents)).toEqual([
      'networkpolicy.networking.k8s.io/deny CREATED',
    ]);
    expect(outcome.preview).toMatchObject([{ kind: 'NetworkPolicy' }]);
    expect(model.view.revision).toBe(revision);
  });

  it('stores what comes in an older version in the newer one', () => {
    const autoscaler = `apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 80, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
`;
    expect(actions(apply(autoscaler))).toEqual(['horizontalpodautoscaler.autoscaling/web CREATED']);
    const target = { type: 'Utilization', averageUtilization: 80 };
    expect(stored('HorizontalPodAutoscaler', 'web')).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: { metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] },
    });
    expect(actions(apply(autoscaler))).toEqual(['horizontalpodautoscaler.autoscaling/web UNCHANGED']);
  });

  it('leaves a variable that is set twice as it is', () => {
    const text =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}], env: [{name: A, value: "1"}, {name: A, value: "2"}]}]}\n';
    apply(text);
    expect(actions(apply(text))).toEqual(['pod/p UNCHANGED']);
    expect(stored('Pod', 'p')).toMatchObject({ spec: { containers: [{ env: [{ value: '1' }, { value: '2' }] }] } });
  });

  it('never shows the data of a Secret in a difference', () => {
    const secret = (value: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: ${value}}\n`;
    apply(secret('hunter2'));
    const outcome = run(secret('correcthorse'));
    expect(JSON.stringify(outcome)).not.toMatch(/hunter2|correcthorse|aHVudGVyMg|Y29ycmVjdGhvcnNl/);
    expect((outcome.data as ApplyManifestData).documents[0]).toMatchObject({ action: 'CONFIGURED' });
  });

  it('applies 1,000 objects in well under a second', () => {
    const text = Array.from({ length: 1000 }, (_, n) => POLICY.replace('deny', `deny-${n}`)).join('---\n');
    const documents = parseManifest(text);
    const start = performance.now();
    run('', { documents });
    const again = run('', { documents });
    expect(performance.now() - start).toBeLessThan(2000);
    expect((again.data as ApplyManifestData).documents.every(({ action }) => action === 'UNCHANGED')).toBe(true);
  });
});

describe('a document that cannot be applied', () => {
  it.each([
    [
      'a mistyped kind',
      'apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: x}',
      'no matches for kind "Deploymnet" in version "apps/v1"',
    ],
    [
      'a version that is gone',
      'apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: x}',
      'no matches for kind "CronJob" in version "batch/v1beta1"',
    ],
    [
      'a kind of another group',
      'apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: x}',
      'no matches for kind "Ingress" in version "extensions/v1beta1"',
    ],
    [
      'no kind',
      'apiVersion: v1\nmetadata: {name: x}',
      `Object 'Kind' is missing in '{"apiVersion":"v1","metadata":{"name":"x"}}'`,
    ],
    ['no apiVersion', 'kind: Pod', `Object 'apiVersion' is missing in '{"kind":"Pod"}'`],
    ['no name', 'apiVersion: v1\nkind: ConfigMap', 'resource name may not be empty'],
    [
      'a generated name',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}',
      'from x-: cannot use generate name with apply',
    ],
    [
      'a namespace that is not there',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: nope}',
      'namespaces "nope" not found',
    ],
    [
      'a number for text',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {port: 8080}',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    [
      'an object of 4 MB',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {big: ${'x'.repeat(4_000_000)}}`,
      'Request entity too large: limit is 3145728',
    ],
    [
      'an object beyond what etcd takes',
      `apiVersion: v1\nkind: PodTemplate\nmetadata: {name: x, annotations: {a: ${'x'.repeat(2_000_000)}}}`,
      'etcdserver: request is too large',
    ],
  ])('is refused: %s', (_, text, sentence) => {
    expect(messages(apply(text))).toEqual([sentence]);
  });

  it.each([
    [
      'a name over the limit',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${'x'.repeat(254)}}`,
      'must be no more than 253',
    ],
    [
      'a label over the limit',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {a: ${'y'.repeat(64)}}}`,
      'metadata.labels: Invalid value',
    ],
    [
      'a character that cannot be stored',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: "\\0"}',
      'U+0000',
    ],
    ['malformed YAML', 'apiVersion: v1\nkind: [', 'yaml: line 2'],
  ])('is refused with the field or the place: %s', (_, text, part) => {
    expect(messages(apply(text))).toHaveLength(1);
    expect(messages(apply(text))[0]).toContain(part);
  });

  it.each([
    [
      'a Deployment without a spec',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}',
      'spec.selector: Required value',
    ],
    ['a Pod without a spec', 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}', 'spec.containers: Required value'],
    [
      'a Pod with nothing for a container',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [null]}',
      'spec.containers[0].name: Required value',
    ],
  ])('is refused by validation, which finds the structs that Go would have: %s', (_, text, part) => {
    expect(messages(apply(text)).join(' ')).toContain(part);
  });

  it('does not stop the others', () => {
    const outcome = run(`${SERVICE_ACCOUNT}---\nkind: [\n---\n${ROLE}`);
    const { documents } = outcome.data as ApplyManifestData;
    expect(documents.map(({ action }) => action)).toEqual(['CREATED', 'FAILED', 'CREATED']);
    expect(outcome.errors?.map(({ path }) => path)).toEqual([['documents', '1']]);
    expect(stored('Role', 'reader')).toBeDefined();
  });

  it('stops all when the manifest is atomic', () => {
    const { revision } = model.view;
    const outcome = run(`${SERVICE_ACCOUNT}---\nkind: Nothing\napiVersion: v1\n---\n${ROLE}`, { atomic: true });
    const { documents } = outcome.data as ApplyManifestData;
    expect(documents.map(({ action }) => action)).toEqual(['SKIPPED', 'FAILED', 'SKIPPED']);
    expect(outcome.errors).toHaveLength(1);
    expect(model.view.revision).toBe(revision);
    expect(stored('ServiceAccount', 'robot')).toBeUndefined();
  });

  it('is no document with an unknown field, which is dropped with a warning', () => {
    const [result] = apply(`${POLICY.trimEnd()}\nspek: {}\n`);
    expect(result).toMatchObject({ action: 'CREATED', warnings: ['unknown field "spek"'] });
    expect(stored('NetworkPolicy', 'deny')).not.toHaveProperty('spek');
  });
});

describe("Orrery's own kinds", () => {
  const profile = (spec: string) =>
    `apiVersion: orrery.dev/v1alpha1\nkind: ImageProfile\nmetadata: {name: p}\nspec: ${spec}\n`;

  it('warn of unknown fields and refuse wrong types as the others do', () => {
    expect(apply(profile('{image: nginx, pulltime: 1s}'))[0]).toMatchObject({
      action: 'CREATED',
      warnings: ['unknown field "spec.pulltime"'],
    });
    expect(messages(apply(profile('{image: nginx, exitCode: one}')))).toEqual([
      'ImageProfile in version "v1alpha1" cannot be handled as a ImageProfile: json: cannot unmarshal string into Go struct field ImageProfileSpec.spec.exitCode of type int32',
    ]);
  });
});

describe('owners of fields', () => {
  const config = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: ${data}\n`;

  it('conflict over a value, in the words of kubectl, until force takes it over', () => {
    apply(config('{a: "1"}'));
    const [result] = apply(config('{a: "2"}'), { fieldManager: 'you' });
    expect(result).toMatchObject({
      action: 'FAILED',
      errors: [
        {
          reason: 'Conflict',
          message: 'Apply failed with 1 conflict: conflict with "me": .data.a',
          details: { conflicts: [{ manager: 'me', field: '.data.a' }] },
        },
      ],
    });
    expect(actions(apply(config('{a: "2"}'), { fieldManager: 'you', force: true }))).toEqual([
      'configmap/c CONFIGURED',
    ]);
    expect(stored('ConfigMap', 'c')?.metadata.managedFields).toMatchObject([{ manager: 'you', operation: 'Apply' }]);
  });

  it('change when a controller writes, and what it has added stays', () => {
    apply(config('{a: "1"}'));
    model.do((api) => {
      const object = api.listKey('ConfigMap').find(({ metadata }) => metadata.name === 'c') as KubeObject & {
        data: object;
      };
      api.update({ ...object, data: { ...object.data, b: '2' } } as KubeObject);
    });
    expect(
      stored('ConfigMap', 'c')?.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`),
    ).toEqual(['me Apply', 'kubectl Update']);
    apply(config('{a: "9"}'));
    expect(stored('ConfigMap', 'c')).toMatchObject({ data: { a: '9', b: '2' } });
  });
});

describe('a Deployment that was applied and then scaled', () => {
  const deployment = (spec: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {${spec}selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: nginx}]}}}\n`;

  beforeEach(() => {
    apply(deployment('replicas: 2, '));
    const target = { kindKey: 'Deployment', namespace: 'default', name: 'web' };
    model.command('scaleDeployment', { target, replicas: 5 });
  });

  it('conflicts with the manifest over its replicas', () => {
    expect(messages(apply(deployment('replicas: 2, ')))).toEqual([
      'Apply failed with 1 conflict: conflict with "kubectl-scale" using apps/v1: .spec.replicas',
    ]);
    expect(stored('Deployment', 'web')).toMatchObject({ spec: { replicas: 5 } });
  });

  it('keeps its replicas when the manifest leaves them out', () => {
    expect(actions(apply(deployment('')))).toEqual(['deployment.apps/web UNCHANGED']);
    expect(stored('Deployment', 'web')).toMatchObject({ spec: { replicas: 5 } });
  });

  it('goes back when the manifest is forced', () => {
    expect(actions(apply(deployment('replicas: 2, '), { force: true }))).toEqual(['deployment.apps/web CONFIGURED']);
    expect(stored('Deployment', 'web')).toMatchObject({ spec: { replicas: 2 } });
  });
});

describe('prune', () => {
  const labelled = (name: string) =>
    `apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ${name}, labels: {app: shop}}\n`;

  it('deletes what this manager applied, the selector matches and the manifest no longer has', () => {
    apply(`${labelled('a')}---\n${labelled('b')}---\n${SERVICE_ACCOUNT}`);
    apply(labelled('theirs'), { fieldManager: 'you' });
    expect(actions(apply(labelled('a'), { prune: 'app=shop' }))).toEqual([
      'serviceaccount/a UNCHANGED',
      'serviceaccount/b PRUNED',
    ]);
    expect(['a', 'b', 'robot', 'theirs'].filter((name) => stored('ServiceAccount', name))).toEqual([
      'a',
      'robot',
      'theirs',
    ]);
  });

  it('refuses a selector that is none', () => {
    expect(run(labelled('a'), { prune: 'a in' }).errors?.[0]).toMatchObject({ path: ['prune'] });
  });
});

describe('deleteObject', () => {
  it('deletes an object of any kind, once', () => {
    apply(ROLE);
    const target = { kindKey: 'Role', namespace: 'default', name: 'reader' };
    expect(model.command('deleteObject', { target }).objects).toMatchObject([{ name: 'reader' }]);
    expect(stored('Role', 'reader')).toBeUndefined();
    expect(model.command('deleteObject', { target }).errors).toMatchObject([
      { reason: 'NotFound', message: 'roles.rbac.authorization.k8s.io "reader" not found' },
    ]);
  });

  it('refuses when the object has another version by now', () => {
    apply(ROLE);
    const target = { kindKey: 'Role', namespace: 'default', name: 'reader' };
    expect(model.command('deleteObject', { target, resourceVersion: '1' }).errors).toMatchObject([
      { reason: 'Conflict' },
    ]);
    expect(stored('Role', 'reader')).toBeDefined();
  });
});
