import type { Retry } from '../../controllers/replicas/retry.ts';
import type { ReplicaSet } from '../replicaset/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import type { StringMap } from '../../machinery/object.ts';
import type { Deployment, DeploymentStatus } from './types.ts';

/** One pass over one Deployment: what every policy of it reads and writes through. */
export interface Sync {
  readonly api: ControllerApi;
  /** As it is stored now. */
  deployment: Deployment;
  /** Its ReplicaSets as the pass found them. */
  readonly replicaSets: readonly ReplicaSet[];
}

export function writeStatus(sync: Sync, status: DeploymentStatus): void {
  const result = sync.api.updateStatus<Deployment>({ ...sync.deployment, status });
  if (result.ok) sync.deployment = result.value;
}

/** Remembers that a creation was refused and asks to be woken for the next try, or forgets that one was. */
export function writeRetry(sync: Sync, retry: Retry | undefined): void {
  if (retry) sync.api.requeueAt(retry.at, { background: true });
  const { runtime: _old, ...deployment } = sync.deployment;
  const result = sync.api.updateStatus<Deployment>(retry ? { ...deployment, runtime: { retry } } : deployment);
  if (result.ok) sync.deployment = result.value;
}

export function writeAnnotations(sync: Sync, annotations: StringMap): void {
  const { metadata } = sync.deployment;
  const result = sync.api.update<Deployment>({ ...sync.deployment, metadata: { ...metadata, annotations } });
  if (result.ok) sync.deployment = result.value;
}

/** A ReplicaSet as it is stored now; undefined when it is gone. */
export function stored(sync: Sync, replicaSet: ReplicaSet): ReplicaSet | undefined {
  return sync.api.byUid(replicaSet.metadata.uid) as ReplicaSet | undefined;
}
