import { describe, expect, it } from 'vitest';
import {
  averageReplicas,
  utilizationReplicas,
  type Sample,
} from '../../src/kinds/horizontalpodautoscaler/replica-calculator.ts';
import { formatDecimal } from '../../src/kinds/horizontalpodautoscaler/proposals.ts';
import type { Pod, PodPhase } from '../../src/kinds/pod/types.ts';
import { HOUR_MS, toTimestamp } from '../../src/machinery/time.ts';

const NOW = Date.UTC(2026, 0, 1);

interface Options {
  current: number;
  /** Millicores used by each pod that has a metric, in order. */
  levels: number[];
  requests?: (string | undefined)[];
  pods?: number;
  /** Which pods are ready: "TTF". Default: all. */
  ready?: string;
  phases?: PodPhase[];
  /** Pods that started this minute, their first metric too young: "HCC". */
  heat?: string;
  deleted?: string;
}

function sampleOf(options: Options): Sample {
  const count = options.pods ?? Math.max(options.current, options.levels.length);
  const pods = Array.from({ length: count }, (_each, index) => podOf(index, options));
  const metrics = new Map(
    options.levels.map((value, index) => [`pod-${index}`, { value, at: NOW - 15_000, windowMs: 60_000 }] as const),
  );
  return {
    pods,
    metrics,
    resource: 'cpu',
    currentReplicas: options.current,
    tolerances: { up: 0.1, down: 0.1 },
    now: NOW,
  };
}

function podOf(index: number, { ready, phases, heat, deleted, requests }: Options): Pod {
  const isReady = (ready?.[index] ?? 'T') === 'T';
  const isHot = heat?.[index] === 'H';
  const startTime = toTimestamp(NOW - (isHot ? 30_000 : HOUR_MS));
  const changed = toTimestamp(NOW - (isHot ? 30_000 : isReady ? HOUR_MS - 180_000 : HOUR_MS));
  const request = requests ? requests[index] : '1';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `pod-${index}`,
      uid: `pod-${index}`,
      resourceVersion: '1',
      creationTimestamp: startTime,
      ...(deleted?.[index] === 'D' ? { deletionTimestamp: startTime } : {}),
    },
    spec: {
      containers: [
        { name: 'web', image: 'web', ...(request === undefined ? {} : { resources: { requests: { cpu: request } } }) },
      ],
    },
    status: {
      phase: phases?.[index] ?? 'Running',
      startTime,
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: changed }],
    },
  };
}

