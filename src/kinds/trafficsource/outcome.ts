import { SECOND_MS } from '../../machinery/time.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { hash32 } from '../../machinery/random.ts';
import { answerOf } from './queries.ts';
import { clientOf } from './rules.ts';
import type { ProxyRules, TrafficSource, TrafficTarget } from './types.ts';

/** What becomes of a source's requests under some rules, and when that changes by itself. */
export interface Outcome {
  /** Failing requests per second, by reason. */
  failed: Record<string, number>;
  /** When a target begins or ceases to answer; undefined when nothing of the kind is known. */
  until: number | undefined;
  /** Where each client stays; undefined without affinity. */
  affinity: Record<string, string> | undefined;
}

export function outcomeOf(
  view: ClusterView,
  source: TrafficSource,
  rules: ProxyRules,
  known: Readonly<Record<string, string>>,
): Outcome {
  const { requestsPerSecond: rate } = source.spec;
  if (rules.reason !== undefined) {
    return { failed: { [rules.reason]: rate }, until: undefined, affinity: undefined };
  }
  const affinity = affinityOf(view, source, rules, known);
  const weights = weightsOf(rules, affinity);
  const client = clientOf(source);
  let total = 0;
  let until: number | undefined;
  const failing: Record<string, number> = {};
  for (const [index, target] of rules.targets.entries()) {
    const weight = weights[index] ?? 0;
    if (weight === 0) continue;
    total += weight;
    const answer = answerOf(view, target, client);
    if (answer.reason !== undefined) failing[answer.reason] = (failing[answer.reason] ?? 0) + weight;
    if (answer.until !== undefined && (until === undefined || answer.until < until)) until = answer.until;
  }
  const failed: Record<string, number> = {};
  for (const reason of Object.keys(failing).sort()) failed[reason] = (rate * (failing[reason] ?? 0)) / total;
  return { failed, until, affinity };
}

/** How many clients send to each target; one each where requests are spread. */
function weightsOf({ targets }: ProxyRules, affinity: Readonly<Record<string, string>> | undefined): number[] {
  if (!affinity) return targets.map(() => 1);
  const counts = new Map<string, number>();
  for (const address of Object.values(affinity)) counts.set(address, (counts.get(address) ?? 0) + 1);
  return targets.map(({ address }) => counts.get(address) ?? 0);
}

/**
 * Each client's target: the one it is at, as long as that is there; otherwise one that depends on the client alone.
 * Clients whose requests lie further apart than the time-out are sent anywhere each time, as if there were no affinity.
 */
function affinityOf(
  view: ClusterView,
  source: TrafficSource,
  { targets, affinityMs }: ProxyRules,
  known: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  if (affinityMs === undefined) return undefined;
  const { clients = 1, clientIP = 'client', requestsPerSecond } = source.spec;
  if ((clients / requestsPerSecond) * SECOND_MS > affinityMs) return undefined;
  const there = new Set(targets.map(({ address }) => address));
  const affinity: Record<string, string> = {};
  for (let number = 1; number <= clients; number++) {
    const name = clients === 1 ? clientIP : `${clientIP}-${number}`;
    const before = known[name];
    const stays = before !== undefined && there.has(before);
    affinity[name] = stays ? before : pick(targets, hash32(view.seed, source.metadata.uid, name));
  }
  return affinity;
}

function pick(targets: readonly TrafficTarget[], hash: number): string {
  return targets[hash % targets.length]?.address ?? '';
}
