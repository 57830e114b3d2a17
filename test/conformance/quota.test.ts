import { describe, expect } from 'vitest';
import { LimitRange } from '../../src/kinds/limitrange/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { ReplicationController } from '../../src/kinds/replicationcontroller/types.ts';
import { ResourceQuota } from '../../src/kinds/resourcequota/types.ts';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { Secret } from '../../src/kinds/secret/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { Model } from '../support/model.ts';
import {
  apply,
  cluster,
  deleteObject,
  found,
  label,
  MINUTE_MS,
  refusal,
  SECOND_MS,
  update,
  updateStatus,
} from './cluster.ts';
import { conformance } from './conformance.ts';
import { expectApiOperations, expectDeleteCollection } from './crud.ts';

const QUOTA = `
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota}
spec:
  hard:
    pods: 5
    services: 10
    services.nodeports: 1
    services.loadbalancers: 1
    replicationcontrollers: 10
    resourcequotas: 1
    cpu: 1
    memory: 500Mi
    configmaps: 10
    secrets: 10
    persistentvolumeclaims: 10
    requests.storage: 10Gi
    count/replicasets.apps: 5
    ephemeral-storage: 50Gi
`;

function scoped(name: string, scope: string): string {
  return `apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: ${name}}\nspec: {hard: {pods: 5}, scopes: [${scope}]}\n`;
}

function used(model: Model, name = 'quota'): Record<string, string | number> {
  return found(model, ResourceQuota, name).status.used ?? {};
}

function withQuota(): Model {
  const model = cluster();
  apply(model, QUOTA);
  return model;
}

function pod(name: string, requests: string, more = ''): string {
  const resources = requests === '' ? '' : `, resources: {requests: {${requests}}}`;
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: c, image: pause${resources}}]${more}}\n`;
}

function service(name: string, type: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {type: ${type}, ports: [{port: 80}]}\n`;
}

/** The amount that a quota counts rises by one with an object and falls again with its end. */
function expectCounted(resource: string, kind: typeof ConfigMap | typeof Secret, text: string): void {
  const model = withQuota();
  const before = Number(used(model)[resource]);
  apply(model, text);
  expect(Number(used(model)[resource])).toBe(before + 1);
  deleteObject(model, kind, 'thing');
  expect(Number(used(model)[resource])).toBe(before);
}

