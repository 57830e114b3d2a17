import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { TableColumn } from '../../machinery/definition.ts';
import { dns1123SubdomainProblems, pathSegmentProblems } from '../../machinery/metadata-validation.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { RBAC_GROUP } from '../role/types.ts';
import type { RoleRef, Subject } from './types.ts';

/** What bindings of both kinds have in common. Sources: pkg/apis/rbac/v1/defaults.go, pkg/apis/rbac/validation. */

interface Binding {
  subjects?: readonly Subject[];
  roleRef: RoleRef;
}

/** Fills in the API groups, in place. */
export function applyBindingDefaults(binding: Binding): void {
  if (binding.roleRef && !binding.roleRef.apiGroup) binding.roleRef = { ...binding.roleRef, apiGroup: RBAC_GROUP };
  if (!binding.subjects?.length) return;
  binding.subjects = binding.subjects.map((subject) => {
    const isPerson = subject.kind === 'User' || subject.kind === 'Group';
    return isPerson && !subject.apiGroup ? { ...subject, apiGroup: RBAC_GROUP } : subject;
  });
}

/** The broken rules of a binding that may name roles of `kinds`. */
export function bindingProblems({ roleRef, subjects }: Binding, kinds: readonly string[]): FieldProblem[] {
  const namespaced = kinds.includes('Role');
  const problems = roleRefProblems(roleRef, kinds);
  for (const [index, subject] of (subjects ?? []).entries()) {
    problems.push(...subjectProblems(subject, namespaced, `subjects[${index}]`));
  }
  return problems;
}

function roleRefProblems({ apiGroup, kind, name }: Partial<RoleRef> = {}, kinds: readonly string[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (apiGroup !== RBAC_GROUP) problems.push(notSupported('roleRef.apiGroup', apiGroup ?? '', [RBAC_GROUP]));
  if (!kinds.includes(kind ?? '')) problems.push(notSupported('roleRef.kind', kind ?? '', kinds));
  if (!name) problems.push(required('roleRef.name'));
  else for (const text of pathSegmentProblems(name)) problems.push(invalid('roleRef.name', name, text));
  return problems;
}

function subjectProblems(subject: Subject, namespaced: boolean, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { kind, name = '', namespace, apiGroup = '' } = subject as Partial<Subject>;
  if (!name) problems.push(required(`${path}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name) for (const text of dns1123SubdomainProblems(name)) problems.push(invalid(`${path}.name`, name, text));
      if (apiGroup) problems.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!namespaced && !namespace) problems.push(required(`${path}.namespace`));
      return problems;
    case 'User':
    case 'Group':
      if (!name) problems.push(invalid(`${path}.name`, name, `${kind.toLowerCase()} name cannot be empty`));
      if (apiGroup !== RBAC_GROUP) problems.push(notSupported(`${path}.apiGroup`, apiGroup, [RBAC_GROUP]));
      return problems;
    default:
      return [...problems, notSupported(`${path}.kind`, kind ?? '', ['ServiceAccount', 'User', 'Group'])];
  }
}

/** A binding's role is for ever. The value is told with the names of the API server's own type. */
export function roleRefChangeProblems({ roleRef }: Binding, old: Binding): FieldProblem[] {
  const { apiGroup, kind, name } = roleRef;
  const before = old.roleRef;
  if (apiGroup === before.apiGroup && kind === before.kind && name === before.name) return [];
  return [invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')];
}

/** The names of the subjects of one kind, as kubectl lists them; ServiceAccounts with their namespace. */
function subjectNames({ subjects = [] }: Binding, wanted: string): string {
  return subjects
    .filter(({ kind }) => kind === wanted)
    .map(({ kind, name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ');
}

/** kubectl's columns of a binding. Source: pkg/printers/internalversion/printers.go (printRoleBinding). */
export const bindingColumns: readonly TableColumn<KubeObject & Binding>[] = [
  { name: 'ROLE', cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}` },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  { name: 'USERS', wide: true, cell: (binding) => subjectNames(binding, 'User') },
  { name: 'GROUPS', wide: true, cell: (binding) => subjectNames(binding, 'Group') },
  { name: 'SERVICEACCOUNTS', wide: true, cell: (binding) => subjectNames(binding, 'ServiceAccount') },
];
