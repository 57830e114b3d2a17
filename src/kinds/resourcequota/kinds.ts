import type { ClusterView } from '../../machinery/cluster-view.ts';
import { kindKey, type KindNames } from '../../machinery/kind.ts';
import { groupOf } from '../../machinery/object.ts';
import { customDefinitionOf, customDefinitionOfWord } from '../customresourcedefinition/queries.ts';
import { KUBERNETES_KINDS } from '../stored/types.ts';

/** The kinds that quotas count, and the names of resources that each uses (pkg/quota/v1/evaluator/core/registry.go). */
export interface QuotaKind {
  key: string;
  plural: string;
  /** "count/deployments.apps" */
  counted: string;
  /** The name that counts objects without "count/". */
  shortResource: string | undefined;
  /** What else it uses. */
  uses: (resource: string) => boolean;
  /** Defined by an object of the cluster, which may change. */
  isCustom: boolean;
}

/** Kinds that may be counted by their plural alone. */
const SHORT_RESOURCES = new Set([
  'services',
  'persistentvolumeclaims',
  'configmaps',
  'secrets',
  'resourcequotas',
  'replicationcontrollers',
]);

const COMPUTE =
  /^(pods|cpu|memory|ephemeral-storage|(requests|limits)\.(cpu|memory|ephemeral-storage)|(requests\.)?hugepages-.+)$/;
const EXTENDED = /^requests\.(?!.*kubernetes\.io\/).+\/.+$/;
const STORAGE = /^(.*\.storageclass\.storage\.k8s\.io\/)?(requests\.storage|persistentvolumeclaims)$/;
const SERVICES = /^services\.(loadbalancers|nodeports)$/;

const OTHER_RESOURCES: Record<string, (resource: string) => boolean> = {
  Pod: (resource) => COMPUTE.test(resource) || EXTENDED.test(resource),
  Service: (resource) => SERVICES.test(resource),
  PersistentVolumeClaim: (resource) => STORAGE.test(resource),
};

function quotaKind({ apiVersion, kind, plural }: KindNames, isCustom: boolean): QuotaKind {
  const group = groupOf(apiVersion);
  const other = group === '' ? OTHER_RESOURCES[kind] : undefined;
  return {
    key: kindKey(apiVersion, kind),
    plural,
    counted: `count/${group ? `${plural}.${group}` : plural}`,
    shortResource: group === '' && SHORT_RESOURCES.has(plural) ? plural : undefined,
    uses: other ?? (() => false),
    isCustom,
  };
}

/** Events are never counted (pkg/quota/v1/install/registry.go, DefaultIgnoredResources). */
const KINDS: ReadonlyMap<string, QuotaKind> = new Map(
  KUBERNETES_KINDS.filter(({ namespaced, kind }) => namespaced && kind !== 'Event')
    .map((names) => quotaKind(names, false))
    .map((kind) => [kind.key, kind]),
);

const BY_COUNTED: ReadonlyMap<string, QuotaKind> = new Map([...KINDS.values()].map((kind) => [kind.counted, kind]));

/** How a quota counts objects of a kind; undefined for kinds that it does not. */
export function quotaKindOf(view: ClusterView, object: { apiVersion: string; kind: string }): QuotaKind | undefined {
  const known = KINDS.get(kindKey(object.apiVersion, object.kind));
  if (known || object.kind === 'Event') return known;
  const custom = customDefinitionOf(view, object.apiVersion, object.kind);
  return custom && quotaKind(custom.kind, true);
}

const USING = new Map<string, QuotaKind[]>();
/** Names come from users: what is remembered of them is bounded. */
const USING_LIMIT = 10_000;

function builtInKindsUsing(resource: string): QuotaKind[] {
  let using = USING.get(resource);
  if (!using) {
    using = [...KINDS.values()].filter(({ shortResource, uses }) => shortResource === resource || uses(resource));
    if (USING.size >= USING_LIMIT) USING.clear();
    USING.set(resource, using);
  }
  return using;
}

/** The kinds that use a resource of this name: none for one that nobody tracks. */
export function kindsUsing(view: ClusterView, resource: string): QuotaKind[] {
  const counted = BY_COUNTED.get(resource);
  if (counted) return [counted];
  const using = builtInKindsUsing(resource);
  if (using.length > 0 || !resource.startsWith('count/')) return using;
  const custom = customDefinitionOfWord(view, resource.slice('count/'.length));
  return custom?.kind.namespaced ? [quotaKind(custom.kind, true)].filter((kind) => kind.counted === resource) : [];
}