describe('ResourceQuota', () => {
  conformance('ResourceQuota: status promptly calculated', () => {
    const { status } = found(withQuota(), ResourceQuota, 'quota');
    expect(status.hard).toMatchObject({ pods: '5', 'services.nodeports': '1', memory: '500Mi' });
    expect(status.used).toMatchObject({ pods: '0', 'services.nodeports': '0', memory: '0', resourcequotas: '1' });
  });

  conformance('ResourceQuota: service', () => {
    const model = withQuota();
    const before = Number(used(model)['services']);
    apply(model, service('cluster', 'ClusterIP'));
    apply(model, service('node', 'NodePort'));
    expect(used(model)).toMatchObject({ services: String(before + 2), 'services.nodeports': '1' });
    expect(refusal(model, service('balanced', 'LoadBalancer'))).toBe(
      'services "balanced" is forbidden: exceeded quota: quota, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
    );
    deleteObject(model, Service, 'cluster');
    deleteObject(model, Service, 'node');
    expect(used(model)).toMatchObject({ services: String(before), 'services.nodeports': '0' });
  });

  conformance('ResourceQuota: life of a configMap', () => {
    expectCounted('configmaps', ConfigMap, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: thing}\n');
  });

  conformance('ResourceQuota: secret', () => {
    expectCounted('secrets', Secret, 'apiVersion: v1\nkind: Secret\nmetadata: {name: thing}\n');
  });

  conformance('ResourceQuota: pod', () => {
    const model = withQuota();
    apply(model, pod('one', 'cpu: 500m, memory: 252Mi, ephemeral-storage: 30Gi'));
    const taken = { pods: '1', cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi' };
    expect(used(model)).toMatchObject(taken);
    const tooMuch = refusal(model, pod('two', 'cpu: 600m, memory: 100Mi, ephemeral-storage: 10Gi'));
    expect(tooMuch).toBe(
      'pods "two" is forbidden: exceeded quota: quota, requested: cpu=600m, used: cpu=500m, limited: cpu=1',
    );
    model.do((api) => {
      const stored = found(model, Pod, 'one');
      const containers = stored.spec.containers.map((container) => ({
        ...container,
        resources: { requests: { cpu: '100m', memory: '100Mi', 'ephemeral-storage': '10Gi' } },
      }));
      expect(api.update<Pod>({ ...stored, spec: { ...stored.spec, containers } }).ok).toBe(false);
    });
    expect(used(model)).toMatchObject(taken);
    model.run(MINUTE_MS);
    deleteObject(model, Pod, 'one');
    model.run(MINUTE_MS);
    expect(used(model)).toMatchObject({ pods: '0', cpu: '0', memory: '0', 'ephemeral-storage': '0' });
  });

  conformance('ResourceQuota: replication controller', () => {
    const model = withQuota();
    apply(
      model,
      `
apiVersion: v1
kind: ReplicationController
metadata: {name: rc}
spec:
  replicas: 0
  selector: {name: rc}
  template: {metadata: {labels: {name: rc}}, spec: {containers: [{name: c, image: pause}]}}
`,
    );
    expect(used(model)['replicationcontrollers']).toBe('1');
    deleteObject(model, ReplicationController, 'rc', { propagation: 'Background' });
    expect(used(model)['replicationcontrollers']).toBe('0');
  });

  conformance('ResourceQuota: replica set', () => {
    const model = withQuota();
    apply(
      model,
      `
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {name: web}}
  template: {metadata: {labels: {name: web}}, spec: {containers: [{name: c, image: pause}]}}
`,
    );
    expect(used(model)['count/replicasets.apps']).toBe('1');
    deleteObject(model, ReplicaSet, 'web', { propagation: 'Background' });
    expect(used(model)['count/replicasets.apps']).toBe('0');
  });

  conformance('ResourceQuota: best effort scope', () => {
    const model = cluster();
    apply(model, scoped('best', 'BestEffort'));
    apply(model, scoped('not-best', 'NotBestEffort'));
    expect([used(model, 'best'), used(model, 'not-best')]).toEqual([{ pods: '0' }, { pods: '0' }]);
    apply(model, pod('one', ''));
    expect([used(model, 'best'), used(model, 'not-best')]).toEqual([{ pods: '1' }, { pods: '0' }]);
    deleteObject(model, Pod, 'one');
    model.run(MINUTE_MS);
    expect(used(model, 'best')).toEqual({ pods: '0' });
    apply(model, pod('two', 'cpu: 500m, memory: 200Mi'));
    expect([used(model, 'best'), used(model, 'not-best')]).toEqual([{ pods: '0' }, { pods: '1' }]);
    deleteObject(model, Pod, 'two');
    model.run(MINUTE_MS);
    expect(used(model, 'not-best')).toEqual({ pods: '0' });
  });

  conformance('ResourceQuota: terminating scopes', () => {
    const model = cluster();
    apply(model, scoped('ending', 'Terminating'));
    apply(model, scoped('lasting', 'NotTerminating'));
    apply(model, pod('one', 'cpu: 500m'));
    expect([used(model, 'ending'), used(model, 'lasting')]).toEqual([{ pods: '0' }, { pods: '1' }]);
    deleteObject(model, Pod, 'one');
    model.run(MINUTE_MS);
    expect(used(model, 'lasting')).toEqual({ pods: '0' });
    apply(model, pod('two', 'cpu: 500m', ', activeDeadlineSeconds: 3600'));
    expect([used(model, 'ending'), used(model, 'lasting')]).toEqual([{ pods: '1' }, { pods: '0' }]);
    deleteObject(model, Pod, 'two');
    model.run(MINUTE_MS);
    expect(used(model, 'ending')).toEqual({ pods: '0' });
  });

  conformance('ResourceQuota: update and delete', () => {
    const model = cluster();
    const quota = (cpu: string) =>
      `apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota}\nspec: {hard: {cpu: ${cpu}, memory: 500Mi}}\n`;
    apply(model, quota('1'));
    expect(found(model, ResourceQuota, 'quota').spec.hard).toEqual({ cpu: '1', memory: '500Mi' });
    apply(model, quota('2'));
    expect(found(model, ResourceQuota, 'quota')).toMatchObject({
      spec: { hard: { cpu: '2', memory: '500Mi' } },
      status: { hard: { cpu: '2' } },
    });
    deleteObject(model, ResourceQuota, 'quota');
    expect(model.view.list(ResourceQuota)).toEqual([]);
  });

  conformance('ResourceQuota: manage lifecycle', () => {
    const quota =
      'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota}\nspec: {hard: {cpu: 1, memory: 500Mi}}\n';
    expectApiOperations(cluster(), ResourceQuota, quota);
  });

  conformance('ResourceQuota: status changes', () => {
    const model = cluster();
    apply(
      model,
      'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota}\nspec: {hard: {cpu: 1, memory: 500Mi}}\n',
    );
    model.do((api) => {
      const stored = found(model, ResourceQuota, 'quota');
      const hard = { cpu: '2', memory: '1Gi' };
      const answer = api.updateStatus<ResourceQuota>({ ...stored, status: { ...stored.status, hard } });
      expect(answer).toMatchObject({ ok: true, value: { status: { hard } } });
    });
    // What somebody else writes into the status, the controller puts right.
    expect(found(model, ResourceQuota, 'quota').status.hard).toEqual({ cpu: '1', memory: '500Mi' });
    updateStatus(model, ResourceQuota, 'quota', (status) => ({ ...status, used: { cpu: '9' } }));
    expect(used(model)).toEqual({ cpu: '0', memory: '0' });
  });
});

const LIMITS = `
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec:
  limits:
  - type: Container
    min: {cpu: 50m, memory: 100Mi, ephemeral-storage: 100Gi}
    max: {cpu: 500m, memory: 500Mi, ephemeral-storage: 500Gi}
    default: {cpu: 500m, memory: 500Mi, ephemeral-storage: 500Gi}
    defaultRequest: {cpu: 100m, memory: 200Mi, ephemeral-storage: 200Gi}
`;

function resources(model: Model, name: string): object | undefined {
  return found(model, Pod, name).spec.containers[0]?.resources;
}

describe('LimitRange', () => {
  conformance('LimitRange: defaults created and applied to pods', () => {
    const model = cluster();
    apply(model, LIMITS);
    apply(model, pod('plain', ''));
    const limits = { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' };
    const requests = { cpu: '100m', memory: '200Mi', 'ephemeral-storage': '200Gi' };
    expect(resources(model, 'plain')).toEqual({ limits, requests });
    apply(model, pod('partial', 'cpu: 300m, memory: 150Mi'));
    expect(resources(model, 'partial')).toEqual({
      limits,
      requests: { cpu: '300m', memory: '150Mi', 'ephemeral-storage': '200Gi' },
    });
    expect(refusal(model, pod('small', 'cpu: 10m, memory: 50Mi, ephemeral-storage: 50Gi'))).toContain(
      'minimum cpu usage',
    );
    const large =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: large}\nspec: {containers: [{name: c, image: pause, resources: {limits: {cpu: 600m}}}]}\n';
    expect(refusal(model, large)).toContain('maximum cpu usage per Container is 500m, but limit is 600m');
    update(model, LimitRange, 'limits', (range) => ({
      ...range,
      spec: { limits: range.spec.limits?.map((item) => ({ ...item, min: { cpu: '9m', memory: '49Mi' } })) ?? [] },
    }));
    expect(refusal(model, pod('small', 'cpu: 10m, memory: 50Mi, ephemeral-storage: 50Gi'))).toBeUndefined();
    expect(refusal(model, large)).toContain('maximum cpu usage');
    deleteObject(model, LimitRange, 'limits');
    model.run(SECOND_MS);
    expect(model.view.list(LimitRange)).toEqual([]);
    expect(refusal(model, large)).toBeUndefined();
  });

  conformance('LimitRange: list, patch and delete by collection', () => {
    const model = cluster();
    apply(model, LIMITS);
    expect(model.view.list(LimitRange)).toHaveLength(1);
    label(model, LimitRange, 'limits', { limits: 'patched' });
    update(model, LimitRange, 'limits', (range) => ({
      ...range,
      spec: { limits: range.spec.limits?.map((item) => ({ ...item, min: { cpu: '25m' } })) ?? [] },
    }));
    expect(found(model, LimitRange, 'limits')).toMatchObject({
      metadata: { labels: { limits: 'patched' } },
      spec: { limits: [{ min: { cpu: '25m' } }] },
    });
    expectDeleteCollection(model, LimitRange, LIMITS);
    expect(model.view.list(LimitRange).map(({ metadata }) => metadata.name)).toEqual(['limits']);
  });
});
