import { describe, expect, test } from 'vitest';
import { parseFieldSelector, parseLabelSelector } from '../../src/machinery/selector-parser.ts';
import { matches } from '../../src/machinery/selector.ts';

/** Cases of apimachinery pkg/labels/selector_test.go. */
describe('label selectors', () => {
  const MATCH: [string, Record<string, string>, boolean][] = [
    ['', { x: 'y' }, true],
    ['x=y', { x: 'y' }, true],
    ['x==y,z=w', { x: 'y', z: 'w' }, true],
    ['x!=y,z!=w', { x: 'z', z: 'a' }, true],
    ['x', { x: '' }, true],
    ['!x', { y: 'z' }, true],
    ['!x', { x: 'z' }, false],
    ['x in (a,b)', { x: 'b' }, true],
    ['x in (a, b ), y', { x: 'b' }, false],
    ['x notin (a,b)', {}, true],
    ['x>1', { x: '2' }, true],
    ['x<1', { x: '0' }, true],
    ['x>1', { x: 'two' }, false],
    ['x=', { x: '' }, true],
    ['x in (a,)', { x: '' }, true],
    ['x in (in, notin)', { x: 'notin' }, true],
    ['kubernetes.io/os = linux', { 'kubernetes.io/os': 'linux' }, true],
  ];
  test.each(MATCH)('"%s" on %j is %s', (text, labels, expected) => {
    const parsed = parseLabelSelector(text);
    expect(parsed.ok && matches(parsed.value, labels)).toBe(expected);
  });

  const REFUSED: [string, string][] = [
    ['x=a||y=b', `unable to parse requirement: values[0][x]: Invalid value: "a||y": `],
    ['x==a==b', "found '==', expected: ',' or 'end of string'"],
    ['!x=a', "found '=', expected: ',' or 'end of string'"],
    [
      'x in ()',
      "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
    ],
    ['x in a', "unable to parse requirement: found 'a' expected: '('"],
    ['x,', "found '', expected: identifier after ','"],
    [
      'x>one',
      "unable to parse requirement: values[0]: Invalid value: \"one\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    ['-x=1', 'unable to parse requirement: <nil>: Invalid value: "-x": name part must consist of'],
    ['x y', "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"],
  ];
  test.each(REFUSED)('"%s" is refused: %s', (text, message) => {
    const parsed = parseLabelSelector(text);
    expect(parsed.ok ? '' : parsed.error.message).toContain(message);
  });
});

/** Cases of apimachinery pkg/fields/selector_test.go. */
describe('field selectors', () => {
  const READ: [string, string[]][] = [
    ['', []],
    ['a=1', ['a = 1']],
    ['a==1,b!=2', ['a = 1', 'b != 2']],
    ['a=', ['a = ']],
    ['a=1,', ['a = 1']],
    ['a=x\\,y', ['a = x,y']],
    ['a=x\\=y\\\\', ['a = x=y\\']],
  ];
  test.each(READ)('"%s" asks for %j', (text, expected) => {
    const parsed = parseFieldSelector(text);
    expect(
      parsed.ok && parsed.value.map(({ field, equals, value }) => `${field} ${equals ? '=' : '!='} ${value}`),
    ).toEqual(expected);
  });

  test('a term without an operator is refused', () => {
    const parsed = parseFieldSelector('a=1,b');
    expect(parsed.ok ? '' : parsed.error.message).toBe("invalid selector: 'a=1,b'; can't understand 'b'");
  });
});
