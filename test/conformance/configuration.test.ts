import { describe, expect } from 'vitest';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { podCondition } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { RuntimeClass } from '../../src/kinds/runtimeclass/types.ts';
import { Secret } from '../../src/kinds/secret/types.ts';
import { ServiceAccount } from '../../src/kinds/serviceaccount/types.ts';
import { defineKind } from '../../src/machinery/kind.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import {
  apply,
  cluster,
  deleteObject,
  found,
  label,
  MINUTE_MS,
  refusal,
  removeAll,
  update,
  watched,
} from './cluster.ts';
import { conformance } from './conformance.ts';
import { expectApiOperations, expectDeleteCollection } from './crud.ts';

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, labels: {test: "1"}}\ndata: {a: one}\n';
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: settings}\ndata: {a: b25l}\n';

/** Tries to give an object other data; the sentence if that is refused. */
function changeRefused<T extends KubeObject>(model: Model, change: (object: T) => T, object: T): string | undefined {
  let sentence: string | undefined;
  model.do((api) => {
    const answer = api.update(change(object));
    if (!answer.ok) sentence = answer.error.message;
  });
  return sentence;
}

describe('ConfigMaps and Secrets', () => {
  conformance('ConfigMap: fail to create with empty key', () => {
    const model = cluster();
    expect(refusal(model, CONFIG_MAP.replace('{a: one}', '{"": value-1}'))).toMatch(
      /^ConfigMap "settings" is invalid: data\[\]: Invalid value: ""/,
    );
    expect(model.view.get(ConfigMap, 'default', 'settings')).toBeUndefined();
  });

  conformance('Secrets: fail to create with empty key', () => {
    const model = cluster();
    expect(refusal(model, SECRET.replace('{a: b25l}', '{"": dmFsdWUtMQ==}'))).toMatch(
      /^Secret "settings" is invalid: data\[\]: Invalid value: ""/,
    );
    expect(model.view.get(Secret, 'default', 'settings')).toBeUndefined();
  });

  conformance('ConfigMap: lifecycle', () => {
    expectApiOperations(cluster(), ConfigMap, CONFIG_MAP);
  });

  conformance('Secrets: patch a secret', () => {
    const model = cluster();
    apply(model, SECRET);
    expect(model.view.list(Secret).some(({ metadata }) => metadata.name === 'settings')).toBe(true);
    label(model, Secret, 'settings', { 'testsecret-constant': 'true' });
    update(model, Secret, 'settings', (secret) => ({ ...secret, data: { a: 'dHdv' } }));
    expect(found(model, Secret, 'settings')).toMatchObject({
      metadata: { labels: { 'testsecret-constant': 'true' } },
      data: { a: 'dHdv' },
    });
    removeAll(model, Secret);
    expect(model.view.list(Secret, 'default')).toEqual([]);
  });

  conformance('ConfigMap immutable', () => {
    const model = cluster();
    apply(model, CONFIG_MAP);
    const stored = () => found(model, ConfigMap, 'settings');
    expect(changeRefused(model, (map) => ({ ...map, data: { a: 'two' } }), stored())).toBeUndefined();
    expect(changeRefused(model, (map) => ({ ...map, immutable: true }), stored())).toBeUndefined();
    const data = changeRefused(model, (map) => ({ ...map, data: { a: 'three' } }), stored());
    expect(data).toContain('field is immutable when `immutable` is set');
    expect(changeRefused(model, (map) => ({ ...map, immutable: false }), stored())).toContain('immutable');
    label(model, ConfigMap, 'settings', { more: 'label' });
    expect(stored()).toMatchObject({ data: { a: 'two' }, immutable: true, metadata: { labels: { more: 'label' } } });
    deleteObject(model, ConfigMap, 'settings');
    expect(model.view.get(ConfigMap, 'default', 'settings')).toBeUndefined();
  });

  conformance('Secret immutable', () => {
    const model = cluster();
    apply(model, SECRET);
    const stored = () => found(model, Secret, 'settings');
    expect(changeRefused(model, (secret) => ({ ...secret, data: { a: 'dHdv' } }), stored())).toBeUndefined();
    expect(changeRefused(model, (secret) => ({ ...secret, immutable: true }), stored())).toBeUndefined();
    const data = changeRefused(model, (secret) => ({ ...secret, data: { a: 'b25l' } }), stored());
    expect(data).toContain('field is immutable when `immutable` is set');
    expect(changeRefused(model, (secret) => ({ ...secret, immutable: false }), stored())).toContain('immutable');
    label(model, Secret, 'settings', { more: 'label' });
    expect(stored()).toMatchObject({ data: { a: 'dHdv' }, immutable: true });
    deleteObject(model, Secret, 'settings');
    expect(model.view.get(Secret, 'default', 'settings')).toBeUndefined();
  });
});

const Lease = defineKind<KubeObject & { spec: { holderIdentity?: string; leaseDurationSeconds?: number } }>({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
});

const PodTemplate = defineKind<KubeObject & { template: { metadata?: object; spec: object } }>({
  apiVersion: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
});

const POD_TEMPLATE = `
apiVersion: v1
kind: PodTemplate
metadata: {name: nginx, labels: {podtemplate: new}}
template: {spec: {containers: [{name: nginx, image: nginx}]}}
`;

