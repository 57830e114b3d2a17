import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { dns1035LabelProblems, dns1123SubdomainProblems } from '../../machinery/metadata-validation.ts';
import { ruleDefinitionProblems } from './rule-compilation.ts';
import { structuralProblems } from './structural.ts';
import type { CustomResourceDefinition, DefinedNames, DefinedVersion, PrinterColumn } from './types.ts';

/** Source: apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go. */
export function applyDefaults({ spec }: CustomResourceDefinition): void {
  if (typeof spec?.names !== 'object') return;
  if (spec.names.kind) {
    spec.names.singular ??= spec.names.kind.toLowerCase();
    spec.names.listKind ??= `${spec.names.kind}List`;
  }
  spec.conversion ??= { strategy: 'None' };
}

/** Source: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go. */
export function validate({ metadata, spec }: CustomResourceDefinition): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = spec?.names as CustomResourceDefinition['spec']['names'] | undefined;
  if (!names) return [required('spec.names')];
  const { group, scope } = spec;
  const versions = (spec.versions as typeof spec.versions | undefined) ?? [];
  if (metadata.name !== `${names.plural}.${group}`) {
    problems.push(invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (!group) problems.push(required('spec.group'));
  else for (const text of dns1123SubdomainProblems(group)) problems.push(invalid('spec.group', group, text));
  if (group && group.split('.').length < 2) {
    problems.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  }
  if (!scope) problems.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced') {
    problems.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  }
  problems.push(...versionProblems(versions), ...nameProblems(names), ...conversionProblems(spec.conversion));
  if (spec.preserveUnknownFields) problems.push(invalid('spec.preserveUnknownFields', true, 'must be false'));
  return problems;
}

function nameProblems(names: Partial<DefinedNames>): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const fields = ['plural', 'singular', 'kind', 'listKind'] as const;
  for (const field of fields) if (!names[field]) problems.push(required(`spec.names.${field}`));
  const check = (path: string, name: string, mixed: boolean) => {
    const broken = dns1035LabelProblems(mixed ? name.toLowerCase() : name).join(',');
    const words = mixed ? 'may have mixed case, but should otherwise match: ' : '';
    if (broken) problems.push(invalid(`spec.names.${path}`, name, words + broken));
  };
  for (const field of fields) {
    const name = names[field];
    if (name) check(field, name, field === 'kind' || field === 'listKind');
  }
  for (const [index, name] of (names.shortNames ?? []).entries()) check(`shortNames[${index}]`, name, false);
  if (names.kind && names.kind === names.listKind) {
    problems.push(invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  }
  for (const [index, name] of (names.categories ?? []).entries()) check(`categories[${index}]`, name, false);
  return problems;
}

