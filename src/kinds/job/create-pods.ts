import type { ControllerApi } from '../../machinery/controller.ts';
import { newControllerRef, type NewObject, type StringMap } from '../../machinery/object.ts';
import type { Container, Pod } from '../pod/types.ts';
import { Pod as PodKind } from '../pod/types.ts';
import { matchFailurePolicy } from './policies.ts';
import { indexFailureCount, indexIgnoredFailureCount } from './pods.ts';
import { isIndexed } from './queries.ts';
import {
  COMPLETION_INDEX,
  INDEX_FAILURE_COUNT,
  INDEX_IGNORED_FAILURE_COUNT,
  TRACKING_FINALIZER,
  type Job,
} from './types.ts';

const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';
const SLOW_START_BATCH = 1;
/** Longest generateName that leaves room for the random suffix. */
const MAX_GENERATE_NAME_LENGTH = 58;

export interface Creation {
  /** The completion index, for Indexed jobs. */
  index?: number;
  /** The failed pod of the same index whose count of failures the new pod carries on. */
  replaces?: Pod | undefined;
}

/**
 * Creates pods in batches of 1, 2, 4, …; the batch in which a creation fails is the last. Returns how many were created.
 * Source: manageJob in pkg/controller/job/job_controller.go.
 */
export function createPods(api: ControllerApi, job: Job, creations: readonly Creation[]): number {
  let created = 0;
  let size = SLOW_START_BATCH;
  for (let position = 0; position < creations.length; position += size, size *= 2) {
    const batch = creations.slice(position, position + size);
    const succeeded = batch.filter((creation) => createPod(api, job, creation)).length;
    created += succeeded;
    if (succeeded < batch.length) break;
  }
  return created;
}

function createPod(api: ControllerApi, job: Job, creation: Creation): boolean {
  const result = api.create(podOf(job, creation));
  if (result.ok) {
    api.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${result.value.metadata.name}`);
    return true;
  }
  if (!result.error.message.includes('because it is being terminated')) {
    api.event(job, 'Warning', 'FailedCreate', `Error creating: ${result.error.message}`);
  }
  return false;
}

function podOf(job: Job, { index, replaces }: Creation): NewObject<Pod> {
  const { template } = job.spec;
  const metadata = template.metadata ?? {};
  const labels: StringMap = { ...metadata.labels };
  const annotations: StringMap = { ...metadata.annotations };
  let generateName = `${job.metadata.name}-`;
  let spec = template.spec;
  if (isIndexed(job)) spec = withIndexVariable(spec);
  if (index !== undefined) {
    labels[COMPLETION_INDEX] = String(index);
    annotations[COMPLETION_INDEX] = String(index);
    generateName = indexedGenerateName(job.metadata.name, index);
    spec = { ...spec, hostname: `${job.metadata.name}-${index}` };
    if (job.spec.backoffLimitPerIndex !== undefined) Object.assign(annotations, failureCounts(job, replaces));
  }
  const finalizers = metadata.finalizers ?? [];
  return {
    apiVersion: PodKind.apiVersion,
    kind: PodKind.kind,
    metadata: {
      generateName,
      ...(job.metadata.namespace === undefined ? {} : { namespace: job.metadata.namespace }),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      finalizers: finalizers.includes(TRACKING_FINALIZER) ? finalizers : [...finalizers, TRACKING_FINALIZER],
      ownerReferences: [newControllerRef(job)],
    },
    spec,
    status: { phase: 'Pending' },
  };
}

function indexedGenerateName(name: string, index: number): string {
  const suffix = `-${index}-`;
  return name.slice(0, MAX_GENERATE_NAME_LENGTH - suffix.length) + suffix;
}

function failureCounts(job: Job, replaces: Pod | undefined): StringMap {
  let failures = replaces ? indexFailureCount(replaces) : 0;
  let ignored = replaces ? indexIgnoredFailureCount(replaces) : 0;
  if (replaces) {
    if (matchFailurePolicy(job.spec.podFailurePolicy, replaces).counts) failures++;
    else ignored++;
  }
  const counts: StringMap = { [INDEX_FAILURE_COUNT]: String(failures) };
  if (ignored > 0) counts[INDEX_IGNORED_FAILURE_COUNT] = String(ignored);
  return counts;
}

function withIndexVariable(spec: Pod['spec']): Pod['spec'] {
  const add = (container: Container): Container => {
    if (container.env?.some(({ name }) => name === INDEX_VARIABLE)) return container;
    const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${COMPLETION_INDEX}']` };
    return { ...container, env: [...(container.env ?? []), { name: INDEX_VARIABLE, valueFrom: { fieldRef } }] };
  };
  return {
    ...spec,
    containers: spec.containers.map(add),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(add) } : {}),
  };
}
