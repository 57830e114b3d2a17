import { describe, expect, it } from 'vitest';
import { problemText } from '../../src/machinery/api-error.ts';
import type { JsonSchema, ValidationRule } from '../../src/kinds/customresourcedefinition/types.ts';
import { ruleDefinitionProblems } from '../../src/kinds/customresourcedefinition/rule-compilation.ts';
import { ruleProblems } from '../../src/kinds/customresourcedefinition/validation-rules.ts';

/** x-kubernetes-validations: sentences as the API server gives them for the same rules. */

const SPEC: JsonSchema = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    minReplicas: { type: 'integer' },
    ratio: { type: 'number' },
    names: { type: 'array', items: { type: 'string' } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    until: { type: 'string', format: 'date-time' },
    wait: { type: 'string', format: 'duration' },
    raw: { type: 'string', format: 'byte' },
    port: { 'x-kubernetes-int-or-string': true },
    'dashed-name': { type: 'string' },
    namespace: { type: 'string' },
    left: { type: 'object', properties: { a: { type: 'integer' } } },
    right: { type: 'object', properties: { a: { type: 'integer' } } },
    memory: { type: 'string' },
    address: { type: 'string' },
    maybe: { type: 'string', nullable: true },
  },
};

function withRules(...rules: (string | ValidationRule)[]): JsonSchema {
  const validations = rules.map((rule) => (typeof rule === 'string' ? { rule } : rule));
  return { type: 'object', properties: { spec: { ...SPEC, 'x-kubernetes-validations': validations } } };
}

function problems(schema: JsonSchema, spec: object, oldSpec?: object): string[] {
  const definition = ruleDefinitionProblems(schema, 'schema').map(problemText);
  const old = oldSpec && { spec: oldSpec };
  return [...definition, ...ruleProblems(schema, { spec }, old).map(problemText)];
}

const FULL = {
  replicas: 3,
  minReplicas: 2,
  ratio: 0.5,
  names: ['a', 'b'],
  labels: { app: 'web' },
  until: '2026-01-01T00:00:00Z',
  wait: '1h30m',
  raw: 'aGk=',
  port: 80,
  'dashed-name': 'x',
  namespace: 'shop',
  left: { a: 1 },
  right: { a: 1 },
  memory: '1Gi',
  address: '10.1.2.3',
};

describe('what holds', () => {
  it.each([
    'self.minReplicas <= self.replicas',
    'self.ratio < 1.0',
    'self.ratio * 2.0 == double(1)',
    'has(self.until) && !has(self.maybe)',
    'self.names.all(n, n.size() == 1) && self.names.exists_one(n, n == "a")',
    "'app' in self.labels && self.labels['app'] == 'web' && self.labels.all(k, k.startsWith('a'))",
    'self.until > timestamp("2025-01-01T00:00:00Z")',
    'self.wait == duration("90m")',
    'self.raw == b"hi"',
    'type(self.port) == int ? self.port > 0 : self.port.endsWith("%")',
    "self.dashed__dash__name == 'x' && self.__namespace__ == 'shop'",
    'self.left == dyn(self.left) && self.left.a == self.right.a',
    'quantity(self.memory).isGreaterThan(quantity("512Mi")) && isQuantity("5m") && !isQuantity("five")',
    'cidr("10.0.0.0/8").containsIP(self.address) && ip(self.address).family() == 4 && !isIP("10.0.0")',
    'url("https://example.com:8443/a?x=1").getPort() == "8443" && isURL("/path") && !isURL("path")',
    'self.names.isSorted() && [1, 2].sum() == 3 && [3, 1].min() == 1 && self.names.indexOf("b") == 1',
    'sets.contains([1, 2], [1]) && sets.intersects(["a"], self.names) && sets.equivalent([1, 1], [1])',
    '"a-b-c".replace("-", "+", 1) == "a+b-c" && "abc123".find("[0-9]+") == "123" && "abc".charAt(1) == "b"',
    'self.?maybe.orValue("none") == "none" && self.labels[?"tier"].orValue("web") == "web"',
    'cel.bind(twice, self.replicas * 2, twice == 6)',
  ])('%s', (rule) => {
    expect(problems(withRules(rule), FULL)).toEqual([]);
  });
});

