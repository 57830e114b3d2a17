import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import { objectKey, type KubeObject } from '../../machinery/object.ts';

/** Who sends requests to a Service, how many, and from when until when. They are counted, never sent one by one. */
export interface TrafficSourceSpec {
  /** `name`, of a Service in the source's own namespace, or `namespace/name`. */
  service: string;
  requestsPerSecond: number;
  /** When it begins: RFC 3339, or a Go duration after the source was created ("30s"). Default: at once. */
  from?: string;
  /** When it ends: RFC 3339, or a Go duration after the source was created. Default: never. */
  until?: string;
  /** A port's name or number; default: the Service's first port. */
  port?: string | number;
  /** The one address that all requests come from: decides for a Service with session affinity. */
  clientIP?: string;
  /** How many clients the requests come from, evenly; default 1. Matters for a Service with session affinity only. */
  clients?: number;
  /** The zone that the clients are in; without zone and node they are everywhere, and no topology hint applies. */
  zone?: string;
  /** The node that the clients are on: decides where a traffic policy is Local. */
  node?: string;
  /** The clients are outside of the cluster: externalTrafficPolicy applies, not internalTrafficPolicy. */
  external?: boolean;
}

/** Where requests may go: one endpoint. */
export interface TrafficTarget {
  /** The uid of the endpoint's pod; undefined where the endpoint is none. */
  pod?: string;
  address: string;
  node?: string;
  /** The number of the port on the endpoint. */
  port?: number;
}

/** What kube-proxy does with requests, as it learnt it from the Service and its slices. */
export interface ProxyRules {
  targets: readonly TrafficTarget[];
  /** Why there are no targets. */
  reason?: string;
  /** Each client stays at one target for that long after its last request. */
  affinityMs?: number;
}

/** Rules that were written to the API, and that kube-proxies will follow from a time on. */
export interface PendingRules extends ProxyRules {
  at: number;
}

/** From `from` until the next stretch begins nothing changed. Rates are requests per second. */
export interface TrafficStretch {
  from: number;
  rate: number;
  /** How many of them fail, by reason. */
  failed?: Readonly<Record<string, number>>;
}

/** What the counter of a source remembers. Times are simulated milliseconds. */
export interface TrafficRuntime {
  /** When the source came to be. */
  since: number;
  /** What kube-proxies do now. */
  rules: ProxyRules;
  /** What they will do, oldest first: changes of the last moment. */
  pending?: readonly PendingRules[];
  /** The target's address of each client that stays at one. */
  affinity?: Readonly<Record<string, string>>;
  /** Oldest first; the last stretch is open. */
  log: readonly TrafficStretch[];
}

export interface TrafficSource extends KubeObject {
  spec: TrafficSourceSpec;
  runtime?: TrafficRuntime;
}

export const TrafficSource = defineKind<TrafficSource>({
  apiVersion: 'orrery.dev/v1alpha1',
  kind: 'TrafficSource',
  plural: 'trafficsources',
  shortNames: ['traffic'],
  namespaced: true,
});

/** `namespace/name` of the Service that a source sends to. */
export function serviceKeyOf({ metadata, spec }: TrafficSource): string {
  return spec.service.includes('/') ? spec.service : objectKey(metadata.namespace, spec.service);
}

/** Whether a source sends requests now. */
export function isSending({ runtime }: TrafficSource): boolean {
  return (runtime?.log.at(-1)?.rate ?? 0) > 0;
}

/** Sources by `namespace/name` of their Service. */
export const sourcesByService: Index<TrafficSource> = {
  name: 'traffic sources by service',
  kind: TrafficSource,
  keys: (source) => (typeof source.spec?.service === 'string' ? serviceKeyOf(source) : undefined),
};
