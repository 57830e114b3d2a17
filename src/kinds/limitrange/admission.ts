import {
  duplicate,
  forbidden,
  forbiddenObject,
  invalid,
  required,
  type FieldProblem,
} from '../../machinery/api-error.ts';
import type { AdmissionPlugin } from '../../machinery/definition.ts';
import { qualifiedNameProblems } from '../../machinery/metadata-validation.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { canonicalResources } from '../../machinery/quantity-text.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { Pod, type Container } from '../pod/types.ts';
import { claimProblems, podProblems } from './constraints.ts';
import { LimitRange, type LimitRangeItem, type ResourceList } from './types.ts';

/** SetDefaults_LimitRangeItem (pkg/apis/core/v1/defaults.go): what follows from max and min for containers. */
export function applyLimitRangeDefaults(range: LimitRange): void {
  range.spec = {
    ...range.spec,
    limits: (range.spec?.limits ?? []).map((written) => {
      const limit = withCanonicalAmounts(written);
      if (limit.type !== 'Container') return limit;
      const limits = { ...limit.max, ...limit.default };
      const requests = { ...limit.min, ...limits, ...limit.defaultRequest };
      const item = { ...limit };
      if (Object.keys(limits).length > 0) item.default = limits;
      if (Object.keys(requests).length > 0) item.defaultRequest = requests;
      return item;
    }),
  };
}

const AMOUNTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

function withCanonicalAmounts(limit: LimitRangeItem): LimitRangeItem {
  const item = { ...limit };
  for (const name of AMOUNTS) {
    const amounts = canonicalResources(limit[name]);
    if (amounts) item[name] = amounts;
  }
  return item;
}

const STANDARD_TYPES = ['Container', 'Pod', 'PersistentVolumeClaim'];

/** ValidateLimitRange (pkg/apis/core/validation/validation.go). */
export function validateLimitRange({ spec }: LimitRange): FieldProblem[] {
  const types = new Set<string>();
  return (spec.limits ?? []).flatMap((limit, index) => {
    const path = `spec.limits[${index}]`;
    const problems = validateType(limit.type ?? '', `${path}.type`);
    if (types.has(limit.type)) problems.push(duplicate(`${path}.type`, limit.type));
    types.add(limit.type);
    if (limit.type === 'Pod') {
      const words = "may not be specified when `type` is 'Pod'";
      if (Object.keys(limit.default ?? {}).length > 0) problems.push(forbidden(`${path}.default`, words));
      if (Object.keys(limit.defaultRequest ?? {}).length > 0) problems.push(forbidden(`${path}.defaultRequest`, words));
    }
    if (limit.type === 'PersistentVolumeClaim' && !limit.min?.['storage'] && !limit.max?.['storage']) {
      const words = 'either minimum or maximum storage value is required, but neither was provided';
      problems.push(required(`${path}.limits`, words));
    }
    return [...problems, ...validateAmounts(limit, path)];
  });
}

function validateType(type: string, path: string): FieldProblem[] {
  const problems = qualifiedNameProblems(type).map((text) => invalid(path, type, text));
  if (problems.length > 0 || type.includes('/') || STANDARD_TYPES.includes(type)) return problems;
  return [invalid(path, type, 'must be a standard limit type or fully qualified')];
}

type Section = 'min' | 'max' | 'default' | 'defaultRequest';

/** Pairs that must not cross: the first section may not be more than the second. */
const ORDER: readonly { low: Section; high: Section; at: Section; shown: Section; words: string }[] = [
  { low: 'min', high: 'max', at: 'min', shown: 'min', words: 'min value LOW is greater than max value HIGH' },
  {
    low: 'min',
    high: 'defaultRequest',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    words: 'min value LOW is greater than default request value HIGH',
  },
  {
    low: 'defaultRequest',
    high: 'max',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    words: 'default request value LOW is greater than max value HIGH',
  },
  {
    low: 'defaultRequest',
    high: 'default',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    words: 'default request value LOW is greater than default limit value HIGH',
  },
  {
    low: 'min',
    high: 'default',
    at: 'default',
    shown: 'min',
    words: 'min value LOW is greater than default value HIGH',
  },
  {
    low: 'default',
    high: 'max',
    at: 'default',
    shown: 'max',
    words: 'default value LOW is greater than max value HIGH',
  },
];

