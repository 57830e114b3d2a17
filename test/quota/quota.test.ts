import { describe, expect, it } from 'vitest';
import { configMap } from '../../src/kinds/configmap/definition.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { limitRange } from '../../src/kinds/limitrange/definition.ts';
import { LimitRange } from '../../src/kinds/limitrange/types.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { persistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/definition.ts';
import { pod } from '../../src/kinds/pod/definition.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { resourceQuota } from '../../src/kinds/resourcequota/definition.ts';
import { ResourceQuota } from '../../src/kinds/resourcequota/types.ts';
import { service } from '../../src/kinds/service/definition.ts';
import { Registry } from '../../src/engine/registry.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { doIt, Model } from '../support/model.ts';

function budget(): Model {
  const still = [pod, service, persistentVolumeClaim].map((definition) => ({ ...definition, controllers: [] }));
  const kinds = [namespace, ...still, configMap, limitRange, resourceQuota, event];
  return new Model({ registry: new Registry(kinds, [], [doIt]) });
}

function object(kind: string, name: string, spec: unknown, apiVersion = 'v1'): NewObject {
  return { apiVersion, kind, metadata: { name, namespace: 'default' }, spec };
}

type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };

function podWith(name: string, resources: Resources = {}, more: Record<string, unknown> = {}): NewObject {
  return object('Pod', name, { containers: [{ name: 'main', image: 'web:1', resources }], ...more });
}

const quota = (hard: Record<string, string>, more: Record<string, unknown> = {}) =>
  object('ResourceQuota', 'quota', { hard, ...more });
const range = (...limits: unknown[]) => object('LimitRange', 'limits', { limits });

function refusal(model: Model, ...objects: NewObject[]): string | undefined {
  let message: string | undefined;
  model.do((api) => {
    for (const each of objects) {
      const answer = api.create(each);
      if (!answer.ok) message ??= answer.error.message;
    }
  });
  return message;
}

function used(model: Model): Record<string, unknown> | undefined {
  return model.view.get(ResourceQuota, 'default', 'quota')?.status.used;
}

