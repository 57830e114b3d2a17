import { expect, it } from 'vitest';
import type { LabelSelector } from '../../src/machinery/selector.ts';
import { formatLabelSelector } from '../../src/machinery/selector-text.ts';

it.each<[string, LabelSelector | undefined, string]>([
  ['a missing selector is none', undefined, '<none>'],
  ['an empty selector is none', {}, '<none>'],
  ['labels are written with an equals sign', { matchLabels: { app: 'web' } }, 'app=web'],
  [
    'an expression of one value keeps its parentheses',
    { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
    'app in (web)',
  ],
  [
    'values are sorted, and so are keys',
    {
      matchLabels: { tier: 'front' },
      matchExpressions: [
        { key: 'env', operator: 'In', values: ['test', 'prod'] },
        { key: 'app', operator: 'NotIn', values: ['db'] },
        { key: 'beta', operator: 'Exists' },
        { key: 'canary', operator: 'DoesNotExist' },
      ],
    },
    'app notin (db),beta,!canary,env in (prod,test),tier=front',
  ],
])('%s', (_name, selector, text) => {
  expect(formatLabelSelector(selector)).toBe(text);
});
