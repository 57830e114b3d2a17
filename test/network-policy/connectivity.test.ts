import { describe, expect, it } from 'vitest';
import { explainPath, judgeConnectivity, type Target } from '../../src/kinds/networkpolicy/connectivity.ts';
import { addressParty, podParty, type Party } from '../../src/kinds/networkpolicy/party.ts';
import { policiesOf } from '../../src/kinds/networkpolicy/queries.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { Model } from '../support/model.ts';
import { addPod, clusterOf, podAt } from './truth-table.ts';

function party(model: Model, text: string): Party {
  return addressParty(text) ?? podParty(model.view, podAt(model, text));
}

function judge(model: Model, from: string, to: string | Target, port?: string, protocol = 'TCP') {
  const target = typeof to === 'string' ? party(model, to) : to;
  return judgeConnectivity(model.view, { from: party(model, from), to: target, port, protocol });
}

function policy(name: string, spec: object, namespace = 'x') {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}

const DENY = policy('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const blocks = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, except } });

function nodeWith(name: string, address: string) {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { addresses: [{ type: 'InternalIP', address }] },
  };
}

describe('addresses outside of the cluster', () => {
  const rows: [string, string, boolean][] = [
    ['inside the block', '198.51.100.7', true],
    ['in the hole', '198.51.100.40', false],
    ['outside of the block', '203.0.113.1', false],
    ['a range inside the block', '198.51.100.0/28', true],
    ['the block itself, which has a hole', '198.51.100.0/24', false],
    ['a range that reaches beyond the block', '198.51.0.0/16', false],
    ['a range in the hole', '198.51.100.40/32', false],
    ['another family', '2001:db8::1', false],
  ];
  it.each(rows)('%s', (_what, address, allowed) => {
    const model = clusterOf(['x/a']);
    const peers = [blocks('198.51.100.0/24', '198.51.100.32/27')];
    model.create(policy('p', { podSelector: {}, ingress: [{ from: peers }], egress: [{ to: peers }] }));
    expect(judge(model, address, 'x/a', '80').allowed).toBe(allowed);
    expect(judge(model, 'x/a', address, '80').allowed).toBe(allowed);
  });

  it('are never matched by selectors, and by rules without peers always', () => {
    const model = clusterOf(['x/a', 'y/a']);
    model.create(
      policy('p', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }, { namespaceSelector: {} }] }] }),
      policy('q', { podSelector: {}, ingress: [{}] }, 'y'),
    );
    expect(judge(model, '192.0.2.1', 'x/a').allowed).toBe(false);
    expect(judge(model, '192.0.2.1', 'y/a').allowed).toBe(true);
  });
});

describe('pods', () => {
  it('always reach themselves, whatever isolates them', () => {
    const model = clusterOf(['x/a', 'x/b']);
    model.create(DENY);
    expect(judge(model, 'x/a', 'x/a', '80').allowed).toBe(true);
    expect(judge(model, 'x/a', 'x/b', '80').allowed).toBe(false);
  });

  it("on their node's network are not isolated, and are matched by address only", () => {
    const model = clusterOf(['x/a']);
    model.create(nodeWith('node-1', '172.18.0.2'));
    addPod(model, 'x/host', '172.18.0.2', { hostNetwork: true, nodeName: 'node-1' });
    model.create(DENY);
    const host = podAt(model, 'x/host');
    expect(policiesOf(model.view, host)).toEqual([]);
    expect(judge(model, '192.0.2.1', 'x/host', '80').allowed).toBe(true);
    expect(judge(model, 'x/host', 'x/a', '80').allowed).toBe(false);
    model.create(policy('selects', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }));
    expect(judge(model, 'x/host', 'x/a', '80').allowed).toBe(false);
    model.create(policy('block', { podSelector: {}, ingress: [{ from: [blocks('172.18.0.0/16')] }] }));
    expect(judge(model, 'x/host', 'x/a', '80').allowed).toBe(true);
  });

  it('are always reached from their own node, and from no other', () => {
    const model = clusterOf([]);
    model.create(nodeWith('node-1', '172.18.0.2'), nodeWith('node-2', '172.18.0.3'));
    addPod(model, 'x/a', '10.0.0.1', { nodeName: 'node-1' });
    addPod(model, 'y/near', '172.18.0.2', { hostNetwork: true, nodeName: 'node-1' });
    addPod(model, 'y/far', '172.18.0.3', { hostNetwork: true, nodeName: 'node-2' });
    model.create(DENY);
    expect(judge(model, 'y/near', 'x/a', '80').allowed).toBe(true);
    expect(judge(model, '172.18.0.2', 'x/a', '80').allowed).toBe(true);
    expect(judge(model, 'y/far', 'x/a', '80').allowed).toBe(false);
    expect(judge(model, '172.18.0.3', 'x/a', '80').allowed).toBe(false);
    expect(judge(model, 'x/a', 'y/near', '80').allowed).toBe(true);
  });
});

