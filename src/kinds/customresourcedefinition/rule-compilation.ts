import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { newExpressionEnvironment } from './expressions/functions.ts';
import { declareType } from './rule-types.ts';
import type { JsonSchema, ValidationRule } from './types.ts';

/** Rules of x-kubernetes-validations, made ready to be asked; and what a definition is refused with where one is none. */

const rulesWithin = new WeakMap<JsonSchema, boolean>();

/** Whether a schema carries rules anywhere. */
export function hasRules(schema: JsonSchema): boolean {
  let known = rulesWithin.get(schema);
  if (known === undefined) {
    known = (schema['x-kubernetes-validations'] ?? []).length > 0 || childrenOf(schema).some(hasRules);
    rulesWithin.set(schema, known);
  }
  return known;
}

function childrenOf({ properties = {}, items, additionalProperties, allOf = [] }: JsonSchema): JsonSchema[] {
  const children = [...Object.values(properties), ...allOf];
  if (items) children.push(items);
  if (typeof additionalProperties === 'object') children.push(additionalProperties);
  return children;
}

export function isEmbedded(schema: JsonSchema): boolean {
  return schema['x-kubernetes-embedded-resource'] === true;
}

/** A rule ready to be asked. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly usesOld: boolean;
  readonly holds: ParseResult;
  readonly message: ParseResult | undefined;
}

interface CompiledSchema {
  readonly rules: readonly CompiledRule[];
  readonly scope: Scope;
}

/** Kubernetes' words for the few faults of evaluation that it names. */
export function errorText(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
  const outside = /index out of bounds, index (-?\d+)/.exec(text);
  if (outside) return `index out of bounds: ${outside[1]}`;
  return text.replace(/^No such key: /, 'no such key: ').replace(/^integer overflow.*/, 'integer overflow');
}

const compiledSchemas = new WeakMap<JsonSchema, CompiledSchema | undefined>();

/** The rules of one schema; undefined where its type is not known. */
export function compiledRules(rules: JsonSchema, types: JsonSchema, isResource: boolean): CompiledSchema | undefined {
  if (!compiledSchemas.has(rules)) compiledSchemas.set(rules, compile(rules, types, isResource));
  return compiledSchemas.get(rules);
}

/** Rules that cannot be compiled were refused with their definition, and are left out here. */
function compile(rules: JsonSchema, types: JsonSchema, isResource: boolean): CompiledSchema | undefined {
  const scope = scopeOf(types, isResource);
  if (!scope) return undefined;
  const compiled: CompiledRule[] = [];
  for (const rule of rules['x-kubernetes-validations'] ?? []) {
    const environment = scope.environments[rule.optionalOldSelf ? 'optional' : 'plain'];
    if (compilationProblem(environment, rule.rule) !== undefined) continue;
    compiled.push({
      rule,
      usesOld: usesOldSelf(rule.rule),
      holds: environment.parse(rule.rule),
      message: rule.messageExpression ? parsed(environment, rule.messageExpression) : undefined,
    });
  }
  return { rules: compiled, scope };
}

interface Scope {
  readonly environments: { readonly plain: Environment; readonly optional: Environment };
  valueOf(json: unknown): unknown;
  /** The value as an optional; none for undefined. */
  optionalOf(value: unknown): unknown;
}

function scopeOf(types: JsonSchema, isResource: boolean): Scope | undefined {
  const base = newExpressionEnvironment();
  const type = declareType(base, types, 'selfType', isResource);
  if (!type) return undefined;
  const withSelf = base.registerVariable('self', type.name);
  const none = withSelf.parse('optional.none()');
  const some = withSelf.parse('optional.of(self)');
  return {
    environments: {
      plain: withSelf.clone().registerVariable('oldSelf', type.name),
      optional: withSelf.clone().registerVariable('oldSelf', `optional<${type.name}>`),
    },
    valueOf: type.valueOf,
    optionalOf: (self) => (self === undefined ? none({}) : some({ self })) as unknown,
  };
}

function parsed(environment: Environment, expression: string): ParseResult | undefined {
  return environment.check(expression).valid ? environment.parse(expression) : undefined;
}

function usesOldSelf(rule: string): boolean {
  return /\boldSelf\b/.test(rule.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, ''));
}

/** What is wrong with a rule itself; undefined when it can be asked. */
function compilationProblem(environment: Environment, rule: string): string | undefined {
  const checked = environment.check(rule);
  if (!checked.valid) return `compilation failed: ERROR: <input>: ${errorText(checked.error)}`;
  const type = String(checked.type);
  return type === 'bool' || type === 'dyn' ? undefined : 'cel expression must evaluate to a bool';
}

/** What is wrong with the rules of a schema, as its definition is refused with. `path` is the schema's own. */
export function ruleDefinitionProblems(schema: JsonSchema, path: string, isResource = true): FieldProblem[] {
  if (!hasRules(schema)) return [];
  const problems: FieldProblem[] = [];
  const rules = schema['x-kubernetes-validations'] ?? [];
  const scope = rules.length > 0 ? scopeOf(schema, isResource) : undefined;
  rules.forEach((rule, index) => {
    problems.push(...definitionProblems(rule, scope, `${path}.x-kubernetes-validations[${index}]`));
  });
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    problems.push(...ruleDefinitionProblems(property, `${path}.properties[${name}]`, isEmbedded(property)));
  }
  const { items, additionalProperties } = schema;
  if (items) problems.push(...ruleDefinitionProblems(items, `${path}.items`, isEmbedded(items)));
  if (typeof additionalProperties === 'object') {
    problems.push(...ruleDefinitionProblems(additionalProperties, `${path}.additionalProperties`, false));
  }
  return problems;
}

function definitionProblems(rule: ValidationRule, scope: Scope | undefined, path: string): FieldProblem[] {
  if (!rule.rule?.trim()) return [required(`${path}.rule`, 'rule is not specified')];
  const problems: FieldProblem[] = [];
  if (rule.message?.trim() === '') {
    problems.push(invalid(`${path}.message`, rule.message, 'message must be non-empty if specified'));
  } else if (rule.message?.trim().includes('\n')) {
    problems.push(invalid(`${path}.message`, rule.message, 'message must not contain line breaks'));
  }
  if (!rule.message && rule.rule.trim().includes('\n')) {
    problems.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  }
  const environment = scope?.environments[rule.optionalOldSelf ? 'optional' : 'plain'];
  const wrong = environment && compilationProblem(environment, rule.rule);
  if (wrong !== undefined) problems.push(invalid(`${path}.rule`, rule.rule, wrong));
  if (rule.messageExpression && environment && !environment.check(rule.messageExpression).valid) {
    const { error } = environment.check(rule.messageExpression);
    const detail = `messageExpression compilation failed: ERROR: <input>: ${errorText(error)}`;
    problems.push(invalid(`${path}.messageExpression`, rule.messageExpression, detail));
  }
  return problems;
}
