import { DESIRED_REPLICAS, MAX_REPLICAS, REVISION } from '../../src/kinds/deployment/annotations.ts';
import { desiredReplicas, maxSurge } from '../../src/kinds/deployment/fenceposts.ts';
import type { Deployment, DeploymentSpec, DeploymentStatus } from '../../src/kinds/deployment/types.ts';
import type { ReplicaSet, ReplicaSetStatus } from '../../src/kinds/replicaset/types.ts';
import type { ObjectMeta } from '../../src/machinery/object.ts';
import { toTimestamp } from '../../src/machinery/time.ts';

/** Objects for table tests of pure rules: only what the rule looks at needs to be said. */

export const NOW = Date.UTC(2026, 0, 1, 12);

export function deploymentOf(
  replicas: number,
  spec: Partial<DeploymentSpec> = {},
  status: DeploymentStatus = {},
): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf('web'),
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
      ...spec,
    },
    status,
  };
}

export function rolling(maxSurgeValue: number | string, maxUnavailableValue: number | string): Partial<DeploymentSpec> {
  const rollingUpdate = { maxSurge: maxSurgeValue, maxUnavailable: maxUnavailableValue };
  return { strategy: { type: 'RollingUpdate', rollingUpdate } };
}

export interface ReplicaSetOptions {
  status?: Partial<ReplicaSetStatus>;
  /** Minutes after the first: the order of creation. */
  minute?: number;
  revision?: number;
  image?: string;
  metadata?: Partial<ObjectMeta>;
}

export function replicaSetOf(name: string, replicas: number, options: ReplicaSetOptions = {}): ReplicaSet {
  const { status, minute = 0, revision, image = 'web:1', metadata } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      ...metadataOf(name, minute),
      ...(revision === undefined ? {} : { annotations: { [REVISION]: String(revision) } }),
      ...metadata,
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
    },
    status: { replicas, ...status },
  };
}

/** The ReplicaSet as its Deployment would have annotated it when it had this size and surge. */
export function annotatedBy(deployment: Deployment, replicaSet: ReplicaSet): ReplicaSet {
  const desired = desiredReplicas(deployment);
  const annotations = {
    ...replicaSet.metadata.annotations,
    [DESIRED_REPLICAS]: String(desired),
    [MAX_REPLICAS]: String(desired + maxSurge(deployment)),
  };
  return { ...replicaSet, metadata: { ...replicaSet.metadata, annotations } };
}

function metadataOf(name: string, minute = 0): ObjectMeta {
  const creationTimestamp = toTimestamp(NOW - 3_600_000 + minute * 60_000);
  return { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp };
}
