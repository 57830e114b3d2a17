import { deepEqual } from '../../machinery/equality.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { reachableEndpoints, type Client } from '../endpointslice/queries.ts';
import { proxiedPort, staysAtOne } from '../service/queries.ts';
import { Service } from '../service/types.ts';
import { targetOf } from './queries.ts';
import { serviceKeyOf, type PendingRules, type ProxyRules, type TrafficRuntime, type TrafficSource } from './types.ts';

/** What kube-proxies do with a source's requests: at once as the API says it, and a moment later in fact. */

export function clientOf({ spec }: TrafficSource): Client {
  const { node, zone, external, clientIP } = spec;
  return { node, zone, external, ip: clientIP };
}

/** The rules that follow from the Service and its slices as they are now. */
export function rulesOf(view: ClusterView, source: TrafficSource): ProxyRules {
  const none = (reason: string): ProxyRules => ({ targets: [], reason });
  const service = view.getByKey(Service, serviceKeyOf(source));
  if (!service) return none('no such host: there is no Service of this name');
  const { port } = source.spec;
  const found = proxiedPort(service, port === undefined ? undefined : String(port));
  if (found.reason !== undefined) return none(found.reason);
  const { endpoints, reason } = reachableEndpoints(view, service, found.name, clientOf(source));
  if (reason !== undefined) return none(reason);
  const targets = endpoints.map((endpoint) => targetOf(endpoint, found.name));
  if (!staysAtOne(service)) return { targets };
  const { timeoutSeconds = 0 } = service.spec.sessionAffinityConfig?.clientIP ?? {};
  return { targets, affinityMs: timeoutSeconds * SECOND_MS };
}

/**
 * The rules in force and those to come, when `latest` is what the API says at `now` and reaches the nodes `delayMs`
 * later. What is overtaken within one instant never comes into force.
 */
export function learn(
  known: Pick<TrafficRuntime, 'rules' | 'pending'>,
  latest: ProxyRules,
  now: number,
  delayMs: number,
): Pick<TrafficRuntime, 'rules'> & { pending: readonly PendingRules[] } {
  let { rules } = known;
  let pending = known.pending ?? [];
  const at = now + delayMs;
  if (pending.at(-1)?.at === at) pending = pending.slice(0, -1);
  const { at: _at, ...last }: ProxyRules & { at?: number } = pending.at(-1) ?? rules;
  if (!deepEqual(last, latest)) pending = [...pending, { at, ...latest }];
  for (let next = pending[0]; next && next.at <= now; next = pending[0]) {
    const { at: _due, ...due } = next;
    rules = due;
    pending = pending.slice(1);
  }
  return { rules, pending };
}