/** Cases of pkg/controller/podautoscaler/replica_calculator_test.go. */
describe('a target of utilization', () => {
  const rows: [string, Options, number, number, number, number][] = [
    ['asks for more where the average is above', { current: 3, levels: [300, 500, 700] }, 30, 5, 50, 500],
    [
      'does not count a pod that is not ready, but as idle',
      { current: 3, levels: [300, 500, 700], ready: 'FTT' },
      30,
      4,
      60,
      600,
    ],
    [
      'does not count a pod that has just started',
      { current: 3, levels: [300, 500, 700], heat: 'HCC' },
      30,
      4,
      60,
      600,
    ],
    ['stays where most are not ready', { current: 3, levels: [400, 500, 700], ready: 'TFF' }, 30, 3, 40, 400],
    ['stays where most have just started', { current: 3, levels: [400, 500, 700], heat: 'CHH' }, 30, 3, 40, 400],
    [
      'ignores failed pods',
      { current: 2, levels: [500, 700], pods: 4, ready: 'TTFF', phases: ['Running', 'Running', 'Failed', 'Failed'] },
      30,
      4,
      60,
      600,
    ],
    ['ignores pods on their way out', { current: 2, levels: [500, 700], pods: 4, deleted: '..DD' }, 30, 4, 60, 600],
    ['asks for fewer where the average is below', { current: 5, levels: [100, 300, 500, 250, 250] }, 50, 3, 28, 280],
    [
      'does not count unready pods on the way down',
      { current: 5, levels: [100, 300, 500, 250, 250], ready: 'TTTFF' },
      50,
      2,
      30,
      300,
    ],
    [
      'stays within a tenth of it',
      { current: 3, levels: [1010, 1030, 1020], requests: ['900m', '1', '1100m'] },
      100,
      3,
      102,
      1020,
    ],
    ['takes a missing pod as fully used on the way down', { current: 4, levels: [400, 95] }, 100, 3, 24, 247],
    ['stays with one missing and the other at the target', { current: 2, levels: [1000] }, 100, 2, 100, 1000],
    ['stays with one missing and the other above', { current: 2, levels: [1900] }, 100, 2, 190, 1900],
    ['stays with one missing and the other below', { current: 2, levels: [600] }, 100, 2, 60, 600],
    ['stays with one unready, one missing', { current: 3, levels: [100, 450], ready: 'FTT' }, 50, 3, 45, 450],
    ['goes up with one unready, one missing', { current: 3, levels: [100, 2000], ready: 'FTT' }, 50, 4, 200, 2000],
    ['goes down with one unready, one missing', { current: 4, levels: [100, 100, 100], ready: 'FTTT' }, 50, 3, 10, 100],
  ];
  it.each(rows)('%s', (_sentence, options, target, replicas, utilization, average) => {
    expect(utilizationReplicas(sampleOf(options), target, '')).toEqual({
      ok: true,
      value: { replicas, utilization, average },
    });
  });

  const failures: [string, Options, string, string][] = [
    [
      'no pods',
      { current: 0, levels: [], pods: 0 },
      '',
      'no pods returned by selector while calculating replica count',
    ],
    [
      'only unready pods',
      { current: 2, levels: [100, 100], ready: 'FF' },
      '',
      'did not receive metrics for targeted pods (pods might be unready)',
    ],
    [
      'a pod that asks for nothing',
      { current: 1, levels: [100], requests: [undefined] },
      '',
      'missing request for cpu in container web of Pod pod-0',
    ],
    ['a container that is not there', { current: 1, levels: [100] }, 'mesh', 'container mesh not found in Pod pod-0'],
  ];
  it.each(failures)('fails with %s', (_sentence, options, container, message) => {
    expect(utilizationReplicas(sampleOf(options), 50, container)).toMatchObject({ ok: false, error: { message } });
  });

  it('has its own tolerances up and down', () => {
    const at = (level: number, tolerances: { up: number; down: number }) => {
      const result = utilizationReplicas({ ...sampleOf({ current: 2, levels: [level, level] }), tolerances }, 100, '');
      return result.ok && result.value.replicas;
    };
    expect(at(1250, { up: 0.3, down: 0 })).toBe(2);
    expect(at(1350, { up: 0.3, down: 0 })).toBe(3);
    expect(at(400, { up: 0, down: 0.7 })).toBe(2);
    expect(at(400, { up: 0, down: 0.5 })).toBe(1);
  });
});

describe('a target of an average', () => {
  it.each([
    ['asks for more where the average is above', { current: 3, levels: [300, 500, 700] }, 300, 5, 500],
    ['asks for fewer where it is below', { current: 5, levels: [100, 300, 500, 250, 250] }, 500, 3, 280],
    ['takes a missing pod as on target on the way down', { current: 4, levels: [100, 100] }, 400, 3, 100],
    ['takes a missing pod as idle on the way up', { current: 3, levels: [900, 900] }, 300, 6, 900],
  ])('%s', (_sentence, options, target, replicas, average) => {
    expect(averageReplicas(sampleOf(options), target)).toEqual({ ok: true, value: { replicas, average } });
  });
});

it.each([
  [150, '150m'],
  [2_000, '2'],
  [50_000_000_000, '50M'],
  [104_857_600_000, '104857600'],
  [0, '0'],
])('%d thousandths are written as %s', (milli, text) => {
  expect(formatDecimal(milli)).toBe(text);
});
