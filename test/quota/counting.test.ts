import { describe, expect, it } from 'vitest';
import { ResourceQuota } from '../../src/kinds/resourcequota/types.ts';
import { PersistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { ObjectApi } from '../../src/machinery/controller.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';

/** Cases of pkg/quota/v1/evaluator/core and of apiserver/pkg/admission/plugin/resourcequota, with every kind there is. */

function object(kind: string, name: string, spec: unknown, apiVersion = 'v1'): NewObject {
  return { apiVersion, kind, metadata: { name, namespace: 'default' }, ...(spec === undefined ? {} : { spec }) };
}

const quota = (hard: Record<string, string>, more: Record<string, unknown> = {}) =>
  object('ResourceQuota', 'quota', { hard, ...more });

type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };

function podWith(name: string, resources: Resources = {}, more: Record<string, unknown> = {}): NewObject {
  return object('Pod', name, { containers: [{ name: 'main', image: 'web:1', resources }], ...more });
}

function claim(name: string, storage: string, more: Record<string, unknown> = {}): NewObject {
  return object('PersistentVolumeClaim', name, {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage } },
    ...more,
  });
}

function used(model: Model): Record<string, unknown> | undefined {
  return model.view.get(ResourceQuota, 'default', 'quota')?.status.used;
}

function refusal(model: Model, request: NewObject): string | undefined {
  let message: string | undefined;
  model.do((api) => {
    const answer = api.create(request);
    if (!answer.ok) message = answer.error.message;
  });
  return message;
}

const policy = (name: string) => object('NetworkPolicy', name, { podSelector: {} }, 'networking.k8s.io/v1');
const WIDGETS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

describe('objects are counted', () => {
  const rows: [string, string, NewObject][] = [
    ['of the core group', 'count/endpoints', object('Endpoints', 'e', undefined)],
    ['of another group', 'count/networkpolicies.networking.k8s.io', policy('p')],
    ['of a group of their own', 'count/leases.coordination.k8s.io', object('Lease', 'l', {}, 'coordination.k8s.io/v1')],
    ['by their plural', 'configmaps', object('ConfigMap', 'c', undefined)],
  ];
  it.each(rows)('%s', (_what, name, request) => {
    const model = new Model();
    model.create(quota({ [name]: '100' }));
    const before = Number(used(model)?.[name]);
    model.create(request);
    expect(used(model)?.[name]).toBe(String(before + 1));
    expect(model.restarted().versions).toEqual([]);
  });

  it('and refused beyond the limit', () => {
    const model = new Model();
    model.create(quota({ 'count/networkpolicies.networking.k8s.io': '1' }), policy('a'));
    expect(refusal(model, policy('b'))).toBe(
      'networkpolicies.networking.k8s.io "b" is forbidden: exceeded quota: quota, requested: count/networkpolicies.networking.k8s.io=1, used: count/networkpolicies.networking.k8s.io=1, limited: count/networkpolicies.networking.k8s.io=1',
    );
  });

  it('of a custom kind, from when it is defined', () => {
    const model = new Model();
    const widget = (name: string) => object('Widget', name, {}, 'example.com/v1');
    model.create(quota({ 'count/widgets.example.com': '1', pods: '5' }));
    expect(used(model)).toEqual({ pods: '0' });
    model.create(WIDGETS);
    model.run(1000);
    expect(used(model)).toEqual({ pods: '0', 'count/widgets.example.com': '0' });
    model.create(widget('a'));
    expect(used(model)).toMatchObject({ 'count/widgets.example.com': '1' });
    expect(refusal(model, widget('b'))).toBe(
      'widgets.example.com "b" is forbidden: exceeded quota: quota, requested: count/widgets.example.com=1, used: count/widgets.example.com=1, limited: count/widgets.example.com=1',
    );
    expect(model.restarted().versions).toEqual([]);
  });

  it('but Events never', () => {
    const model = new Model();
    model.create(quota({ 'count/events': '0' }));
    expect(used(model)).toEqual({});
  });
});