describe('a LimitRange', () => {
  it('derives the defaults of containers from what it allows', () => {
    const model = budget();
    model.create(range({ type: 'Container', max: { cpu: '1' }, min: { memory: '64Mi' }, default: { memory: '1Gi' } }));
    expect(model.view.get(LimitRange, 'default', 'limits')?.spec.limits?.[0]).toMatchObject({
      default: { cpu: '1', memory: '1Gi' },
      defaultRequest: { cpu: '1', memory: '1Gi' },
    });
  });

  it('gives containers what they leave out, and says so', () => {
    const model = budget();
    model.create(
      range({
        type: 'Container',
        default: { cpu: '1', memory: '1Gi' },
        defaultRequest: { cpu: '500m', memory: '1Gi' },
      }),
    );
    model.create(podWith('a', { requests: { cpu: '250m' } }));
    const stored = model.view.get(Pod, 'default', 'a');
    expect(stored?.spec.containers[0]?.resources).toEqual({
      requests: { cpu: '250m', memory: '1Gi' },
      limits: { cpu: '1', memory: '1Gi' },
    });
    expect(stored?.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: memory request for container main; cpu, memory limit for container main',
    );
    expect(stored?.status.qosClass).toBe('Burstable');
  });

  const refused: [string, Record<string, unknown>, Resources, string][] = [
    [
      'a request below the minimum',
      { min: { cpu: '200m' } },
      { requests: { cpu: '100m' } },
      'minimum cpu usage per Container is 200m, but request is 100m',
    ],
    [
      'a limit above the maximum',
      { max: { memory: '1Gi' } },
      { limits: { memory: '2Gi' } },
      'maximum memory usage per Container is 1Gi, but limit is 2Gi',
    ],
    [
      'a limit too far above the request',
      { maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '1' }, limits: { cpu: '3' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ],
    [
      'no request where a ratio is set',
      { maxLimitRequestRatio: { memory: '2' } },
      {},
      'memory max limit to request ratio per Container is 2, but no request is specified or request is 0',
    ],
    [
      'two things at once',
      { min: { cpu: '1', memory: '1Gi' } },
      { requests: { cpu: '500m', memory: '512Mi' } },
      '[minimum cpu usage per Container is 1, but request is 500m, minimum memory usage per Container is 1Gi, but request is 512Mi]',
    ],
  ];
  it.each(refused)('refuses %s', (_what, limits, resources, words) => {
    const model = budget();
    model.create(range({ type: 'Container', ...limits }));
    expect(refusal(model, podWith('a', resources))).toBe(`pods "a" is forbidden: ${words}`);
  });

  it('adds up a whole pod, its init containers by the largest', () => {
    const model = budget();
    model.create(range({ type: 'Pod', max: { cpu: '1' } }));
    const initContainers = [{ name: 'init', image: 'i:1', resources: { limits: { cpu: '1500m' } } }];
    expect(refusal(model, podWith('a', { limits: { cpu: '500m' } }, { initContainers }))).toBe(
      'pods "a" is forbidden: maximum cpu usage per Pod is 1, but limit is 1500m',
    );
    expect(refusal(model, podWith('b'))).toBe(
      'pods "b" is forbidden: maximum cpu usage per Pod is 1.  No limit is specified',
    );
  });

  it('bounds claims', () => {
    const model = budget();
    model.create(range({ type: 'PersistentVolumeClaim', max: { storage: '2Gi' }, min: { storage: '1Gi' } }));
    const claim = (storage: string) =>
      object('PersistentVolumeClaim', 'data', { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } });
    expect(refusal(model, claim('3Gi'))).toBe(
      'persistentvolumeclaims "data" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
    expect(refusal(model, claim('2Gi'))).toBeUndefined();
  });

  const invalidRanges: [string, Record<string, unknown>, string][] = [
    [
      'an unknown type',
      { type: 'Box' },
      'spec.limits[0].type: Invalid value: "Box": must be a standard limit type or fully qualified',
    ],
    [
      'a minimum above the maximum',
      { type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } },
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    ],
    [
      'defaults of pods',
      { type: 'Pod', default: { cpu: '1' } },
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    ],
    [
      'a ratio below one',
      { type: 'Pod', maxLimitRequestRatio: { cpu: '900m' } },
      'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "900m": ratio 900m is less than 1',
    ],
  ];
  it.each(invalidRanges)('is invalid with %s', (_what, limit, words) => {
    expect(refusal(budget(), range(limit))).toBe(`LimitRange "limits" is invalid: ${words}`);
  });
});

