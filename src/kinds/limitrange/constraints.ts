import { parseQuantity } from '../../machinery/quantity.ts';
import { formatSum } from '../../machinery/resource-sum.ts';
import type { Container, Pod } from '../pod/types.ts';
import { isBinaryTotal, podTotals } from './queries.ts';
import type { LimitRangeItem, ResourceList } from './types.ts';

/** The rules of a LimitRange, in their words (plugin/pkg/admission/limitranger/admission.go). */

interface Amount {
  value: number;
  text: string;
}

type Amounts = ReadonlyMap<string, Amount>;

interface Usage {
  requests: Amounts;
  limits: Amounts;
}

/** PodValidateLimitFunc: every broken rule of one LimitRange as a sentence. */
export function podProblems(limits: readonly LimitRangeItem[], pod: Pod): string[] {
  return limits.flatMap((limit) => {
    if (limit.type === 'Pod') return usageProblems(limit, podUsage(pod));
    if (limit.type !== 'Container') return [];
    const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
    return containers.flatMap((container) => usageProblems(limit, containerUsage(container)));
  });
}

/** PersistentVolumeClaimValidateLimitFunc */
export function claimProblems(limits: readonly LimitRangeItem[], requests: ResourceList | undefined): string[] {
  const asked = written(requests);
  return limits.flatMap((limit) => {
    if (limit.type !== 'PersistentVolumeClaim') return [];
    const low = names(limit.min).flatMap((name) => minimum(limit, name, asked.get(name), undefined));
    const high = names(limit.max).flatMap((name) => {
      const most = quantity(limit.max, name);
      const words = `maximum ${name} usage per ${limit.type} is ${most.text}`;
      const request = asked.get(name);
      if (!request) return [`${words}.  No request is specified`];
      return request.value > most.value ? [`${words}, but request is ${request.text}`] : [];
    });
    return [...low, ...high];
  });
}

function usageProblems(limit: LimitRangeItem, { requests, limits }: Usage): string[] {
  return [
    ...names(limit.min).flatMap((name) => minimum(limit, name, requests.get(name), limits.get(name))),
    ...names(limit.max).flatMap((name) => maximum(limit, name, requests.get(name), limits.get(name))),
    ...names(limit.maxLimitRequestRatio).flatMap((name) => ratio(limit, name, requests.get(name), limits.get(name))),
  ];
}

function minimum(limit: LimitRangeItem, name: string, request: Amount | undefined, most: Amount | undefined): string[] {
  const least = quantity(limit.min, name);
  const words = `minimum ${name} usage per ${limit.type} is ${least.text}`;
  if (!request) return [`${words}.  No request is specified`];
  if (request.value < least.value) return [`${words}, but request is ${request.text}`];
  return most && most.value < least.value ? [`${words}, but limit is ${most.text}`] : [];
}

function maximum(limit: LimitRangeItem, name: string, request: Amount | undefined, most: Amount | undefined): string[] {
  const bound = quantity(limit.max, name);
  const words = `maximum ${name} usage per ${limit.type} is ${bound.text}`;
  if (!most) return [`${words}.  No limit is specified`];
  if (most.value > bound.value) return [`${words}, but limit is ${most.text}`];
  return request && request.value > bound.value ? [`${words}, but request is ${request.text}`] : [];
}

function ratio(limit: LimitRangeItem, name: string, request: Amount | undefined, most: Amount | undefined): string[] {
  const bound = quantity(limit.maxLimitRequestRatio, name);
  const words = `${name} max limit to request ratio per ${limit.type} is ${bound.text}`;
  if (!request || request.value === 0) return [`${words}, but no request is specified or request is 0`];
  if (!most || most.value === 0) return [`${words}, but no limit is specified or limit is 0`];
  const found = most.value / request.value;
  return found > bound.value ? [`${words}, but provided ratio is ${found.toFixed(6)}`] : [];
}

function names(list: ResourceList | undefined): string[] {
  return Object.keys(list ?? {}).sort();
}

function quantity(list: ResourceList | undefined, name: string): Amount {
  const text = String(list?.[name] ?? '');
  return { value: parseQuantity(text) ?? 0, text };
}

function written(list: ResourceList | undefined): Amounts {
  return new Map(names(list).map((name) => [name, quantity(list, name)]));
}

function containerUsage({ resources }: Container): Usage {
  return {
    requests: written(resources?.requests),
    limits: written(resources?.limits),
  };
}

function podUsage(pod: Pod): Usage {
  const texts = (section: 'requests' | 'limits') =>
    new Map(
      [...podTotals(pod, section)].map(([name, value]) => {
        const text = formatSum(name, value, isBinaryTotal(pod, section, name));
        return [name, { value, text }];
      }),
    );
  return { requests: texts('requests'), limits: texts('limits') };
}
