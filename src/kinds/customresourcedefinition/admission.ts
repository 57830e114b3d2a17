import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { dns1035LabelProblems, dns1123SubdomainProblems } from '../../machinery/metadata-validation.ts';
import type { CustomResourceDefinition } from './types.ts';
import { ruleDefinitionProblems } from './rule-compilation.ts';

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
  problems.push(...versionProblems(versions));
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const name = names[field];
    if (!name) problems.push(required(`spec.names.${field}`));
    else
      for (const text of dns1035LabelProblems(name.toLowerCase())) {
        problems.push(invalid(`spec.names.${field}`, name, text));
      }
  }
  return problems;
}

function versionProblems(versions: CustomResourceDefinition['spec']['versions']): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = versions.map(({ name }) => name);
  versions.forEach((version, index) => {
    const path = `spec.versions[${index}]`;
    if (!version.name) problems.push(required(`${path}.name`));
    else
      for (const text of dns1035LabelProblems(version.name)) {
        problems.push(invalid(`${path}.name`, version.name, text));
      }
    if (!version.schema?.openAPIV3Schema) {
      problems.push(required(`${path}.schema.openAPIV3Schema`, 'schemas are required'));
    } else {
      problems.push(...ruleDefinitionProblems(version.schema.openAPIV3Schema, `${path}.schema.openAPIV3Schema`));
    }
  });
  if (new Set(names).size < names.length) {
    problems.push(invalid('spec.versions', names, 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    problems.push(invalid('spec.versions', names, 'must have exactly one version marked as storage version'));
  }
  return problems;
}

/** What may not change once a definition is there. */
export function validateUpdate(object: CustomResourceDefinition, old: CustomResourceDefinition): FieldProblem[] {
  const established = old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
  if (!established) return [];
  const problems: FieldProblem[] = [];
  const fixed = [
    ['spec.group', object.spec.group, old.spec.group],
    ['spec.scope', object.spec.scope, old.spec.scope],
    ['spec.names.kind', object.spec.names.kind, old.spec.names.kind],
    ['spec.names.plural', object.spec.names.plural, old.spec.names.plural],
  ] as const;
  for (const [path, value, before] of fixed) {
    if (value !== before) problems.push(invalid(path, value, 'field is immutable'));
  }
  return problems;
}
