import { defineKind, type Kind } from '../../machinery/kind.ts';
import { groupOf } from '../../machinery/object.ts';
import { ConfigMap } from '../configmap/types.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { Pod } from '../pod/types.ts';
import { Secret } from '../secret/types.ts';
import { Service } from '../service/types.ts';
import { ResourceQuota } from './types.ts';

/** The kinds that quotas count, and the names of resources that each uses (pkg/quota/v1/evaluator/core/registry.go). */
export interface QuotaKind {
  kind: Kind;
  plural: string;
  /** The name that counts objects without "count/". */
  shortResource: string | undefined;
  uses(resource: string): boolean;
}

const COMPUTE =
  /^(pods|cpu|memory|ephemeral-storage|(requests|limits)\.(cpu|memory|ephemeral-storage)|(requests\.)?hugepages-.+|requests\..+\/.+)$/;
const STORAGE = /(^|\/)(requests\.storage|persistentvolumeclaims)$/;
const SERVICES = /^services(\.(loadbalancers|nodeports))?$/;

/** Kinds that are only counted. */
const COUNTED: readonly [apiVersion: string, kind: string, plural: string, short?: string][] = [
  ['v1', 'ReplicationController', 'replicationcontrollers', 'replicationcontrollers'],
  ['v1', 'ServiceAccount', 'serviceaccounts'],
  ['apps/v1', 'Deployment', 'deployments'],
  ['apps/v1', 'ReplicaSet', 'replicasets'],
  ['apps/v1', 'StatefulSet', 'statefulsets'],
  ['apps/v1', 'DaemonSet', 'daemonsets'],
  ['batch/v1', 'Job', 'jobs'],
  ['batch/v1', 'CronJob', 'cronjobs'],
  ['networking.k8s.io/v1', 'Ingress', 'ingresses'],
];

function entry(kind: Kind, shortResource: string | undefined, more?: RegExp): [string, QuotaKind] {
  const group = groupOf(kind.apiVersion);
  const counted = `count/${group ? `${kind.plural}.${group}` : kind.plural}`;
  const uses = (name: string) => name === counted || name === shortResource || (more?.test(name) ?? false);
  return [kind.key, { kind, plural: kind.plural, shortResource, uses }];
}

export const QUOTA_KINDS: ReadonlyMap<string, QuotaKind> = new Map([
  entry(Pod, undefined, COMPUTE),
  entry(Service, 'services', SERVICES),
  entry(PersistentVolumeClaim, 'persistentvolumeclaims', STORAGE),
  entry(ConfigMap, 'configmaps'),
  entry(Secret, 'secrets'),
  entry(ResourceQuota, 'resourcequotas'),
  ...COUNTED.map(([apiVersion, kind, plural, short]) =>
    entry(defineKind({ apiVersion, kind, plural, namespaced: true }), short),
  ),
]);
