import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Change, type ControllerApi, type Watch } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { Namespace, type PastService } from '../../kinds/namespace/types.ts';
import { linksOf } from '../../kinds/pod/service-variables.ts';
import { Pod } from '../../kinds/pod/types.ts';
import { Service } from '../../kinds/service/types.ts';

/**
 * Containers keep the variables of Services that were there when they started. What they were told is worked out from the
 * Services that are there; of those that are gone, or have other ports by now, their namespace keeps what there was to
 * tell: one entry for each such change, not one for each container.
 */

const PREFIX = 'service\n';

/** How many entries a namespace keeps; containers older than the oldest see what came after it. */
const MAX_PAST_SERVICES = 64;

export const serviceWatches: readonly Watch[] = [watch(Service, pastServiceKey)];

export function isServiceKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

/** A key that holds what there was to tell of a Service before it changed. */
function pastServiceKey({ old, new: service }: Change<Service>, view: ClusterView): string | undefined {
  if (!old || old.spec === service?.spec) return undefined;
  const { namespace = '', uid, name, creationTimestamp } = old.metadata;
  const links = linksOf(old);
  if (!links || view.count(Pod, namespace) === 0 || (service && deepEqual(links, linksOf(service)))) return undefined;
  const past: PastService = { name, ...links, createdMs: fromTimestamp(creationTimestamp), untilMs: view.now };
  return PREFIX + JSON.stringify({ namespace, uid, past });
}

/** Writes an entry, unless the change was taken back or the whole namespace goes. */
export function keepPastService(key: string, api: ControllerApi): void {
  const { namespace, uid, past } = JSON.parse(key.slice(PREFIX.length)) as {
    namespace: string;
    uid: string;
    past: PastService;
  };
  const object = api.get(Namespace, undefined, namespace);
  const service = api.get(Service, namespace, past.name);
  const { name: _, createdMs: __, untilMs: ___, ...links } = past;
  if (!object || object.metadata.deletionTimestamp !== undefined) return;
  if (service?.metadata.uid === uid && deepEqual(linksOf(service), links)) return;
  const kept = object.runtime?.pastServices ?? [];
  const pastServices = [...kept, past].slice(-MAX_PAST_SERVICES);
  api.updateStatus<Namespace>({ ...object, runtime: { ...object.runtime, pastServices } });
}