describe('Objects that are kept', () => {
  conformance('Lease: API available', () => {
    const model = cluster();
    const lease = `
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: holder}
spec: {holderIdentity: holder, leaseDurationSeconds: 30, leaseTransitions: 0}
`;
    expectApiOperations(model, Lease, lease, (name) => {
      expect(found(model, Lease, name).spec).toMatchObject({ holderIdentity: 'holder', leaseDurationSeconds: 30 });
      update(model, Lease, name, (stored) => ({ ...stored, spec: { ...stored.spec, holderIdentity: 'other' } }));
      expect(found(model, Lease, name).spec.holderIdentity).toBe('other');
    });
  });

  conformance('PodTemplates: lifecycle', () => {
    expectApiOperations(cluster(), PodTemplate, POD_TEMPLATE);
  });

  conformance('PodTemplates: delete a collection', () => {
    expectDeleteCollection(cluster(), PodTemplate, POD_TEMPLATE);
  });

  conformance('PodTemplates: replace', () => {
    const model = cluster();
    apply(model, POD_TEMPLATE);
    const { uid } = found(model, PodTemplate, 'nginx').metadata;
    const template = { spec: { containers: [{ name: 'nginx', image: 'nginx:2' }] } };
    update(model, PodTemplate, 'nginx', (stored) => ({
      ...stored,
      metadata: { ...stored.metadata, annotations: { updated: 'true' } },
      template,
    }));
    expect(found(model, PodTemplate, 'nginx')).toMatchObject({
      metadata: { uid, annotations: { updated: 'true' } },
      template,
    });
    expect(watched(model, PodTemplate.key, 'nginx')).toEqual(['ADDED', 'MODIFIED']);
  });
});

const RUNTIME_CLASS = 'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: sandboxed}\nhandler: test\n';
const WITH_CLASS = `
apiVersion: v1
kind: Pod
metadata: {name: one}
spec: {runtimeClassName: sandboxed, containers: [{name: c, image: busybox, command: [sleep, infinity]}]}
`;
const NOT_FOUND = 'pods "one" is forbidden: pod rejected: RuntimeClass "sandboxed" not found';

describe('RuntimeClass', () => {
  conformance('RuntimeClass: reject non-existent', () => {
    expect(refusal(cluster(), WITH_CLASS)).toBe(NOT_FOUND);
  });

  conformance('RuntimeClass: reject deleted', () => {
    const model = cluster();
    apply(model, RUNTIME_CLASS);
    deleteObject(model, RuntimeClass, 'sandboxed');
    expect(refusal(model, WITH_CLASS)).toBe(NOT_FOUND);
  });

  conformance('RuntimeClass: without Overhead', () => {
    const model = cluster();
    apply(model, RUNTIME_CLASS);
    apply(model, WITH_CLASS);
    model.run(MINUTE_MS);
    const pod = found(model, Pod, 'one');
    expect(pod.spec.overhead).toBeUndefined();
    expect(podCondition(pod, 'PodScheduled')?.status).toBe('True');
    expect(pod.status.phase).toBe('Running');
  });

  conformance('RuntimeClass: Overhead initialised', () => {
    const model = cluster();
    apply(model, `${RUNTIME_CLASS}overhead: {podFixed: {cpu: 10m, memory: 1Mi}}\n`);
    apply(model, WITH_CLASS);
    model.run(MINUTE_MS);
    const pod = found(model, Pod, 'one');
    expect(pod.spec.overhead).toEqual({ cpu: '10m', memory: '1Mi' });
    expect(podCondition(pod, 'PodScheduled')?.status).toBe('True');
  });

  conformance('RuntimeClass: API operations', () => {
    expectApiOperations(cluster(), RuntimeClass, RUNTIME_CLASS);
  });
});

const ACCOUNT = 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, labels: {test: "1"}}\n';

describe('ServiceAccounts', () => {
  conformance('ServiceAccounts: lifecycle', () => {
    expectApiOperations(cluster(), ServiceAccount, ACCOUNT);
  });

  conformance('ServiceAccounts: update', () => {
    const model = cluster();
    apply(model, ACCOUNT);
    expect(found(model, ServiceAccount, 'robot').automountServiceAccountToken).toBeUndefined();
    update(model, ServiceAccount, 'robot', (account) => ({ ...account, automountServiceAccountToken: true }));
    expect(found(model, ServiceAccount, 'robot').automountServiceAccountToken).toBe(true);
  });

  conformance('ServiceAccounts: kube-root-ca.crt exists in any namespace', () => {
    const model = cluster();
    apply(model, 'apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n');
    const certificate = () => model.view.get(ConfigMap, 'fresh', 'kube-root-ca.crt');
    const original = certificate()?.data;
    expect(Object.keys(original ?? {})).toEqual(['ca.crt']);
    deleteObject(model, ConfigMap, 'kube-root-ca.crt', { namespace: 'fresh' });
    model.run(MINUTE_MS);
    expect(certificate()?.data).toEqual(original);
    model.do((api) => {
      const map = certificate();
      if (map) api.update<ConfigMap>({ ...map, data: { 'ca.crt': '' } });
    });
    model.run(MINUTE_MS);
    expect(certificate()?.data).toEqual(original);
  });
});