describe('ports', () => {
  it('asked by name are those of the target', () => {
    const model = clusterOf(['x/a', 'y/a']);
    model.create(policy('p', { podSelector: {}, ingress: [{ ports: [{ port: 81 }] }] }));
    expect(judge(model, 'y/a', 'x/a', 'serve-81-tcp')).toMatchObject({ allowed: true, paths: [{ port: 81 }] });
    expect(judge(model, 'y/a', 'x/a', 'serve-80-tcp').allowed).toBe(false);
    expect(judge(model, 'y/a', 'x/a', 'metrics')).toMatchObject({
      allowed: false,
      problem: 'pod/x/a has no TCP port named "metrics"',
    });
  });

  it('not asked for must all be allowed', () => {
    const model = clusterOf(['x/a', 'y/a']);
    model.create(policy('p', { podSelector: {}, ingress: [{ ports: [{ port: 81 }] }] }));
    expect(judge(model, 'y/a', 'x/a').allowed).toBe(false);
    model.create(policy('q', { podSelector: {}, ingress: [{ ports: [{ protocol: 'TCP' }] }] }));
    expect(judge(model, 'y/a', 'x/a').allowed).toBe(true);
    expect(judge(model, 'y/a', 'x/a', undefined, 'UDP').allowed).toBe(false);
  });

  it('by name in an egress rule are none of an address', () => {
    const model = clusterOf(['x/a', 'y/a']);
    model.create(
      policy('p', { podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'serve-80-tcp' }] }] }),
    );
    expect(judge(model, 'x/a', 'y/a', '80').allowed).toBe(true);
    expect(judge(model, 'x/a', '192.0.2.1', '80').allowed).toBe(false);
  });
});

describe('a Service', () => {
  function served(): Model {
    const model = clusterOf(['x/b', 'y/a', 'y/b']);
    model.create(nodeWith('node-1', '172.18.0.2'));
    addPod(model, 'x/a', '10.0.1.1', { nodeName: 'node-1' });
    model.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'x' },
      spec: {
        selector: { pod: 'a' },
        ports: [
          { name: 'http', port: 8080, targetPort: 'serve-80-tcp' },
          { name: 'admin', port: 9090, targetPort: 81 },
        ],
      },
    });
    model.run(5000);
    return model;
  }
  const web = (model: Model) => ({ service: model.view.get(Service, 'x', 'web')! });

  it('is judged at its endpoints, by their own ports', () => {
    const model = served();
    model.create(policy('p', { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] }));
    expect(judge(model, 'y/a', web(model), '8080')).toMatchObject({
      allowed: true,
      paths: [{ to: { text: 'pod/x/a' }, port: 80 }],
    });
    expect(judge(model, 'y/a', web(model), 'admin').allowed).toBe(false);
    expect(judge(model, 'y/a', web(model)).allowed).toBe(true);
  });

  it('without endpoints, or without the port, is not reached', () => {
    const model = served();
    expect(judge(model, 'y/a', web(model), '81').problem).toBe('service/x/web has no TCP port "81"');
    model.do((api) => void api.delete(podAt(model, 'x/a'), { gracePeriodSeconds: 0 }));
    model.run(5000);
    expect(judge(model, 'y/a', web(model))).toMatchObject({
      allowed: false,
      paths: [],
      problem: 'service/x/web has no ready endpoints',
    });
  });
});

describe('the explanation', () => {
  it('names the rule that allows, and the policies of which none does', () => {
    const model = clusterOf(['x/a', 'x/b', 'y/a']);
    model.create(
      DENY,
      policy('from-b', {
        podSelector: { matchLabels: { pod: 'a' } },
        ingress: [
          { ports: [{ port: 9 }] },
          { from: [blocks('192.0.2.0/24'), { podSelector: {} }], ports: [{ port: 80 }] },
        ],
      }),
      policy('out', { podSelector: {}, policyTypes: ['Egress'], egress: [{}] }),
    );
    const [allowed] = judge(model, 'x/b', 'x/a', '80').paths;
    expect(allowed?.ingress.policies.map(({ metadata }) => metadata.name)).toEqual(['deny', 'from-b']);
    expect(allowed?.ingress.allowedBy).toMatchObject({
      policy: { metadata: { name: 'from-b' } },
      rule: 1,
      peer: 1,
      port: 0,
    });
    expect(explainPath(allowed!)).toBe(
      'allowed: out of pod/x/b: out allows it in egress[0]; into pod/x/a: from-b allows it in ingress[1]',
    );
    const [denied] = judge(model, 'y/a', 'x/a', '80').paths;
    expect(denied?.egress).toMatchObject({ allowed: true, policies: [] });
    expect(explainPath(denied!)).toBe('denied: into pod/x/a: no rule of deny, from-b allows it');
  });
});