describe('what does not hold', () => {
  const rows: [string, ValidationRule, object, string[]][] = [
    [
      'names the rule where it has no message',
      { rule: ' self.minReplicas <= self.replicas' },
      { replicas: 1, minReplicas: 2 },
      ['spec: Invalid value: "object": failed rule: self.minReplicas <= self.replicas'],
    ],
    [
      'says its message',
      { rule: 'self.replicas > 1', message: ' needs more than one ' },
      { replicas: 1 },
      ['spec: Invalid value: "object": needs more than one'],
    ],
    [
      'makes a message of the values',
      {
        rule: 'self.replicas > 1',
        message: 'too few',
        messageExpression: '"wants more than " + string(self.replicas)',
      },
      { replicas: 1 },
      ['spec: Invalid value: "object": wants more than 1'],
    ],
    [
      'falls back to the message where the expression fails',
      { rule: 'self.replicas > 1', message: 'too few', messageExpression: '"x" + self.memory' },
      { replicas: 1 },
      ['spec: Invalid value: "object": too few'],
    ],
    [
      'blames a field below',
      { rule: 'self.replicas > 1', fieldPath: '.replicas', reason: 'FieldValueForbidden' },
      { replicas: 1 },
      ['spec.replicas: Forbidden: failed rule: self.replicas > 1'],
    ],
    [
      'may say that a value is required',
      { rule: 'has(self.memory)', fieldPath: '.memory', reason: 'FieldValueRequired', message: 'memory is needed' },
      { replicas: 1 },
      ['spec.memory: Required value: memory is needed'],
    ],
    [
      'says which key is missing',
      { rule: 'self.minReplicas > 1' },
      { replicas: 1 },
      ['spec: Invalid value: "object": no such key: minReplicas evaluating rule: self.minReplicas > 1'],
    ],
    [
      'says that a list is shorter',
      { rule: 'self.names[3] == "a"' },
      { names: ['a'] },
      ['spec: Invalid value: "object": index out of bounds: 3 evaluating rule: self.names[3] == "a"'],
    ],
    [
      'divides by nothing',
      { rule: '1 / self.replicas > 0', message: 'm' },
      { replicas: 0 },
      ['spec: Invalid value: "object": division by zero evaluating rule: m'],
    ],
  ];
  it.each(rows)('%s', (_, rule, spec, expected) => {
    expect(problems(withRules(rule), spec)).toEqual(expected);
  });

  it('names the root <nil>, and lets rules see name and kind there', () => {
    const schema: JsonSchema = {
      type: 'object',
      'x-kubernetes-validations': [{ rule: 'self.metadata.name.startsWith("a") && self.kind == "Tab"' }],
      properties: { spec: { type: 'object' } },
    };
    const object = (name: string) => ({ kind: 'Tab', apiVersion: 'x/v1', metadata: { name } });
    expect(ruleProblems(schema, object('abc'), undefined)).toEqual([]);
    expect(ruleProblems(schema, object('xyz'), undefined).map(problemText)).toEqual([
      '<nil>: Invalid value: "object": failed rule: self.metadata.name.startsWith("a") && self.kind == "Tab"',
    ]);
  });

  it('looks into lists, maps and allOf', () => {
    const positive = [{ rule: 'self > 0' }];
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        list: { type: 'array', items: { type: 'integer', 'x-kubernetes-validations': positive } },
        map: { type: 'object', additionalProperties: { type: 'integer', 'x-kubernetes-validations': positive } },
        one: { type: 'integer', allOf: [{ 'x-kubernetes-validations': positive }] },
      },
    };
    const found = ruleProblems(schema, { list: [1, -1], map: { a: 1, b: 0 }, one: 0 }, undefined).map(problemText);
    expect(found).toEqual([
      'list[1]: Invalid value: "integer": failed rule: self > 0',
      'map[b]: Invalid value: "integer": failed rule: self > 0',
      'one: Invalid value: "integer": failed rule: self > 0',
    ]);
  });
});

