import { describe, expect, it } from 'vitest';
import {
  dataAt,
  MAX_PAST_LENGTH,
  MAX_PAST_STATES,
  rememberData,
  type RemembersData,
} from '../../src/machinery/past-data.ts';

/** An object that held each of the values in turn, from the given second on. */
function history(...values: [second: number, value: string][]): RemembersData {
  let object: RemembersData = { data: { key: 'first' } };
  for (const [second, value] of values) {
    const next: RemembersData = { ...object, data: { key: value } };
    rememberData(next, object, second * 1000);
    object = next;
  }
  return object;
}

const valueAt = (object: RemembersData, second: number) => dataAt(object, second * 1000).data?.['key'];

describe('what an object remembers', () => {
  it('is what it held at any moment of the last 90 s', () => {
    const object = history([10, 'a'], [30, 'b'], [60, 'c']);
    expect([9, 10, 29, 30, 59, 60, 100].map((second) => valueAt(object, second))).toEqual([
      'first',
      'a',
      'a',
      'b',
      'b',
      'c',
      'c',
    ]);
  });

  it('is forgotten when nobody can still see it', () => {
    expect(history([10, 'a'], [100, 'b'], [200, 'c']).runtime?.past).toEqual([
      { untilMs: 200_000, data: { key: 'b' } },
    ]);
  });

  it('says nothing of what was replaced in the same instant, or did not change', () => {
    expect(history([10, 'a'], [10, 'b']).runtime?.past).toEqual([{ untilMs: 10_000, data: { key: 'first' } }]);
    expect(history([10, 'first']).runtime).toBeUndefined();
  });

  it('has a limit in number and size; the last state is always kept', () => {
    const often = history(...Array.from({ length: 20 }, (_, second): [number, string] => [second + 1, `${second}`]));
    expect(often.runtime?.past).toHaveLength(MAX_PAST_STATES);
    expect(valueAt(often, 19)).toBe('18');
    const large = 'x'.repeat(MAX_PAST_LENGTH / 2);
    const few = history([1, `${large}1`], [2, `${large}2`], [3, 'c'], [4, 'd']);
    expect(few.runtime?.past?.map(({ untilMs }) => untilMs)).toEqual([3000, 4000]);
    const one = history([1, large + large], [2, 'b']);
    expect(one.runtime?.past?.map(({ untilMs }) => untilMs)).toEqual([2000]);
  });
});