/** Webhooks are accepted and not called: there is nothing that they could reach. */
function conversionProblems(conversion: CustomResourceDefinition['spec']['conversion']): FieldProblem[] {
  const { strategy, webhook } = (conversion ?? {}) as { strategy?: string; webhook?: { clientConfig?: object } };
  const path = 'spec.conversion';
  if (!strategy) return [required(`${path}.strategy`)];
  if (strategy !== 'None' && strategy !== 'Webhook') {
    return [notSupported(`${path}.strategy`, strategy, ['None', 'Webhook'])];
  }
  if (strategy === 'Webhook' && !webhook?.clientConfig) {
    return [required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook')];
  }
  if (strategy === 'None' && webhook?.clientConfig) {
    const words = 'should not be set when strategy is not set to Webhook';
    return [forbidden(`${path}.webhookClientConfig`, words)];
  }
  return [];
}

function versionProblems(versions: CustomResourceDefinition['spec']['versions']): FieldProblem[] {
  const names = versions.map(({ name }) => name);
  const problems = versions.flatMap((version, index) => problemsOfVersion(version, `spec.versions[${index}]`));
  if (new Set(names).size < names.length) {
    problems.push(invalid('spec.versions', names, 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    problems.push(invalid('spec.versions', names, 'must have exactly one version marked as storage version'));
  }
  return problems;
}

function problemsOfVersion(version: DefinedVersion, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const broken = dns1035LabelProblems(version.name ?? '').join(',');
  if (broken) problems.push(invalid(`${path}.name`, version.name ?? '', broken));
  const schema = version.schema?.openAPIV3Schema;
  const at = `${path}.schema.openAPIV3Schema`;
  if (!schema) problems.push(required(at, 'schemas are required'));
  else problems.push(...structuralProblems(schema, at), ...ruleDefinitionProblems(schema, at));
  problems.push(...scaleProblems(version.subresources?.scale, `${path}.subresources.scale`));
  for (const [index, column] of (version.additionalPrinterColumns ?? []).entries()) {
    problems.push(...columnProblems(column, `${path}.additionalPrinterColumns[${index}]`));
  }
  return problems;
}

/** Paths are simple ones, and lead into the spec or the status. */
function scaleProblems(scale: object | undefined, path: string): FieldProblem[] {
  if (!scale) return [];
  const problems: FieldProblem[] = [];
  const paths = scale as Record<string, string | undefined>;
  const check = (field: string, prefixes: readonly string[], needed: boolean) => {
    const value = paths[field] ?? '';
    if (value === '') {
      if (needed) problems.push(required(`${path}.${field}`));
    } else if (!/^(\.[A-Za-z_][\w-]*)+$/.test(value)) {
      problems.push(invalid(`${path}.${field}`, value, 'should be a json path without array notation'));
    } else if (!prefixes.some((prefix) => value.startsWith(prefix))) {
      const words = prefixes.map((prefix) => prefix.slice(0, -1)).join(' or ');
      problems.push(invalid(`${path}.${field}`, value, `should be a json path under ${words}`));
    }
  };
  check('specReplicasPath', ['.spec.'], true);
  check('statusReplicasPath', ['.status.'], true);
  check('labelSelectorPath', ['.spec.', '.status.'], false);
  return problems;
}

const COLUMN_TYPES = ['integer', 'number', 'string', 'boolean', 'date'];
const COLUMN_FORMATS = ['int32', 'int64', 'float', 'double', 'byte', 'date', 'date-time', 'password'];

function columnProblems(column: Partial<PrinterColumn> & { format?: string }, path: string): FieldProblem[] {
  const { name, type, format, jsonPath } = column;
  const problems: FieldProblem[] = [];
  if (!name) problems.push(required(`${path}.name`));
  if (!type) problems.push(required(`${path}.type`, `must be one of ${COLUMN_TYPES.join(',')}`));
  else if (!COLUMN_TYPES.includes(type)) {
    problems.push(invalid(`${path}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`));
  }
  if (format && !COLUMN_FORMATS.includes(format)) {
    problems.push(invalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  }
  if (!jsonPath) problems.push(required(`${path}.jsonPath`));
  return problems;
}

/** What may not change: the names of the resource; once there may be objects, also their kind, scope and versions. */
export function validateUpdate(object: CustomResourceDefinition, old: CustomResourceDefinition): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const established = old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
  const stored = [
    ['spec.scope', object.spec.scope, old.spec.scope],
    ['spec.names.kind', object.spec.names.kind, old.spec.names.kind],
  ] as const;
  const fixed = [
    ...(established ? stored : []),
    ['spec.group', object.spec.group, old.spec.group],
    ['spec.names.plural', object.spec.names.plural, old.spec.names.plural],
  ] as const;
  for (const [path, value, before] of fixed) {
    if (value !== before) problems.push(invalid(path, value, 'field is immutable'));
  }
  const names = new Set(object.spec.versions.map(({ name }) => name));
  for (const [index, version] of (old.status?.storedVersions ?? []).entries()) {
    if (names.has(version)) continue;
    problems.push(invalid(`status.storedVersions[${index}]`, version, 'missing from spec.versions'));
  }
  return problems;
}
