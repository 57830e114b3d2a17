import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';

/** The cases of plugin/pkg/admission/limitranger/admission_test.go, with the sentences that people see. */

type Amounts = Record<string, string>;

function podOf(containers: number, requests: Amounts, limits: Amounts, more: object = {}): NewObject {
  const resources = { requests, limits };
  const spec = {
    containers: Array.from({ length: containers }, (_, index) => ({ name: `c${index}`, image: 'web:1', resources })),
    ...more,
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default' }, spec };
}

function limitRange(...limits: object[]): NewObject {
  return { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'limits', namespace: 'default' }, spec: { limits } };
}

function answer(item: object, request: NewObject): string | undefined {
  const model = new Model();
  model.create(limitRange(item));
  let message: string | undefined;
  model.do((api) => {
    const created = api.create(request);
    if (!created.ok) message = created.error.message;
  });
  return message?.replace('pods "a" is forbidden: ', '');
}

const cpu = (text: string) => ({ cpu: text });
const memory = (text: string) => ({ memory: text });
const container = (limits: object) => ({ type: 'Container', ...limits });
const wholePod = (limits: object) => ({ type: 'Pod', ...limits });

const NO_REQUEST = 'No request is specified';
const NO_LIMIT = 'No limit is specified';

const rows: [string, object, NewObject, string | undefined][] = [
  ['a request above the minimum', container({ min: cpu('50m') }), podOf(1, cpu('100m'), {}), undefined],
  [
    'request and limit above the minimum',
    container({ min: cpu('50m') }),
    podOf(1, cpu('100m'), cpu('200m')),
    undefined,
  ],
  [
    'memory above the minimum',
    container({ min: memory('50Mi') }),
    podOf(1, memory('60Mi'), memory('100Mi')),
    undefined,
  ],
  ['a limit below the maximum', container({ max: cpu('2') }), podOf(1, cpu('500m'), cpu('1')), undefined],
  [
    'a ratio that is just allowed',
    container({ maxLimitRequestRatio: cpu('1.5') }),
    podOf(1, cpu('500m'), cpu('750m')),
    undefined,
  ],
  ['a pod that has the minimum together', wholePod({ min: cpu('100m') }), podOf(2, cpu('75m'), {}), undefined],
  ['a pod that has just the maximum', wholePod({ max: cpu('2') }), podOf(2, cpu('500m'), cpu('1')), undefined],
  ['a pod of three tenths', wholePod({ max: cpu('300m') }), podOf(3, cpu('100m'), cpu('100m')), undefined],
  [
    'a pod with a ratio',
    wholePod({ max: memory('2Gi'), maxLimitRequestRatio: memory('1.5') }),
    podOf(3, memory('300Mi'), memory('450Mi')),
    undefined,
  ],
  [
    'a request below the minimum',
    container({ min: cpu('50m') }),
    podOf(1, cpu('40m'), cpu('200m')),
    'minimum cpu usage per Container is 50m, but request is 40m',
  ],
  [
    'no request where one is needed',
    wholePod({ min: cpu('50m') }),
    podOf(1, {}, {}),
    `minimum cpu usage per Pod is 50m.  ${NO_REQUEST}`,
  ],
  [
    'no limit where one is needed',
    wholePod({ max: memory('1Gi') }),
    podOf(1, {}, {}),
    `maximum memory usage per Pod is 1Gi.  ${NO_LIMIT}`,
  ],
  [
    'memory below the minimum',
    container({ min: memory('50Mi') }),
    podOf(1, memory('40Mi'), {}),
    'minimum memory usage per Container is 50Mi, but request is 40Mi',
  ],
  [
    'a limit above the maximum',
    container({ max: cpu('2') }),
    podOf(1, cpu('500m'), cpu('2500m')),
    'maximum cpu usage per Container is 2, but limit is 2500m',
  ],
  [
    'too great a ratio',
    container({ maxLimitRequestRatio: cpu('1') }),
    podOf(1, cpu('1250m'), cpu('2500m')),
    'cpu max limit to request ratio per Container is 1, but provided ratio is 2.000000',
  ],
  [
    'a pod below the minimum',
    wholePod({ min: cpu('100m') }),
    podOf(1, cpu('75m'), cpu('200m')),
    'minimum cpu usage per Pod is 100m, but request is 75m',
  ],
  [
    'a pod above the maximum',
    wholePod({ max: cpu('2') }),
    podOf(3, cpu('500m'), cpu('1')),
    'maximum cpu usage per Pod is 2, but limit is 3',
  ],
  [
    'a pod above the maximum of memory',
    wholePod({ max: memory('1Gi') }),
    podOf(3, memory('250Mi'), memory('500Mi')),
    'maximum memory usage per Pod is 1Gi, but limit is 1500Mi',
  ],
  [
    'a pod written in powers of 1000',
    wholePod({ max: memory('1G') }),
    podOf(2, memory('250M'), memory('750M')),
    'maximum memory usage per Pod is 1G, but limit is 1500M',
  ],
  [
    'a pod with too great a ratio',
    wholePod({ max: memory('2Gi'), maxLimitRequestRatio: memory('1.5') }),
    podOf(3, memory('250Mi'), memory('500Mi')),
    'memory max limit to request ratio per Pod is 1500m, but provided ratio is 2.000000',
  ],
  [
    'an init container that needs more than all others',
    wholePod({ max: cpu('1') }),
    podOf(1, {}, cpu('500m'), { initContainers: [{ name: 'i', image: 'i:1', resources: { limits: cpu('2') } }] }),
    'maximum cpu usage per Pod is 1, but limit is 2',
  ],
  [
    'an init container of its own',
    container({ max: cpu('1') }),
    podOf(1, {}, cpu('500m'), { initContainers: [{ name: 'i', image: 'i:1', resources: { limits: cpu('2') } }] }),
    'maximum cpu usage per Container is 1, but limit is 2',
  ],
];

describe('a LimitRange answers', () => {
  it.each(rows)('%s', (_what, item, request, words) => {
    expect(answer(item, request)).toBe(words);
  });
});

describe('several LimitRanges', () => {
  it('each give what the containers still lack, the older first, and all must be kept', () => {
    const model = new Model();
    const ranges = [
      limitRange(container({ default: cpu('1') })),
      limitRange(container({ default: { cpu: '2', memory: '1Gi' }, max: memory('2Gi') })),
    ].map((range, index) => ({ ...range, metadata: { ...range.metadata, name: `limits-${index}` } }));
    model.create(...ranges, podOf(1, {}, {}));
    expect(model.view.get(Pod, 'default', 'a')?.spec.containers[0]?.resources).toEqual({
      limits: { cpu: '1', memory: '1Gi' },
      requests: { cpu: '1', memory: '1Gi' },
    });
  });
});