describe('rules of a change', () => {
  const immutable = withRules({ rule: 'self.memory == oldSelf.memory', message: 'memory is immutable' });

  it('are asked on an update alone', () => {
    expect(problems(immutable, { memory: '1Gi' })).toEqual([]);
    expect(problems(immutable, { memory: '1Gi' }, { memory: '1Gi' })).toEqual([]);
    expect(problems(immutable, { memory: '2Gi' }, { memory: '1Gi' })).toEqual([
      'spec: Invalid value: "object": memory is immutable',
    ]);
  });

  it('are asked on a creation too where the old value is optional', () => {
    const schema = withRules({ rule: 'oldSelf.hasValue() || self.replicas == 1', optionalOldSelf: true });
    expect(problems(schema, { replicas: 1 })).toEqual([]);
    expect(problems(schema, { replicas: 2 })).toHaveLength(1);
    expect(problems(schema, { replicas: 2 }, { replicas: 1 })).toEqual([]);
  });

  it('compare whole objects with what they were', () => {
    const schema = withRules('self.left == oldSelf.left');
    expect(problems(schema, { left: { a: 1 } }, { left: { a: 1 } })).toEqual([]);
    expect(problems(schema, { left: { a: 1 } }, { left: { a: 2 } })).toHaveLength(1);
  });

  it('spare what was broken before and has not changed', () => {
    const schema = withRules('self.replicas > 1');
    expect(problems(schema, { replicas: 1 }, { replicas: 1 })).toEqual([]);
    expect(problems(schema, { replicas: 1, ratio: 2 }, { replicas: 1 })).toHaveLength(1);
  });

  it('compare the items of a list by its keys', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            properties: { name: { type: 'string' }, port: { type: 'integer' } },
            'x-kubernetes-validations': [{ rule: 'self.port >= oldSelf.port' }],
          },
        },
      },
    };
    const old = {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 90 },
      ],
    };
    const object = {
      ports: [
        { name: 'b', port: 91 },
        { name: 'a', port: 79 },
        { name: 'c', port: 1 },
      ],
    };
    expect(ruleProblems(schema, object, old).map(problemText)).toEqual([
      'ports[1]: Invalid value: "object": failed rule: self.port >= oldSelf.port',
    ]);
  });
});

describe('rules that are none', () => {
  it.each([
    ['self.nothing == 1', 'compilation failed: ERROR: <input>: no such key: nothing'],
    ['self.replicas + 1', 'cel expression must evaluate to a bool'],
    ['self.replicas == "a"', 'compilation failed: ERROR: <input>: no such overload: int == string'],
    ['self.replicas >', 'compilation failed: ERROR: <input>: Unexpected token: EOF'],
  ])('%s', (rule, sentence) => {
    const path = 'schema.properties[spec].x-kubernetes-validations[0].rule';
    const found = ruleDefinitionProblems(withRules(rule), 'schema').map(problemText);
    expect(found).toEqual([`${path}: Invalid value: ${JSON.stringify(rule)}: ${sentence}`]);
  });

  it('are refused without a text, and with a message of several lines', () => {
    const found = ruleDefinitionProblems(
      withRules({ rule: ' ' }, { rule: 'true', message: 'a\nb' }, { rule: 'true\n|| false' }),
      's',
    ).map(problemText);
    const path = 's.properties[spec].x-kubernetes-validations';
    expect(found).toEqual([
      `${path}[0].rule: Required value: rule is not specified`,
      `${path}[1].message: Invalid value: "a\\nb": message must not contain line breaks`,
      `${path}[2].message: Required value: message must be specified if rule contains line breaks`,
    ]);
  });
});
