import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { dns1035LabelProblems } from '../../machinery/metadata-validation.ts';
import type { JsonSchema } from './types.ts';

/**
 * The rules of whole objects within a custom object (x-kubernetes-embedded-resource). Their metadata is taken as it
 * comes. Source: apiextensions-apiserver/pkg/apiserver/schema/objectmeta/validation.go.
 */
export function embeddedProblems(value: unknown, schema: JsonSchema | undefined, path: string): FieldProblem[] {
  if (!schema || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => embeddedProblems(item, schema.items, `${path}[${index}]`));
  }
  const { properties = {}, additionalProperties } = schema;
  const inner = Object.entries(value).flatMap(([name, member]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property) return embeddedProblems(member, property, path === '' ? name : `${path}.${name}`);
    return typeof additionalProperties === 'object'
      ? embeddedProblems(member, additionalProperties, `${path}[${name}]`)
      : [];
  });
  return schema['x-kubernetes-embedded-resource'] ? [...problemsOf(value, path), ...inner] : inner;
}

function problemsOf(value: object, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const field of ['apiVersion', 'kind'] as const) {
    const text = (value as Record<string, unknown>)[field];
    const at = `${path}.${field}`;
    if (text === undefined) problems.push(required(at, 'must not be empty'));
    else if (typeof text !== 'string') problems.push(invalid(at, text, 'must be a string'));
    else if (text === '') problems.push(invalid(at, text, 'must not be empty'));
    else if (field === 'kind') {
      const broken = dns1035LabelProblems(text.toLowerCase());
      const words = 'may have mixed case, but should otherwise match: ';
      if (broken.length > 0) problems.push(invalid(at, text, words + broken.join(',')));
    }
  }
  return problems;
}