describe('compute resources', () => {
  const rows: [string, Record<string, string>, NewObject, Record<string, string>][] = [
    [
      'count by both of their names',
      { cpu: '9', 'requests.cpu': '9', 'limits.cpu': '9', 'requests.memory': '9Gi' },
      podWith('a', { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } }),
      { cpu: '100m', 'requests.cpu': '100m', 'limits.cpu': '2', 'requests.memory': '1Gi' },
    ],
    [
      'of a domain of their own count as requests only',
      { 'requests.nvidia.com/gpu': '9', 'limits.nvidia.com/gpu': '9' },
      podWith('a', { requests: { 'nvidia.com/gpu': '2' }, limits: { 'nvidia.com/gpu': '2' } }),
      { 'requests.nvidia.com/gpu': '2' },
    ],
    [
      'are written in the form of the first that is added',
      { 'requests.memory': '9Gi', 'limits.memory': '9Gi' },
      podWith('a', { requests: { memory: '500M' }, limits: { memory: '1000Mi' } }),
      { 'requests.memory': '500M', 'limits.memory': '1000Mi' },
    ],
    [
      'of pods that ended do not count, but the pods do as objects',
      { pods: '9', 'count/pods': '9', 'requests.cpu': '9' },
      podWith('a', { requests: { cpu: '1' } }),
      { pods: '1', 'count/pods': '1', 'requests.cpu': '1' },
    ],
  ];
  it.each(rows)('%s', (_what, hard, request, expected) => {
    const model = new Model();
    model.create(quota(hard), request);
    expect(used(model)).toEqual(expected);
  });

  it('are compared without errors of rounding', () => {
    const model = new Model();
    model.create(quota({ 'requests.cpu': '300m' }));
    const tenth = (name: string) => podWith(name, { requests: { cpu: '100m' } });
    model.create(tenth('a'), tenth('b'), tenth('c'));
    expect(used(model)).toEqual({ 'requests.cpu': '300m' });
    expect(refusal(model, tenth('d'))).toContain('used: requests.cpu=300m, limited: requests.cpu=300m');
  });
});

describe('claims', () => {
  it('count what they were given while that is more than they ask for, in whole bytes', () => {
    const model = new Model();
    model.create(
      quota({ 'requests.storage': '100Gi', persistentvolumeclaims: '9' }),
      claim('a', '1Gi'),
      claim('b', '100m'),
    );
    expect(used(model)).toEqual({ 'requests.storage': '1073741825', persistentvolumeclaims: '2' });
    model.do((api) => {
      const known = api.get(PersistentVolumeClaim, 'default', 'a')!;
      api.updateStatus({ ...known, status: { ...known.status, allocatedResources: { storage: '3Gi' } } });
    });
    expect(used(model)).toMatchObject({ 'requests.storage': '3221225473' });
  });

  const scopes: [string, object, NewObject, boolean][] = [
    [
      'of the class',
      { operator: 'In', values: ['gold'] },
      claim('a', '1Gi', { volumeAttributesClassName: 'gold' }),
      false,
    ],
    [
      'of another class',
      { operator: 'In', values: ['gold'] },
      claim('a', '1Gi', { volumeAttributesClassName: 'iron' }),
      true,
    ],
    ['of no class', { operator: 'In', values: ['gold'] }, claim('a', '1Gi'), true],
    ['of no class, asked for the others', { operator: 'NotIn', values: ['gold'] }, claim('a', '1Gi'), false],
    ['of any class', { operator: 'Exists' }, claim('a', '1Gi', { volumeAttributesClassName: 'iron' }), false],
    ['of none, asked for those', { operator: 'DoesNotExist' }, claim('a', '1Gi'), false],
  ];
  it.each(scopes)('%s are bounded by a quota for it', (_what, requirement, request, admitted) => {
    const model = new Model();
    const scopeSelector = { matchExpressions: [{ scopeName: 'VolumeAttributesClass', ...requirement }] };
    model.create(quota({ persistentvolumeclaims: '0' }, { scopeSelector }));
    expect(refusal(model, request) === undefined).toBe(admitted);
  });
});

describe('a scope', () => {
  const classes: [string, object, string | undefined, boolean][] = [
    ['In the class', { operator: 'In', values: ['high'] }, 'high', false],
    ['In another class', { operator: 'In', values: ['high'] }, 'low', true],
    ['NotIn the class', { operator: 'NotIn', values: ['high'] }, 'high', true],
    ['NotIn, for a pod without class', { operator: 'NotIn', values: ['high'] }, undefined, false],
    ['Exists', { operator: 'Exists' }, 'low', false],
    ['DoesNotExist', { operator: 'DoesNotExist' }, undefined, false],
    ['DoesNotExist, for a pod with class', { operator: 'DoesNotExist' }, 'low', true],
  ];
  it.each(classes)('of priority classes: %s', (_what, requirement, priorityClassName, admitted) => {
    const model = new Model();
    for (const name of ['high', 'low']) {
      const metadata = { name };
      model.create({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata, value: 10 } as NewObject);
    }
    const scopeSelector = { matchExpressions: [{ scopeName: 'PriorityClass', ...requirement }] };
    model.create(quota({ pods: '0' }, { scopeSelector }));
    const request = podWith('a', {}, priorityClassName === undefined ? {} : { priorityClassName });
    expect(refusal(model, request) === undefined).toBe(admitted);
  });

  it('of affinity across namespaces', () => {
    const model = new Model();
    model.create(quota({ pods: '0' }, { scopes: ['CrossNamespacePodAffinity'] }));
    const term = { topologyKey: 'zone', labelSelector: {}, namespaces: ['other'] };
    const required = (more: object) => ({
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, ...more }] } },
    });
    expect(refusal(model, podWith('a', {}, required({})))).toContain('exceeded quota');
    expect(refusal(model, podWith('a', {}, required({ namespaces: undefined, namespaceSelector: {} })))).toContain(
      'exceeded',
    );
    expect(refusal(model, podWith('a', {}, required({ namespaces: undefined })))).toBeUndefined();
  });
});

