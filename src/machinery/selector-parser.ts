import { fail, ok, type Result } from './api-error.ts';
import { labelValueProblems, qualifiedNameProblems } from './metadata-validation.ts';
import type { Requirement, Selector, SelectorOperator } from './selector.ts';

/**
 * Selectors as kubectl takes them: `app=web,tier in (a,b),!canary`. Grammar and sentences are those of
 * apimachinery/pkg/labels/selector.go.
 */

type Token = 'identifier' | 'end' | 'error' | 'in' | 'notin' | '=' | '==' | '!=' | '>' | '<' | '!' | '(' | ')' | ',';

interface Lexeme {
  token: Token;
  text: string;
}

const SYMBOLS = new Set(['=', '==', '!=', '>', '<', '!', '(', ')', ',']);
const SPECIAL = '=!(),><';
const BINARY_OPERATORS = 'in, notin, =, ==, !=, gt, lt';

/** A sentence of the parser, on its way to the `Result`. */
class SelectorProblem extends Error {}

/** labels.Parse: the label selector, or a BadRequest that says what was found and what was expected. */
export function parseLabelSelector(text: string): Result<Selector> {
  try {
    return ok({ requirements: new LabelParser(text).parse() });
  } catch (error) {
    if (error instanceof SelectorProblem) return fail('BadRequest', error.message);
    throw error;
  }
}