function validateAmounts(limit: LimitRangeItem, path: string): FieldProblem[] {
  const sections: Section[] = limit.type === 'Pod' ? ['min', 'max'] : ['min', 'max', 'default', 'defaultRequest'];
  const resources = new Set(sections.flatMap((section) => Object.keys(limit[section] ?? {})));
  const problems: FieldProblem[] = [];
  for (const name of [...resources].sort()) {
    for (const { low, high, at, shown, words } of ORDER) {
      if (!sections.includes(low) || !sections.includes(high)) continue;
      const least = limit[low]?.[name];
      const most = limit[high]?.[name];
      if (least === undefined || most === undefined) continue;
      if ((parseQuantity(least) ?? 0) <= (parseQuantity(most) ?? 0)) continue;
      const text = words.replace('LOW', String(least)).replace('HIGH', String(most));
      problems.push(invalid(`${path}.${at}[${name}]`, String(limit[shown]?.[name] ?? ''), text));
    }
  }
  for (const [name, text] of Object.entries(limit.maxLimitRequestRatio ?? {})) {
    if ((parseQuantity(text) ?? 0) >= 1) continue;
    problems.push(invalid(`${path}.maxLimitRequestRatio[${name}]`, String(text), `ratio ${text} is less than 1`));
  }
  return problems;
}

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Fills in what a namespace's LimitRanges give, and refuses what they forbid. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  kinds: [Pod, PersistentVolumeClaim],
  mutate(object, old, { view }) {
    if (object.kind !== 'Pod' || old) return undefined;
    for (const { spec } of view.list(LimitRange, object.metadata.namespace)) fillIn(object as Pod, spec.limits ?? []);
    return undefined;
  },
  validate(object, old, { view }) {
    if (object.kind === 'Pod' && old) return undefined;
    for (const { spec } of view.list(LimitRange, object.metadata.namespace)) {
      const problems = [...new Set(problemsOf(object, spec.limits ?? []))];
      if (problems.length === 0) continue;
      const why = problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`;
      const plural = object.kind === 'Pod' ? Pod.plural : PersistentVolumeClaim.plural;
      return forbiddenObject(plural, '', object.metadata.name, why);
    }
    return undefined;
  },
};

function problemsOf(object: KubeObject, limits: readonly LimitRangeItem[]): string[] {
  if (object.kind === 'Pod') return podProblems(limits, object as Pod);
  const { resources } = (object as PersistentVolumeClaim).spec;
  return claimProblems(limits, resources?.requests);
}

/** mergePodResourceRequirements: in place, on containers of its own. */
function fillIn(pod: Pod, limits: readonly LimitRangeItem[]): void {
  const given: Record<'limits' | 'requests', ResourceList> = { limits: {}, requests: {} };
  for (const limit of limits) {
    if (limit.type !== 'Container') continue;
    given.limits = { ...given.limits, ...limit.default };
    given.requests = { ...given.requests, ...limit.defaultRequest };
  }
  const notes: string[] = [];
  const fill = (what: string) => (container: Container) => fillContainer(container, given, what, notes);
  pod.spec = { ...pod.spec, containers: pod.spec.containers.map(fill('container')) };
  if (pod.spec.initContainers) pod.spec.initContainers = pod.spec.initContainers.map(fill('init container'));
  if (notes.length === 0) return;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` };
  pod.metadata = { ...pod.metadata, annotations };
}

function fillContainer(
  container: Container,
  given: Record<'limits' | 'requests', ResourceList>,
  what: string,
  notes: string[],
): Container {
  const resources: Record<string, unknown> = { ...container.resources };
  for (const section of ['requests', 'limits'] as const) {
    const own = container.resources?.[section] ?? {};
    const set = Object.keys(given[section])
      .filter((name) => own[name] === undefined)
      .sort();
    if (set.length === 0) continue;
    resources[section] = { ...own, ...Object.fromEntries(set.map((name) => [name, given[section][name]])) };
    notes.push(`${set.join(', ')} ${section === 'requests' ? 'request' : 'limit'} for ${what} ${container.name}`);
  }
  return { ...container, resources };
}