describe('an update', () => {
  it('is charged for what it uses more', () => {
    const model = new Model();
    const ports = [{ name: 'a', port: 80 }];
    model.create(quota({ 'services.nodeports': '1' }), object('Service', 's', { type: 'ClusterIP', ports }));
    const change = (spec: object) => {
      let message: string | undefined;
      model.do((api) => {
        const known = api.get(Service, 'default', 's')!;
        const answer = api.update({ ...known, spec: { ...known.spec, ...spec } });
        if (!answer.ok) ({ message } = answer.error);
      });
      return message;
    };
    expect(change({ type: 'NodePort' })).toBeUndefined();
    expect(used(model)).toEqual({ 'services.nodeports': '1' });
    expect(change({ ports: [...ports, { name: 'b', port: 81 }] })).toBe(
      'services "s" is forbidden: exceeded quota: quota, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
    );
    expect(change({ type: 'ClusterIP' })).toBeUndefined();
    expect(used(model)).toEqual({ 'services.nodeports': '0' });
  });

  it('and what is created after it in the same instant are charged together', () => {
    const model = new Model();
    model.create(
      quota({ 'services.nodeports': '2' }),
      object('Service', 's', { type: 'ClusterIP', ports: [{ port: 80 }] }),
    );
    const answers: boolean[] = [];
    model.do((api) => {
      const known = api.get(Service, 'default', 's')!;
      answers.push(api.update({ ...known, spec: { ...known.spec, type: 'NodePort' } }).ok);
      for (const name of ['t', 'u']) {
        answers.push(api.create(object('Service', name, { type: 'NodePort', ports: [{ port: 80 }] })).ok);
      }
    });
    expect(answers).toEqual([true, true, false]);
    expect(used(model)).toEqual({ 'services.nodeports': '2' });
  });

  it('that is taken back is forgotten', () => {
    const model = new Model();
    model.create(quota({ pods: '1' }));
    model.command('test.do', (api: ObjectApi) => void api.create(podWith('a')), { dryRun: true });
    model.do((api) => {
      const created = api.create(podWith('b'));
      if (created.ok) api.delete(created.value, { gracePeriodSeconds: 0 });
    });
    expect(refusal(model, podWith('c'))).toBeUndefined();
    expect(used(model)).toEqual({ pods: '1' });
  });

  it('that lowers the limit below what is used is fine', () => {
    const model = new Model();
    model.create(quota({ pods: '2' }), podWith('a'), podWith('b'));
    model.do((api) => {
      const known = api.get(ResourceQuota, 'default', 'quota')!;
      expect(api.update({ ...known, spec: { hard: { pods: '1' } } }).ok).toBe(true);
    });
    expect(model.view.get(ResourceQuota, 'default', 'quota')?.status).toEqual({
      hard: { pods: '1' },
      used: { pods: '2' },
    });
  });
});

describe('a quota is invalid with', () => {
  const rows: [string, NewObject, RegExp | string | undefined][] = [
    [
      'a resource that is none',
      quota({ bananas: '1' }),
      /must be a standard resource type or fully qualified.*must be a standard resource for quota/,
    ],
    [
      'a part of an extended resource',
      quota({ 'example.com/dongle': '500m' }),
      'spec.hard[example.com/dongle]: Invalid value: "500m": must be an integer',
    ],
    [
      'storage under a scope of pods',
      quota({ 'requests.storage': '1Gi' }, { scopes: ['NotBestEffort'] }),
      'spec.scopes: Invalid value: ["NotBestEffort"]: unsupported scope applied to resource',
    ],
    [
      'cpu under BestEffort',
      quota({ cpu: '1' }, { scopes: ['BestEffort'] }),
      'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
    ],
    [
      'ephemeral storage under a scope',
      quota({ 'ephemeral-storage': '1' }, { scopes: ['Terminating'] }),
      /unsupported scope applied to resource/,
    ],
    [
      'pods under a scope of claims',
      quota({ pods: '1' }, { scopes: ['VolumeAttributesClass'] }),
      /unsupported scope applied to resource/,
    ],
    [
      'an unknown scope',
      quota({ pods: '1' }, { scopes: ['Fast'] }),
      'spec.scopes: Invalid value: ["Fast"]: unsupported scope',
    ],
    [
      'a requirement without values',
      quota({ pods: '1' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } }),
      "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
    ],
    ['a count under a scope', quota({ 'count/pods': '1' }, { scopes: ['BestEffort'] }), undefined],
    [
      'claims under their scope',
      quota({ 'requests.storage': '1Gi' }, { scopes: ['VolumeAttributesClass'] }),
      undefined,
    ],
  ];
  it.each(rows)('%s', (_what, request, words) => {
    const answer = refusal(new Model(), request)?.replace('ResourceQuota "quota" is invalid: ', '');
    if (words === undefined || typeof words === 'string') expect(answer).toBe(words);
    else expect(answer).toMatch(words);
  });
});
