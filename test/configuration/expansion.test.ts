import { describe, expect, it } from 'vitest';
import { expandVariables } from '../../src/machinery/variable-expansion.ts';

const VALUES = new Map([
  ['VAR_A', 'A'],
  ['VAR_B', 'B'],
  ['VAR_C', 'C'],
  ['VAR_REF', '$(VAR_A)'],
  ['VAR_EMPTY', ''],
]);

const expand = (text: string) => expandVariables(text, (name) => VALUES.get(name));

describe('references to variables', () => {
  it.each([
    ['a reference is replaced', '$(VAR_A)', 'A'],
    ['one that is repeated', '$(VAR_A)-$(VAR_A)', 'A-A'],
    ['one at the beginning', '$(VAR_A)-1', 'A-1'],
    ['one in the middle', '___$(VAR_B)___', '___B___'],
    ['one at the end', '___$(VAR_C)', '___C'],
    ['several', '$(VAR_A)_$(VAR_B)_$(VAR_C)', 'A_B_C'],
    ['two operators escape a reference', '$$(VAR_B)_$(VAR_A)', '$(VAR_B)_A'],
    ['each pair by itself', '$$(VAR_A)_$$(VAR_B)', '$(VAR_A)_$(VAR_B)'],
    ['an escape needs no reference', 'f000-$$VAR_A', 'f000-$VAR_A'],
    ['a backslash escapes nothing', String.raw`foo\$(VAR_C)bar`, String.raw`foo\Cbar`],
    ['nor do several', String.raw`foo\\\\$(VAR_A)bar`, String.raw`foo\\\\Abar`],
    ['references do not nest', '$(VAR_A$(VAR_B))', '$(VAR_A$(VAR_B))'],
    ['nor unfinished ones', '$(VAR_A$(VAR_B)', '$(VAR_A$(VAR_B)'],
    ['a value is not expanded again', '$(VAR_REF)', '$(VAR_A)'],
    ['wherever it stands', '%%$(VAR_REF)--$(VAR_REF)%%', '%%$(VAR_A)--$(VAR_A)%%'],
    ['an empty value', 'foo$(VAR_EMPTY)bar', 'foobar'],
    ['an unfinished reference stays', 'foo$(VAR_Awhoops!', 'foo$(VAR_Awhoops!'],
    ['without operator nothing happens', 'f00__(VAR_A)__', 'f00__(VAR_A)__'],
    ["a shell's own variables stay", '$?_boo_$!', '$?_boo_$!'],
    ['so do bare names', '$VAR_A', '$VAR_A'],
    ['an unknown name stays', '$(VAR_DNE)', '$(VAR_DNE)'],
    ['an even number of operators before an unknown name', '$$$$$$(BIG_MONEY)', '$$$(BIG_MONEY)'],
    ['an even number before a known one', '$$$$$$(VAR_A)', '$$$(VAR_A)'],
    ['an odd number before an unknown name', '$$$$$$$(GOOD_ODDS)', '$$$$(GOOD_ODDS)'],
    ['an odd number before a known one', '$$$$$$$(VAR_A)', '$$$A'],
    ['an opening bracket is needed', '$VAR_A)', '$VAR_A)'],
    ["curly brackets are the shell's", '${VAR_A}', '${VAR_A}'],
    ['what is unfinished at the end stays', '$(VAR_B)_______$(A', 'B_______$(A'],
    ['even without a name', '$(VAR_C)_______$(', 'C_______$('],
    ['an operator at the end stays', '$(VAR_A)foobarzab$', 'Afoobarzab$'],
    ['an unfinished one behind a backslash', String.raw`foo-\$(VAR_A`, String.raw`foo-\$(VAR_A`],
    ['many unfinished ones in the middle', '--$($($($($--', '--$($($($($--'],
    ['at the beginning', '$($($($($--foo$(', '$($($($($--foo$('],
    ['at the end', 'foo0--$($($($(', 'foo0--$($($($('],
    ['operators in a name are no escapes', '$(foo$$var)', '$(foo$$var)'],
    ['an empty name is a name that nothing is known of', '$()', '$()'],
    ['a line break stays', '\n', '\n'],
  ])('%s', (_rule, text, expected) => {
    expect(expand(text)).toBe(expected);
  });
});