describe('a ResourceQuota', () => {
  it('counts what is there, and what comes and goes', () => {
    const model = budget();
    model.create(podWith('a', { requests: { cpu: '250m', memory: '64Mi' } }));
    model.create(quota({ pods: '5', 'requests.cpu': '1', memory: '1Gi', 'count/configmaps': '9', configmaps: '9' }));
    expect(used(model)).toEqual({
      pods: '1',
      'requests.cpu': '250m',
      memory: '64Mi',
      'count/configmaps': '0',
      configmaps: '0',
    });
    model.create(object('ConfigMap', 'c', undefined), podWith('b', { requests: { cpu: '500m', memory: '64Mi' } }));
    expect(used(model)).toMatchObject({ pods: '2', 'requests.cpu': '750m', memory: '128Mi', configmaps: '1' });
    model.do((api) => {
      const a = api.get(Pod, 'default', 'a')!;
      api.updateStatus({ ...a, status: { ...a.status, phase: 'Succeeded' } });
    });
    expect(used(model)).toMatchObject({ pods: '1', 'requests.cpu': '500m' });
    expect(model.restarted().versions).toEqual([]);
  });

  const exceeded: [string, Record<string, string>, NewObject, string][] = [
    [
      'too many pods',
      { pods: '0' },
      podWith('a'),
      'pods "a" is forbidden: exceeded quota: quota, requested: pods=1, used: pods=0, limited: pods=0',
    ],
    [
      'too much of two resources',
      { 'limits.memory': '1Gi', 'requests.cpu': '1' },
      podWith('a', { requests: { cpu: '2' }, limits: { memory: '2Gi' } }),
      'pods "a" is forbidden: exceeded quota: quota, requested: limits.memory=2Gi,requests.cpu=2, used: limits.memory=0,requests.cpu=0, limited: limits.memory=1Gi,requests.cpu=1',
    ],
    [
      'containers that do not say what they need',
      { 'limits.cpu': '1', 'requests.memory': '1Gi' },
      podWith('a'),
      'pods "a" is forbidden: failed quota: quota: must specify limits.cpu for: main; requests.memory for: main',
    ],
    [
      'a node port too many',
      { 'services.nodeports': '0' },
      object('Service', 's', { type: 'NodePort', ports: [{ port: 80 }] }),
      'services "s" is forbidden: exceeded quota: quota, requested: services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0',
    ],
    [
      'storage of one class',
      { 'gold.storageclass.storage.k8s.io/requests.storage': '1Gi' },
      object('PersistentVolumeClaim', 'p', {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'gold',
        resources: { requests: { storage: '2Gi' } },
      }),
      'persistentvolumeclaims "p" is forbidden: exceeded quota: quota, requested: gold.storageclass.storage.k8s.io/requests.storage=2Gi, used: gold.storageclass.storage.k8s.io/requests.storage=0, limited: gold.storageclass.storage.k8s.io/requests.storage=1Gi',
    ],
  ];
  it.each(exceeded)('refuses %s', (_what, hard, request, words) => {
    const model = budget();
    model.create(quota(hard));
    expect(refusal(model, request)).toBe(words);
  });

  it('takes one that comes in the place of one that goes for no more than it is', () => {
    const model = budget();
    model.create(quota({ pods: '2' }), podWith('a'));
    model.do((api) => {
      api.delete(api.get(Pod, 'default', 'a')!, { gracePeriodSeconds: 0 });
      api.create(podWith('b'));
    });
    expect(refusal(model, podWith('c'))).toBeUndefined();
    expect(used(model)).toEqual({ pods: '2' });
    expect(model.restarted().versions).toEqual([]);
  });

  it('is never exceeded within one instant', () => {
    const model = budget();
    model.create(quota({ pods: '3' }));
    const pods = Array.from({ length: 10 }, (_, n) => podWith(`p-${n}`));
    expect(refusal(model, ...pods)).toBe(
      'pods "p-3" is forbidden: exceeded quota: quota, requested: pods=1, used: pods=3, limited: pods=3',
    );
    expect(used(model)).toEqual({ pods: '3' });
  });

  const scopes: [string, Record<string, unknown>, NewObject, boolean][] = [
    [
      'BestEffort leaves pods with requests alone',
      { scopes: ['BestEffort'] },
      podWith('a', { requests: { cpu: '1' } }),
      true,
    ],
    ['BestEffort bounds pods without', { scopes: ['BestEffort'] }, podWith('a'), false],
    ['NotBestEffort leaves pods without requests alone', { scopes: ['NotBestEffort'] }, podWith('a'), true],
    [
      'Terminating bounds pods with a deadline',
      { scopes: ['Terminating'] },
      podWith('a', {}, { activeDeadlineSeconds: 5 }),
      false,
    ],
    ['Terminating leaves the others alone', { scopes: ['Terminating'] }, podWith('a'), true],
    ['NotTerminating bounds the others', { scopes: ['NotTerminating'] }, podWith('a'), false],
  ];
  it.each(scopes)('of scope %s', (_what, more, request, admitted) => {
    const model = budget();
    model.create(quota({ pods: '0' }, more));
    expect(refusal(model, request) === undefined).toBe(admitted);
  });

  const invalidQuotas: [string, NewObject, string][] = [
    [
      'a negative amount',
      quota({ pods: '-1' }),
      'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ],
    ['half a pod', quota({ pods: '500m' }), 'spec.hard[pods]: Invalid value: "500m": must be an integer'],
    [
      'scopes that exclude each other',
      quota({ pods: '1' }, { scopes: ['Terminating', 'NotTerminating'] }),
      'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes',
    ],
  ];
  it.each(invalidQuotas)('is invalid with %s', (_what, request, words) => {
    expect(refusal(budget(), request)).toBe(`ResourceQuota "quota" is invalid: ${words}`);
  });
});