function scan(text: string): Lexeme[] {
  const lexemes: Lexeme[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (/[ \t\r\n]/.test(character)) {
      at++;
    } else if (SPECIAL.includes(character)) {
      const pair = text.slice(at, at + 2);
      const symbol = SYMBOLS.has(pair) ? pair : character;
      lexemes.push({ token: symbol as Token, text: symbol });
      at += symbol.length;
    } else {
      const word = /^[^=!(),>< \t\r\n]+/.exec(text.slice(at))?.[0] ?? character;
      lexemes.push({ token: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
      at += word.length;
    }
  }
  return lexemes;
}

class LabelParser {
  private readonly lexemes: Lexeme[];
  private position = 0;

  constructor(text: string) {
    this.lexemes = scan(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const { token, text } = this.peek();
      if (token === 'end') return requirements;
      if (token !== 'identifier' && token !== '!') {
        throw new SelectorProblem(`found '${text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.parseRequirement());
      const next = this.take();
      if (next.token === 'end') return requirements;
      if (next.token !== ',') throw new SelectorProblem(`found '${next.text}', expected: ',' or 'end of string'`);
      const after = this.peek();
      if (after.token !== 'identifier' && after.token !== '!') {
        throw new SelectorProblem(`found '${after.text}', expected: identifier after ','`);
      }
    }
  }

  private parseRequirement(): Requirement {
    try {
      const requirement = this.readRequirement();
      checkRequirement(requirement);
      return requirement;
    } catch (error) {
      if (error instanceof SelectorProblem) throw new SelectorProblem(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  private readRequirement(): Requirement {
    let lexeme = this.take();
    const negated = lexeme.token === '!';
    if (negated) lexeme = this.take();
    if (lexeme.token !== 'identifier') throw new SelectorProblem(`found '${lexeme.text}', expected: identifier`);
    const key = lexeme.text;
    checkKey(key, '<nil>');
    const { token } = this.peek();
    if (negated) return { key, operator: 'DoesNotExist', values: [] };
    if (token === 'end' || token === ',') return { key, operator: 'Exists', values: [] };
    const operator = this.readOperator();
    const values = this.lastOperator === 'in' || this.lastOperator === 'notin' ? this.readValues() : this.readValue();
    return { key, operator, values };
  }

  private lastOperator: Token = 'end';

  private readOperator(): SelectorOperator {
    const { token, text } = this.take();
    this.lastOperator = token;
    switch (token) {
      case 'in':
      case '=':
      case '==':
        return 'In';
      case 'notin':
      case '!=':
        return 'NotIn';
      case '>':
        return 'Gt';
      case '<':
        return 'Lt';
      default:
        throw new SelectorProblem(`found '${text}', expected: ${BINARY_OPERATORS}`);
    }
  }

  private readValue(): string[] {
    const next = this.peekValue();
    if (next.token === 'end' || next.token === ',') return [''];
    const { token, text } = this.takeValue();
    if (token !== 'identifier') throw new SelectorProblem(`found '${text}', expected: identifier`);
    return [text];
  }

  private readValues(): string[] {
    const open = this.takeValue();
    if (open.token !== '(') throw new SelectorProblem(`found '${open.text}' expected: '('`);
    const first = this.peekValue();
    if (first.token === ')') {
      this.take();
      return [];
    }
    if (first.token !== 'identifier' && first.token !== ',') {
      throw new SelectorProblem(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = this.readList();
    const close = this.takeValue();
    if (close.token !== ')') throw new SelectorProblem(`found '${close.text}', expected: ')'`);
    return values;
  }

  private readList(): string[] {
    const values = new Set<string>();
    for (;;) {
      const { token, text } = this.takeValue();
      const next = this.peekValue();
      if (token === 'identifier') {
        values.add(text);
        if (next.token === ')') return [...values];
        if (next.token !== ',') throw new SelectorProblem(`found '${next.text}', expected: ',' or ')'`);
      } else if (token === ',') {
        if (values.size === 0) values.add('');
        if (next.token === ')' || next.token === ',') values.add('');
        if (next.token === ')') return [...values];
        if (next.token === ',') this.take();
      } else {
        throw new SelectorProblem(`found '${text}', expected: ',', or identifier`);
      }
    }
  }

  private peek(): Lexeme {
    return this.lexemes[this.position] ?? { token: 'end', text: '' };
  }

  private take(): Lexeme {
    const lexeme = this.peek();
    this.position++;
    return lexeme;
  }

  /** Among values `in` and `notin` are ordinary words. */
  private peekValue(): Lexeme {
    const lexeme = this.peek();
    return lexeme.token === 'in' || lexeme.token === 'notin' ? { token: 'identifier', text: lexeme.text } : lexeme;
  }

  private takeValue(): Lexeme {
    const lexeme = this.peekValue();
    this.position++;
    return lexeme;
  }
}

function checkKey(key: string, path: string): void {
  const problems = qualifiedNameProblems(key);
  if (problems.length > 0) {
    throw new SelectorProblem(`${path}: Invalid value: ${JSON.stringify(key)}: ${problems.join('; ')}`);
  }
}

/** labels.NewRequirement */
function checkRequirement({ key, operator, values }: Requirement): void {
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    throw new SelectorProblem("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
  }
  values.forEach((value, index) => {
    const text = JSON.stringify(value);
    if ((operator === 'Gt' || operator === 'Lt') && !/^[+-]?\d+$/.test(value)) {
      throw new SelectorProblem(
        `values[${index}]: Invalid value: ${text}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    const problems = labelValueProblems(value);
    if (problems.length > 0) {
      throw new SelectorProblem(`values[${index}][${key}]: Invalid value: ${text}: ${problems.join('; ')}`);
    }
  });
}

/** One term of a field selector: `spec.nodeName!=a`. */
export interface FieldRequirement {
  field: string;
  equals: boolean;
  value: string;
}

/** fields.ParseSelector: terms of `field=value`, `field==value`, `field!=value`; a backslash escapes `,`, `=` and itself. */
export function parseFieldSelector(text: string): Result<readonly FieldRequirement[]> {
  const terms: FieldRequirement[] = [];
  for (const part of splitTerms(text)) {
    if (part === '') continue;
    const match = /^((?:\\.|[^\\=!])*?)(!=|==|=)(.*)$/s.exec(part);
    if (!match) return fail('BadRequest', `invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = '', operator, raw = ''] = match;
    const value = unescapeValue(raw);
    if (value === undefined) return fail('BadRequest', `invalid field selector: invalid escape sequence in '${raw}'`);
    terms.push({ field, equals: operator !== '!=', value });
  }
  return ok(terms);
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let term = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') {
      term += text.slice(at, at + 2);
      at++;
    } else if (text[at] === ',') {
      terms.push(term);
      term = '';
    } else {
      term += text[at];
    }
  }
  return [...terms, term];
}

function unescapeValue(raw: string): string | undefined {
  if (/(?<!\\)(?:\\\\)*(?:[=,]|\\(?![\\=,]))/.test(raw)) return undefined;
  return raw.replace(/\\([\\=,])/g, '$1');
}
