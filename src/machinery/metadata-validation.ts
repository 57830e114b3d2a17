import { invalid, required, forbidden, type FieldProblem } from './api-error.ts';
import type { KubeObject, StringMap } from './object.ts';

/** Rules of apimachinery/pkg/util/validation and pkg/api/validation/objectmeta.go, in their words. */

const DNS1123_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS1123_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS1035_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const TOTAL_ANNOTATION_LIMIT_BYTES = 256 * 1024;

const SUBDOMAIN_WORDS =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_WORDS =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_WORDS =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const NAME_PART_WORDS =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_WORDS =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** validation.IsDNS1123Subdomain: what most names must be; the broken rules as sentences. */
export function dns1123SubdomainProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 253) problems.push('must be no more than 253 bytes');
  if (!DNS1123_SUBDOMAIN.test(name)) problems.push(SUBDOMAIN_WORDS);
  return problems;
}

/** validation.IsDNS1123Label: namespaces, containers, volumes. */
export function dns1123LabelProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 63) problems.push('must be no more than 63 bytes');
  if (!DNS1123_LABEL.test(name)) problems.push(LABEL_WORDS);
  return problems;
}

/** validation.IsDNS1035Label: Services. */
export function dns1035LabelProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 63) problems.push('must be no more than 63 bytes');
  if (!DNS1035_LABEL.test(name)) problems.push(LABEL_1035_WORDS);
  return problems;
}

/** validation.IsQualifiedName: keys of labels, annotations, taints, resources. */
export function qualifiedNameProblems(key: string): string[] {
  const problems: string[] = [];
  const parts = key.split('/');
  let name = parts[0] ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    name = parts[1] ?? '';
    if (prefix === '') problems.push('prefix part must be non-empty');
    else problems.push(...dns1123SubdomainProblems(prefix).map((text) => `prefix part ${text}`));
  } else if (parts.length > 2) {
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push('name part must be no more than 63 bytes');
  if (!QUALIFIED_NAME.test(name)) problems.push(NAME_PART_WORDS);
  return problems;
}

/** validation.IsValidLabelValue */
export function labelValueProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 63) problems.push('must be no more than 63 bytes');
  if (!LABEL_VALUE.test(value)) problems.push(LABEL_VALUE_WORDS);
  return problems;
}

export function validateLabels(labels: StringMap | undefined, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const key in labels) {
    for (const text of qualifiedNameProblems(key)) problems.push(invalid(path, key, text));
    for (const text of labelValueProblems(labels[key] ?? '')) problems.push(invalid(path, labels[key], text));
  }
  return problems;
}

function validateAnnotations(annotations: StringMap | undefined): FieldProblem[] {
  const problems: FieldProblem[] = [];
  let total = 0;
  for (const key in annotations) {
    for (const text of qualifiedNameProblems(key.toLowerCase())) {
      problems.push(invalid('metadata.annotations', key, text));
    }
    total += key.length + (annotations[key] ?? '').length;
  }
  if (total > TOTAL_ANNOTATION_LIMIT_BYTES) {
    problems.push({
      type: 'FieldValueTooLong',
      field: 'metadata.annotations',
      detail: `may not be more than ${TOTAL_ANNOTATION_LIMIT_BYTES} bytes`,
    });
  }
  return problems;
}

/** Kinds whose names are not DNS subdomains, by Kind. */
const NAME_RULES: Record<string, (name: string) => string[]> = {
  Namespace: dns1123LabelProblems,
  Service: dns1123LabelProblems,
  Role: pathSegmentProblems,
  ClusterRole: pathSegmentProblems,
  RoleBinding: pathSegmentProblems,
  ClusterRoleBinding: pathSegmentProblems,
  Event: () => [],
};

/** path.IsValidPathSegmentName: RBAC names. */
export function pathSegmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((text) => name.includes(text)).map((text) => `may not contain '${text}'`);
}

/** ValidateObjectMeta: name, namespace, labels, annotations, finalizers, owner references. */
export function validateMetadata(object: KubeObject, namespaced: boolean | undefined): FieldProblem[] {
  const { metadata } = object;
  const problems: FieldProblem[] = [];
  if (!metadata.name) {
    problems.push(required('metadata.name', 'name or generateName is required'));
  } else {
    const rule = NAME_RULES[object.kind] ?? dns1123SubdomainProblems;
    for (const text of rule(metadata.name)) problems.push(invalid('metadata.name', metadata.name, text));
  }
  if (namespaced === false && metadata.namespace) {
    problems.push(forbidden('metadata.namespace', 'not allowed on this type'));
  }
  if (namespaced === true && metadata.namespace) {
    for (const text of dns1123LabelProblems(metadata.namespace)) {
      problems.push(invalid('metadata.namespace', metadata.namespace, text));
    }
  }
  problems.push(...validateLabels(metadata.labels, 'metadata.labels'));
  problems.push(...validateAnnotations(metadata.annotations));
  problems.push(...validateOwnerReferences(object));
  return problems;
}

function validateOwnerReferences({ metadata }: KubeObject): FieldProblem[] {
  const references = metadata.ownerReferences;
  if (!references) return [];
  const problems: FieldProblem[] = [];
  const path = 'metadata.ownerReferences';
  for (const reference of references) {
    if (!reference.apiVersion) problems.push(invalid(`${path}.apiVersion`, '', 'version must not be empty'));
    if (!reference.kind) problems.push(invalid(`${path}.kind`, '', 'must not be empty'));
    if (!reference.name) problems.push(invalid(`${path}.name`, '', 'must not be empty'));
    if (!reference.uid) problems.push(invalid(`${path}.uid`, '', 'must not be empty'));
  }
  const controllers = references.filter((reference) => reference.controller);
  if (controllers.length > 1) {
    problems.push(
      invalid(
        path,
        references,
        `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]?.name} and ${controllers[1]?.name}`,
      ),
    );
  }
  return problems;
}
