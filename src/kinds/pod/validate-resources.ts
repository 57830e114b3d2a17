import { duplicate, forbidden, invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { qualifiedNameProblems } from '../../machinery/metadata-validation.ts';
import { parseQuantity, QUANTITY_ERROR } from '../../machinery/quantity.ts';
import { validateDnsLabel } from './field-rules.ts';
import type { Container } from './types.ts';

/** Rules of requests and limits. Source: pkg/apis/core/validation/validation.go (validateResourceRequirements). */

type Requirements = NonNullable<Container['resources']>;
type Quantities = NonNullable<Requirements['limits']>;

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** helper.IsNativeResource: no domain, or one of kubernetes.io. */
function isNative(name: string): boolean {
  return !name.includes('/') || name.split('/')[0]?.endsWith('kubernetes.io') === true;
}

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** helper.IsOvercommitAllowed: extended resources and huge pages are given out exactly. */
function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && qualifiedNameProblems(`requests.${name}`).length === 0;
}

function validateName(name: string, path: string): FieldProblem[] {
  const problems = qualifiedNameProblems(name).map((text) => invalid(path, name, text));
  if (problems.length > 0) return problems;
  if (!name.includes('/')) {
    return CONTAINER_RESOURCES.has(name) || isHugePages(name)
      ? []
      : [invalid(path, name, 'must be a standard resource type or fully qualified')].concat([
          invalid(path, name, 'must be a standard resource for containers'),
        ]);
  }
  if (!isNative(name) && !isExtended(name)) {
    return [invalid(path, name, "doesn't follow extended resource name standard")];
  }
  return [];
}

function validateAmount(name: string, quantity: string | number, path: string): FieldProblem[] {
  const value = parseQuantity(quantity);
  if (value === undefined) return [invalid(path, quantity, QUANTITY_ERROR)];
  if (value < 0) return [invalid(path, quantity, 'must be greater than or equal to 0')];
  if (isExtended(name) && !Number.isInteger(value)) return [invalid(path, quantity, 'must be an integer')];
  return [];
}

/** Container requirements; `claims` are the names of the pod's resourceClaims. */
export function validateResources(
  resources: Container['resources'],
  claims: ReadonlySet<string>,
  path: string,
): FieldProblem[] {
  if (!resources) return [];
  const problems: FieldProblem[] = [];
  for (const part of ['limits', 'requests'] as const) {
    const list = resources[part] ?? {};
    for (const name in list) {
      const at = `${path}.${part}[${name}]`;
      const quantity = list[name] ?? '0';
      problems.push(...validateName(name, at), ...validateAmount(name, quantity, at));
      if (part === 'requests') problems.push(...validateRequest(name, quantity, resources.limits, path));
      if (isHugePages(name) && !isDivisible(name, quantity)) {
        problems.push(invalid(at, String(quantity), `${quantity} is not positive integer multiple of ${name}`));
      }
    }
  }
  problems.push(...validateHugePages(resources, path), ...validateClaims(resources.claims, claims, `${path}.claims`));
  return problems;
}

function validateRequest(
  name: string,
  quantity: string | number,
  limits: Quantities | undefined,
  path: string,
): FieldProblem[] {
  const limit = limits?.[name];
  if (limit === undefined) {
    if (isOvercommitAllowed(name)) return [];
    return [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  }
  const requested = parseQuantity(quantity) ?? 0;
  const limited = parseQuantity(limit) ?? 0;
  const at = `${path}.requests`;
  if (requested !== limited && !isOvercommitAllowed(name)) {
    return [invalid(at, String(quantity), `must be equal to ${name} limit of ${limit}`)];
  }
  if (requested > limited) {
    return [invalid(at, String(quantity), `must be less than or equal to ${name} limit of ${limit}`)];
  }
  return [];
}

function isDivisible(name: string, quantity: string | number): boolean {
  const size = parseQuantity(name.slice('hugepages-'.length));
  const value = parseQuantity(quantity);
  return size !== undefined && size > 0 && value !== undefined && value % size === 0;
}

function validateHugePages({ limits, requests }: Requirements, path: string): FieldProblem[] {
  const names = [...Object.keys(limits ?? {}), ...Object.keys(requests ?? {})];
  if (!names.some(isHugePages) || names.includes('cpu') || names.includes('memory')) return [];
  return [forbidden(path, 'HugePages require cpu or memory')];
}

function validateClaims(claims: Requirements['claims'], known: ReadonlySet<string>, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  for (const [index, claim] of (claims ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (!claim.name) {
      problems.push(required(at));
      continue;
    }
    const key = claim.request ? `${claim.name}/${claim.request}` : claim.name;
    if (claim.request) problems.push(...validateDnsLabel(claim.request, `${at}.request`));
    if (seen.has(key) || seen.has(claim.name)) problems.push(duplicate(at, seen.has(claim.name) ? claim.name : key));
    seen.add(key);
    if (known.has(claim.name)) continue;
    const detail =
      'must be one of the names in pod.spec.resourceClaims' +
      (known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`);
    problems.push({ type: 'FieldValueNotFound', field: at, value: claim.name, detail });
  }
  return problems;
}
