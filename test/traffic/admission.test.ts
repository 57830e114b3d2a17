import { describe, expect, it } from 'vitest';
import { Model } from '../support/model.ts';
import { traffic } from './support.ts';

const RATE_WORDS = 'must be greater than 0 and at most 1000000';
const TIME_WORDS = 'must be an RFC 3339 time, or a duration such as "90s"';

describe('a traffic source is refused', () => {
  const cases: [string, Record<string, unknown>, string][] = [
    ['without a Service', { service: undefined }, 'spec.service: Required value'],
    ['with a path for a Service', { service: 'a/b/c' }, 'spec.service: Invalid value: "a/b/c"'],
    ['with a name that no Service may have', { service: 'Web' }, 'spec.service: Invalid value: "Web"'],
    ['without a rate', { requestsPerSecond: undefined }, 'spec.requestsPerSecond: Required value'],
    ['with no requests', { requestsPerSecond: 0 }, `spec.requestsPerSecond: Invalid value: 0: ${RATE_WORDS}`],
    ['with too many', { requestsPerSecond: 2e6 }, `spec.requestsPerSecond: Invalid value: 2000000: ${RATE_WORDS}`],
    ['with no time to begin at', { from: 'soon' }, `spec.from: Invalid value: "soon": ${TIME_WORDS}`],
    ['with a beginning before its creation', { from: '-5s' }, `spec.from: Invalid value: "-5s": ${TIME_WORDS}`],
    [
      'that ends before it begins',
      { from: '1m', until: '30s' },
      'spec.until: Invalid value: "30s": must be later than `from`',
    ],
    ['with a port out of range', { port: 70_000 }, 'spec.port: Invalid value: 70000'],
    ['with an address that is none', { clientIP: '10.0.0' }, 'spec.clientIP: Invalid value: "10.0.0"'],
    [
      'with too many clients',
      { clients: 101 },
      'spec.clients: Invalid value: 101: must be between 1 and 100, inclusive',
    ],
    ['with several clients of one address', { clients: 2, clientIP: '10.0.0.1' }, 'spec.clients: Forbidden'],
  ];

  it.each(cases)('%s', (_name, spec, words) => {
    expect(() => new Model().create(traffic(10, spec))).toThrow(words);
  });
});
