import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import { PriorityClass } from '../../src/kinds/priorityclass/types.ts';
import type { ObjectApi } from '../../src/machinery/controller.ts';
import type { Model } from '../support/model.ts';
import { pod, podOf, schedulerModel } from './support.ts';

function priorityClass(name: string, value: number, rest: object = {}): NewObject {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, ...rest } as NewObject;
}

/** What the API server answers to a create. */
function refusal(model: Model, object: NewObject): string | undefined {
  let message: string | undefined;
  model.do((api: ObjectApi) => {
    const result = api.create(object);
    if (!result.ok) ({ message } = result.error);
  });
  return message;
}

describe('priority classes', () => {
  it('are there from the start for the system', () => {
    const model = schedulerModel();
    const classes = model.view.list(PriorityClass).map(({ metadata, value }) => `${metadata.name} ${value}`);
    expect(classes).toEqual(['system-node-critical 2000001000', 'system-cluster-critical 2000000000']);
    expect(model.restarted().versions).toEqual([]);
  });

  it('give their value and policy to the pods that name them', () => {
    const model = schedulerModel();
    model.create(
      priorityClass('high', 1000, { preemptionPolicy: 'Never' }),
      pod('web', {}, { priorityClassName: 'high' }),
    );
    expect(podOf(model, 'web').spec).toMatchObject({ priority: 1000, preemptionPolicy: 'Never' });
  });

  it('are 0 and preempt when a pod names none and there is no default', () => {
    const model = schedulerModel();
    model.create(pod('web'));
    expect(podOf(model, 'web').spec).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
    expect(podOf(model, 'web').spec.priorityClassName).toBeUndefined();
  });

  it('are the default one, by name too, when a pod names none', () => {
    const model = schedulerModel();
    model.create(priorityClass('usual', 50, { globalDefault: true }), pod('web'));
    expect(podOf(model, 'web').spec).toMatchObject({ priority: 50, priorityClassName: 'usual' });
  });

  const usual = priorityClass('usual', 50, { globalDefault: true });

  it.each([
    [
      'a class that is not there',
      pod('web', {}, { priorityClassName: 'gone' }),
      'pods "web" is forbidden: no PriorityClass with name gone was found',
    ],
    [
      'a priority that is not that of the class',
      pod('web', {}, { priority: 7 }),
      'pods "web" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 50 from the given PriorityClass name',
    ],
    [
      'a preemption policy that is not that of the class',
      pod('web', {}, { preemptionPolicy: 'Never' }),
      'pods "web" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    ],
    [
      'a second default',
      priorityClass('other', 1, { globalDefault: true }),
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    ],
    [
      'a value above what users may give',
      priorityClass('other', 1_000_000_001),
      'PriorityClass.scheduling.k8s.io "other" is invalid: value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ],
    [
      'a name of the system',
      priorityClass('system-own', 1),
      `PriorityClass.scheduling.k8s.io "system-own" is invalid: metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-own is not a known system priority class`,
    ],
    [
      'an unknown policy',
      priorityClass('other', 1, { preemptionPolicy: 'Maybe' }),
      'PriorityClass.scheduling.k8s.io "other" is invalid: preemptionPolicy: Unsupported value: "Maybe": supported values: "PreemptLowerPriority", "Never"',
    ],
  ])('refuse %s', (_what, object, message) => {
    const model = schedulerModel();
    model.create(usual);
    expect(refusal(model, object)).toBe(message);
  });

  it('of the system cannot be deleted, and no value can be changed', () => {
    const model = schedulerModel();
    model.create(priorityClass('high', 1000));
    const messages: (string | undefined)[] = [];
    model.do((api) => {
      const [critical, high] = ['system-node-critical', 'high'].map((name) => api.get(PriorityClass, undefined, name));
      const deleted = api.delete(critical!);
      const changed = api.update<PriorityClass>({ ...high!, value: 1001 });
      for (const result of [deleted, changed]) messages.push(result.ok ? undefined : result.error.message);
    });
    expect(messages).toEqual([
      'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
      'PriorityClass.scheduling.k8s.io "high" is invalid: value: Forbidden: may not be changed in an update.',
    ]);
  });
});

describe('runtime classes', () => {
  const kata = {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'kata' },
    handler: 'kata',
    overhead: { podFixed: { cpu: '250m', memory: '120Mi' } },
    scheduling: { nodeSelector: { runtime: 'kata' }, tolerations: [{ key: 'kata', operator: 'Exists' }] },
  } as NewObject;

  it('add their overhead, node selector and tolerations to the pods that name them', () => {
    const model = schedulerModel();
    model.create(kata, pod('web', {}, { runtimeClassName: 'kata', nodeSelector: { disk: 'ssd' } }));
    expect(podOf(model, 'web').spec).toMatchObject({
      overhead: { cpu: '250m', memory: '120Mi' },
      nodeSelector: { disk: 'ssd', runtime: 'kata' },
    });
    expect(podOf(model, 'web').spec.tolerations).toContainEqual({ key: 'kata', operator: 'Exists' });
  });

  it.each([
    ['a class that is not there', { runtimeClassName: 'gone' }, 'pod rejected: RuntimeClass "gone" not found'],
    [
      'an overhead that is not that of the class',
      { runtimeClassName: 'kata', overhead: { cpu: '1' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      'an overhead without a class',
      { overhead: { cpu: '1' } },
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    ],
    [
      'a node selector that contradicts the class',
      { runtimeClassName: 'kata', nodeSelector: { runtime: 'runc' } },
      'conflict: runtimeClass.scheduling.nodeSelector[runtime] = kata; pod.spec.nodeSelector[runtime] = runc',
    ],
  ])('refuse %s', (_what, spec, words) => {
    const model = schedulerModel();
    model.create(kata);
    expect(refusal(model, pod('web', {}, spec))).toBe(`pods "web" is forbidden: ${words}`);
  });
});
