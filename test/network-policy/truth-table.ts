import { Registry } from '../../src/engine/registry.ts';
import { endpoints } from '../../src/kinds/endpoints/definition.ts';
import { endpointSlice } from '../../src/kinds/endpointslice/definition.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { judgeConnectivity } from '../../src/kinds/networkpolicy/connectivity.ts';
import { networkPolicy } from '../../src/kinds/networkpolicy/definition.ts';
import { podParty } from '../../src/kinds/networkpolicy/party.ts';
import { node } from '../../src/kinds/node/definition.ts';
import { pod } from '../../src/kinds/pod/definition.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { service } from '../../src/kinds/service/definition.ts';
import { doIt, Model } from '../support/model.ts';

/** Clusters of pods named "x/a" that stand still, and who of them reaches whom. */

export const NAMESPACES = ['x', 'y', 'z'];

/** Namespaces x, y, z and pods with label `pod`, ports 80 and 81 of each protocol, and addresses 10.0.0.1, 10.0.0.2 … */
export function clusterOf(pods: readonly string[]): Model {
  const still = [node, pod].map((definition) => ({ ...definition, controllers: [] }));
  const kinds = [namespace, ...still, service, endpointSlice, endpoints, networkPolicy, event];
  const model = new Model({ registry: new Registry(kinds, [], [doIt]) });
  for (const name of NAMESPACES) model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  pods.forEach((name, index) => addPod(model, name, `10.0.0.${index + 1}`));
  return model;
}

const PORTS = [80, 81].flatMap((number) =>
  ['TCP', 'UDP', 'SCTP'].map((protocol) => ({
    name: `serve-${number}-${protocol.toLowerCase()}`,
    containerPort: number,
    protocol,
  })),
);

export function addPod(model: Model, place: string, ip: string, more: Record<string, unknown> = {}): void {
  const [inNamespace = '', name = ''] = place.split('/');
  model.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: inNamespace, labels: { pod: name } },
    spec: { containers: [{ name: 'main', image: 'web:1', ports: PORTS }], ...more },
  });
  model.do((api) => {
    const created = api.get(Pod, inNamespace, name)!;
    const conditions = [{ type: 'Ready', status: 'True' as const }];
    api.updateStatus({
      ...created,
      status: { ...created.status, phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions },
    });
  });
}

export function podAt(model: Model, place: string): Pod {
  const [inNamespace = '', name = ''] = place.split('/');
  return model.view.get(Pod, inNamespace, name)!;
}

/**
 * "x/b → x/a" for every pair of pods whose connection is denied. A pod and itself are left out, as in the tests of the
 * network plugins.
 */
export function deniedPairs(model: Model, pods: readonly string[], port: number, protocol = 'TCP'): string[] {
  const denied: string[] = [];
  for (const from of pods) {
    for (const to of pods) {
      if (from === to) continue;
      const parties = {
        from: podParty(model.view, podAt(model, from)),
        to: podParty(model.view, podAt(model, to)),
      };
      const { allowed } = judgeConnectivity(model.view, { ...parties, port: String(port), protocol });
      if (!allowed) denied.push(`${from} → ${to}`);
    }
  }
  return denied;
}

/**
 * The pairs that expectations deny: "-* > x/*" denies, "+x/b > x/a" allows again; the last that matches a pair decides,
 * and what none matches is allowed.
 */
export function expectedPairs(pods: readonly string[], expectations: readonly string[]): string[] {
  const rules = expectations.map((text) => {
    const [from = '', to = ''] = text.slice(1).split(' > ');
    return { denied: text.startsWith('-'), from: pattern(from), to: pattern(to) };
  });
  return pods.flatMap((from) =>
    pods
      .filter((to) => to !== from && rules.findLast((rule) => rule.from.test(from) && rule.to.test(to))?.denied)
      .map((to) => `${from} → ${to}`),
  );
}

function pattern(text: string): RegExp {
  return new RegExp(`^${text.replaceAll('*', '.*')}$`);
}
