import { describe, expect, it } from 'vitest';
import {
  limitByRules,
  limitPlainly,
  recommend,
  remember,
  scaleDownLimit,
  scaleUpLimit,
  stabilizeByRules,
  stabilizePlainly,
} from '../../src/kinds/horizontalpodautoscaler/behavior.ts';
import type { Recommendation, ScaleEvent, ScalingRules } from '../../src/kinds/horizontalpodautoscaler/types.ts';

const NOW = 1_000_000_000;
const ago = (seconds: number) => NOW - seconds * 1000;

/** Cases of pkg/controller/podautoscaler/horizontal_test.go (TestConvertDesiredReplicasWithRules). */
describe('without behaviour, a recommendation', () => {
  it.each([
    ['in range is followed', 5, 5, 1, 10, 5, 'DesiredWithinRange'],
    ['below the minimum is raised to it', 3, 1, 2, 10, 2, 'TooFewReplicas'],
    ['above the maximum is cut to it', 8, 14, 1, 10, 10, 'TooManyReplicas'],
    ['of more than double is cut to double', 10, 24, 1, 200, 20, 'ScaleUpLimit'],
    ['may reach four from one', 1, 9, 1, 10, 4, 'ScaleUpLimit'],
  ])('%s', (_sentence, current, desired, min, max, replicas, reason) => {
    expect(limitPlainly(desired, { min, max, current })).toMatchObject({ replicas, reason });
  });
});

describe('the policies of a behaviour', () => {
  const pods = (value: number, periodSeconds = 60) => ({ type: 'Pods' as const, value, periodSeconds });
  const percent = (value: number, periodSeconds = 60) => ({ type: 'Percent' as const, value, periodSeconds });
  const none = { scaleUps: [], scaleDowns: [] };
  const event = (replicas: number, seconds: number): ScaleEvent => ({ replicas, at: ago(seconds) });

  it.each<[string, number, ScalingRules, number]>([
    ['allow the larger of several', 10, { selectPolicy: 'Max', policies: [pods(4), percent(100)] }, 20],
    ['allow the smaller of several where asked', 10, { selectPolicy: 'Min', policies: [pods(4), percent(100)] }, 14],
    ['allow nothing where disabled', 10, { selectPolicy: 'Disabled', policies: [pods(4)] }, 10],
    ['round a percentage up', 1, { selectPolicy: 'Max', policies: [percent(10)] }, 2],
  ])('up: %s', (_sentence, current, rules, expected) => {
    expect(scaleUpLimit(current, rules, none, NOW)).toBe(expected);
  });

  it.each<[string, number, ScalingRules, number]>([
    ['allow the larger change of several', 10, { selectPolicy: 'Max', policies: [pods(4), percent(50)] }, 5],
    ['allow the smaller change where asked', 10, { selectPolicy: 'Min', policies: [pods(4), percent(50)] }, 6],
    ['allow nothing where disabled', 10, { selectPolicy: 'Disabled', policies: [pods(4)] }, 10],
    ['round what is left down', 5, { selectPolicy: 'Max', policies: [percent(50)] }, 2],
  ])('down: %s', (_sentence, current, rules, expected) => {
    expect(scaleDownLimit(current, rules, none, NOW)).toBe(expected);
  });

  it('count what was added and taken away within their period', () => {
    const history = { scaleUps: [event(3, 30), event(9, 90)], scaleDowns: [event(2, 10)] };
    expect(scaleUpLimit(10, { policies: [pods(4)] }, history, NOW)).toBe(10 - 3 + 2 + 4);
    expect(scaleDownLimit(10, { policies: [pods(4)] }, history, NOW)).toBe(10 - 3 + 2 - 4);
  });

  it('limit a recommendation, and say so', () => {
    const rules = { up: { policies: [pods(2)] }, down: { policies: [pods(2)] } };
    const limits = { min: 1, max: 20, current: 10 };
    expect(limitByRules(15, limits, rules, none, NOW)).toMatchObject({ replicas: 12, reason: 'ScaleUpLimit' });
    expect(limitByRules(5, limits, rules, none, NOW)).toMatchObject({ replicas: 8, reason: 'ScaleDownLimit' });
    expect(limitByRules(11, limits, rules, none, NOW)).toMatchObject({ replicas: 11, reason: 'DesiredWithinRange' });
    const used = { scaleUps: [event(5, 5)], scaleDowns: [] };
    expect(limitByRules(15, limits, rules, used, NOW)).toMatchObject({ replicas: 10, reason: 'ScaleUpLimit' });
    const narrow = { min: 9, max: 11, current: 10 };
    expect(limitByRules(15, narrow, rules, none, NOW)).toMatchObject({ replicas: 11, reason: 'TooManyReplicas' });
    expect(limitByRules(5, narrow, rules, none, NOW)).toMatchObject({ replicas: 9, reason: 'TooFewReplicas' });
  });

  it('remember events for the longest period', () => {
    const events = remember([event(1, 200), event(2, 50)], 3, { policies: [pods(1, 60), pods(1, 30)] }, NOW);
    expect(events).toEqual([event(2, 50), event(3, 0)]);
  });
});

describe('stabilization', () => {
  const recommended = (...entries: [number, number][]): Recommendation[] =>
    entries.map(([replicas, seconds]) => ({ replicas, at: ago(seconds) }));

  it('goes down only to the highest recommendation of five minutes', () => {
    expect(stabilizePlainly(3, recommended([8, 600], [5, 200]), NOW)).toBe(8);
    expect(stabilizePlainly(3, recommended([8, 900], [5, 400]), NOW)).toBe(5);
    expect(stabilizePlainly(9, recommended([5, 400]), NOW)).toBe(9);
  });

  it('keeps within the lowest of the window up and the highest of the window down', () => {
    const rules = { up: { stabilizationWindowSeconds: 60 }, down: { stabilizationWindowSeconds: 120 } };
    const history = recommended([4, 300], [7, 30]);
    expect(stabilizeByRules(9, 5, rules, history, NOW)).toMatchObject({ replicas: 5, reason: 'ScaleUpStabilized' });
    expect(stabilizeByRules(2, 5, rules, history, NOW)).toMatchObject({ replicas: 5, reason: 'ScaleDownStabilized' });
    const immediate = { up: { stabilizationWindowSeconds: 0 }, down: { stabilizationWindowSeconds: 0 } };
    expect(stabilizeByRules(9, 5, immediate, history, NOW).replicas).toBe(9);
    expect(stabilizeByRules(2, 5, immediate, history, NOW).replicas).toBe(2);
  });

  it('writes down only changes, and forgets what no window reaches', () => {
    const same = recommended([5, 100]);
    expect(recommend(same, 5, 300, NOW)).toEqual(same);
    expect(recommend(recommended([4, 900], [5, 400], [6, 100]), 7, 300, NOW)).toEqual(
      recommended([5, 400], [6, 100], [7, 0]),
    );
  });
});
