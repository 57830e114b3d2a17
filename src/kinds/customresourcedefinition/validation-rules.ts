import type { ParseResult } from '@marcbachmann/cel-js';
import { duplicate, forbidden, invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { compiledRules, errorText, hasRules, isEmbedded, type CompiledRule } from './rule-compilation.ts';
import type { JsonSchema, ValidationRule } from './types.ts';

/**
 * x-kubernetes-validations: rules in CEL that a custom object must fulfil. What did not change is not held to a rule it
 * broke before (ratcheting). The cost of rules is not estimated and not limited.
 * Source: apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go.
 */

/** Where in the old and the new object a check stands. */
interface Place {
  readonly path: string;
  /** The value at the same place before; undefined on creation and where none corresponds. */
  readonly old: unknown;
  /** Whether this, or the nearest thing around it that corresponds to something before, has not changed. */
  readonly isUnchanged: boolean;
}

/** The rules an object breaks. `old` is what it was before, on an update. */
export function ruleProblems(schema: JsonSchema | undefined, object: unknown, old: unknown): FieldProblem[] {
  if (!schema || !hasRules(schema)) return [];
  return problemsAt(schema, schema, object, true, { path: '', old, isUnchanged: false });
}

/** `rules` carries the rules, `types` the types: the same schema, save inside allOf, where only the outer one has types. */
function problemsAt(
  rules: JsonSchema,
  types: JsonSchema,
  value: unknown,
  isResource: boolean,
  place: Place,
): FieldProblem[] {
  if (value === null || value === undefined || !hasRules(rules)) return [];
  const problems = ownProblems(rules, types, value, isResource, place);
  for (const part of rules.allOf ?? []) problems.push(...problemsAt(part, types, value, isResource, place));
  if (Array.isArray(value)) problems.push(...listProblems(rules, types, value, place));
  else if (typeof value === 'object') problems.push(...objectProblems(rules, types, value as JsonObject, place));
  return problems;
}

type JsonObject = Record<string, unknown>;

function listProblems(rules: JsonSchema, types: JsonSchema, value: readonly unknown[], place: Place): FieldProblem[] {
  const { items } = rules;
  const itemTypes = types.items;
  if (!items || !itemTypes) return [];
  const before = Array.isArray(place.old) ? place.old : [];
  return value.flatMap((item, index) => {
    const old = itemBefore(types, item, before);
    return problemsAt(
      items,
      itemTypes,
      item,
      isEmbedded(itemTypes),
      below(place, `${place.path}[${index}]`, item, old),
    );
  });
}

/** Only the items of a list that is a map can be told apart from one version to the next. */
function itemBefore(types: JsonSchema, item: unknown, before: readonly unknown[]): unknown {
  if (types['x-kubernetes-list-type'] !== 'map') return undefined;
  const keys = types['x-kubernetes-list-map-keys'] ?? [];
  const same = (other: unknown) => keys.every((key) => (other as JsonObject)[key] === (item as JsonObject)[key]);
  return before.find(same);
}

function objectProblems(rules: JsonSchema, types: JsonSchema, value: JsonObject, place: Place): FieldProblem[] {
  const before = types['x-kubernetes-map-type'] === 'atomic' ? {} : ((place.old ?? {}) as JsonObject);
  const problems: FieldProblem[] = [];
  const { properties = {}, additionalProperties } = rules;
  for (const [key, member] of Object.entries(value)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const propertyTypes = types.properties?.[key];
    if (property && propertyTypes) {
      const path = place.path === '' ? key : `${place.path}.${key}`;
      const at = below(place, path, member, before[key]);
      problems.push(...problemsAt(property, propertyTypes, member, isEmbedded(propertyTypes), at));
    } else if (typeof additionalProperties === 'object' && typeof types.additionalProperties === 'object') {
      const at = below(place, `${place.path}[${key}]`, member, before[key]);
      problems.push(...problemsAt(additionalProperties, types.additionalProperties, member, false, at));
    }
  }
  return problems;
}

function below(place: Place, path: string, value: unknown, old: unknown): Place {
  const isUnchanged = old === undefined ? place.isUnchanged : deepEqual(value, old);
  return { path, old, isUnchanged };
}

function ownProblems(
  rules: JsonSchema,
  types: JsonSchema,
  value: unknown,
  isResource: boolean,
  place: Place,
): FieldProblem[] {
  if ((rules['x-kubernetes-validations'] ?? []).length === 0) return [];
  const compiled = compiledRules(rules, types, isResource);
  if (!compiled) return [];
  const { scope } = compiled;
  const self = scope.valueOf(value);
  const before = place.old === undefined ? undefined : scope.valueOf(place.old);
  return compiled.rules.flatMap((rule) => {
    if (rule.usesOld && place.old === undefined && !rule.rule.optionalOldSelf) return [];
    const oldSelf = rule.rule.optionalOldSelf ? scope.optionalOf(before) : before;
    const problem = brokenRule(rule, types.type ?? '', { self, oldSelf }, place.path);
    return problem && !(place.isUnchanged && !rule.usesOld) ? [problem] : [];
  });
}

type Variables = Record<'self' | 'oldSelf', unknown>;

function brokenRule(
  { rule, holds, message }: CompiledRule,
  type: string,
  variables: Variables,
  path: string,
): FieldProblem | undefined {
  const root = path === '' ? '<nil>' : path;
  try {
    if (holds(variables) === true) return undefined;
  } catch (error) {
    return invalid(root, type, `${errorText(error)} evaluating rule: ${rule.message?.trim() || rule.rule.trim()}`);
  }
  const detail = evaluatedMessage(message, variables) ?? staticMessage(rule);
  return problemForReason(rule, fieldOf(rule, path), type, detail);
}

const LONGEST_MESSAGE = 5 << 10;

function evaluatedMessage(message: ParseResult | undefined, variables: Variables): string | undefined {
  if (!message) return undefined;
  try {
    const result: unknown = message(variables);
    const text = typeof result === 'string' ? result.trim() : '';
    return text === '' || text.includes('\n') || text.length > LONGEST_MESSAGE ? undefined : text;
  } catch {
    return undefined;
  }
}

function staticMessage({ rule, message }: ValidationRule): string {
  return message ? message.trim() : `failed rule: ${rule.trim()}`;
}

/** `.spec.x` and `['a.b']` behind the path of the schema that carries the rule. */
function fieldOf({ fieldPath = '' }: ValidationRule, path: string): string {
  const below = fieldPath.replaceAll(/\['((?:[^'\\]|\\.)*)'\]/g, '.$1').replace(/^\./, '');
  if (below === '') return path === '' ? '<nil>' : path;
  return path === '' ? below : `${path}.${below}`;
}

function problemForReason({ reason }: ValidationRule, field: string, type: string, detail: string): FieldProblem {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, type);
    default:
      return invalid(field, type, detail);
  }
}
