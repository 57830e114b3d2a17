import { watchSelf, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { groupOf, isBeingDeleted, type KubeObject } from '../../machinery/object.ts';
import { fromTimestamp, MINUTE_MS, SECOND_MS } from '../../machinery/time.ts';
import { isPodTerminal } from '../pod/queries.ts';
import { Pod } from '../pod/types.ts';
import { calculateConditions, type PassReport } from './conditions.ts';
import { Namespace, type NamespaceRuntime } from './types.ts';

/**
 * Empties a namespace that is being deleted, pods before everything else, and lets it go when nothing is left. It looks
 * in passes as Kubernetes does: the first some seconds after the deletion, the next when it expects the rest to be gone.
 * Source: pkg/controller/namespace/namespace_controller.go and deletion/namespaced_resources_deleter.go.
 */
export const namespaceController: Controller = {
  name: 'namespace-controller',
  watches: [watchSelf(Namespace)],
  reconcile(key, api) {
    const namespace = api.getByKey(Namespace, key);
    if (!namespace || !isBeingDeleted(namespace) || !namespace.spec.finalizers?.length) return;
    const deletedAt = fromTimestamp(namespace.metadata.deletionTimestamp ?? '') ?? api.now;
    const passAt = namespace.runtime?.nextPassAt ?? deletedAt + GRACE_MS;
    if (api.now < passAt) api.requeueAt(passAt);
    else pass(namespace, deletedAt, api);
  },
};

/** The finalizer this controller answers for. */
export const NAMESPACE_FINALIZER = 'kubernetes';

/** namespaceDeletionGracePeriod: time for last writes to be seen. */
const GRACE_MS = 5 * SECOND_MS;
/** finalizerEstimateSeconds */
const FINALIZER_ESTIMATE_SECONDS = 15;
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = MINUTE_MS;

/** What one kind's deletion came to. */
interface KindReport {
  estimateSeconds: number;
  remaining: number;
  error?: string;
}

interface Totals {
  remaining: Map<string, number>;
  finalizers: Map<string, number>;
  errors: string[];
}

function pass(namespace: Namespace, deletedAt: number, api: ControllerApi): void {
  const totals: Totals = { remaining: new Map(), finalizers: new Map(), errors: [] };
  const { name } = namespace.metadata;
  const pods = deleteKind(Pod.key, name, deletedAt, totals, api);
  if (pods && (pods.error !== undefined || pods.remaining > 0)) {
    // While pods are left, the totals do not reach the conditions.
    finishPass(namespace, { remaining: new Map(), finalizers: new Map(), errors: totals.errors }, pods, api);
    return;
  }
  let estimateSeconds = 0;
  for (const key of api.kindKeys()) {
    if (key === Pod.key) continue;
    estimateSeconds = Math.max(estimateSeconds, deleteKind(key, name, deletedAt, totals, api)?.estimateSeconds ?? 0);
  }
  const remaining = [...totals.remaining.values()].reduce((sum, count) => sum + count, 0);
  const [error] = totals.errors;
  finishPass(namespace, totals, { estimateSeconds, remaining, ...(error === undefined ? {} : { error }) }, api);
}

/** Deletes every object of a kind in the namespace, and tells what is left; undefined when there was none. */
function deleteKind(
  kindKey: string,
  namespace: string,
  deletedAt: number,
  totals: Totals,
  api: ControllerApi,
): KindReport | undefined {
  const objects = api.listKey(kindKey, namespace);
  const [first] = objects;
  if (!first) return undefined;
  const estimateSeconds = kindKey === Pod.key ? gracefulEstimate(objects as readonly Pod[], deletedAt, api.now) : 0;
  for (const object of objects) if (!isBeingDeleted(object)) api.delete(object, { propagation: 'Background' });
  const left = api.listKey(kindKey, namespace);
  if (left.length === 0) return { estimateSeconds: 0, remaining: 0 };
  const { resource, group } = resourceOf(first);
  totals.remaining.set(`${resource}.${group}`, left.length);
  let hasFinalizers = false;
  for (const { metadata } of left) {
    for (const finalizer of metadata.finalizers ?? []) {
      hasFinalizers = true;
      totals.finalizers.set(finalizer, (totals.finalizers.get(finalizer) ?? 0) + 1);
    }
  }
  if (estimateSeconds > 0) return { estimateSeconds, remaining: left.length };
  if (hasFinalizers) return { estimateSeconds: FINALIZER_ESTIMATE_SECONDS, remaining: left.length };
  const error = `unexpected items still remain in namespace: ${namespace} for gvr: ${first.apiVersion.includes('/') ? '' : '/'}${first.apiVersion}, Resource=${resource}`;
  totals.errors.push(error);
  return { estimateSeconds: 0, remaining: left.length, error };
}

/** estimateGracefulTerminationForPods: the longest grace of a pod that still runs, unless it is over already. */
function gracefulEstimate(pods: readonly Pod[], deletedAt: number, now: number): number {
  let seconds = 0;
  for (const pod of pods) {
    if (!isPodTerminal(pod)) seconds = Math.max(seconds, pod.spec.terminationGracePeriodSeconds ?? 0);
  }
  return now - deletedAt >= seconds * SECOND_MS ? 0 : seconds;
}

/** The plural a kind's name leads to (meta.UnsafeGuessKindToResource), and its group. */
function resourceOf({ apiVersion, kind }: KubeObject): { resource: string; group: string } {
  const singular = kind.toLowerCase();
  const group = groupOf(apiVersion);
  if (singular.endsWith('endpoints')) return { resource: singular, group };
  if (singular.endsWith('s')) return { resource: `${singular}es`, group };
  if (singular.endsWith('y')) return { resource: `${singular.slice(0, -1)}ies`, group };
  return { resource: `${singular}s`, group };
}

function finishPass(namespace: Namespace, report: PassReport, outcome: KindReport, api: ControllerApi): void {
  const conditions = calculateConditions(namespace.status.conditions ?? [], report, api.now);
  const status = { phase: 'Terminating' as const, conditions };
  const runtime = nextRuntime(namespace.runtime, outcome, api.now);
  const updated = api.updateStatus({ ...namespace, status, runtime });
  if (!updated.ok) return;
  if (runtime.contentDeleted) {
    const finalizers = updated.value.spec.finalizers?.filter((finalizer) => finalizer !== NAMESPACE_FINALIZER) ?? [];
    api.update({ ...updated.value, spec: { ...updated.value.spec, finalizers } });
  } else if (runtime.nextPassAt !== undefined) {
    api.requeueAt(runtime.nextPassAt);
  }
}

function nextRuntime(old: NamespaceRuntime | undefined, outcome: KindReport, now: number): NamespaceRuntime {
  if (outcome.error !== undefined) {
    const failedPasses = (old?.failedPasses ?? 0) + 1;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (failedPasses - 1), LAST_RETRY_MS);
    return { nextPassAt: now + delayMs, failedPasses };
  }
  if (outcome.estimateSeconds === 0) return { contentDeleted: true };
  return { nextPassAt: now + (Math.floor(outcome.estimateSeconds / 2) + 1) * SECOND_MS };
}
