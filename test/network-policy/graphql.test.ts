import { expect, test } from 'vitest';
import { startTestServer } from '../api/support.ts';

const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx, ports: [{name: http, containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {containers: [{name: client, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 8080, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: client}}}, {ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.0/28]}}]
      ports: [{port: http}]
`;

async function cluster() {
  const { ask } = await startTestServer();
  await ask('mutation { createCluster(input: { name: "c", nodes: 1, paused: true }) { userErrors { message } } }');
  const applied = await ask(
    'mutation ($m: String!) { applyManifest(input: { cluster: "c", manifest: $m }) { userErrors { message } } }',
    { m: MANIFEST },
  );
  expect(applied.data.applyManifest.userErrors).toEqual([]);
  await ask('mutation { stepClock(cluster: "c", by: { duration: "1m" }) { userErrors { message } } }');
  return ask;
}

test('a policy shows its rules and pods, a pod its policies, and a connection the rule that lets it through', async () => {
  const ask = await cluster();
  const { data, errors } = await ask(`{ cluster(name: "c") {
    networkPolicies { nodes {
      podSelector policyTypes pods { nodes { name } } egress { peers { podSelector } }
      ingress { peers { podSelector namespaceSelector ipBlock { cidr except } } ports { protocol port endPort } }
    } }
    pods { nodes { name networkPolicies { name } } }
    table(kind: "netpol") { columns rows { cells } }
    allowed: connectivity(from: "pod/client", to: "service/web", port: "8080") {
      allowed reason from { text pod { name } address }
      paths { port to { pod { name } } egress { isolated } ingress { isolated allowedBy { policy { name } rule peer port } } }
    }
    denied: connectivity(from: "192.0.2.5", to: "pod/web", port: "80") { allowed reason }
    outside: connectivity(from: "192.0.2.50", to: "pod/default/web", port: "http") { allowed }
  } }`);
  expect(errors).toBeUndefined();
  expect(data.cluster.networkPolicies.nodes).toEqual([
    {
      podSelector: 'app=web',
      policyTypes: ['Ingress'],
      pods: { nodes: [{ name: 'web' }] },
      egress: [],
      ingress: [
        {
          peers: [
            { podSelector: 'app=client', namespaceSelector: null, ipBlock: null },
            { podSelector: null, namespaceSelector: null, ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.0/28'] } },
          ],
          ports: [{ protocol: 'TCP', port: 'http', endPort: null }],
        },
      ],
    },
  ]);
  expect(data.cluster.pods.nodes).toEqual([
    { name: 'client', networkPolicies: [] },
    { name: 'web', networkPolicies: [{ name: 'web' }] },
  ]);
  expect(data.cluster.table.columns).toEqual(['NAME', 'POD-SELECTOR', 'AGE']);
  expect(data.cluster.table.rows[0].cells.slice(0, 2)).toEqual(['web', 'app=web']);
  expect(data.cluster.allowed).toMatchObject({
    allowed: true,
    reason:
      'allowed: out of pod/default/client: no policy isolates it; into pod/default/web: web allows it in ingress[0]',
    from: { text: 'pod/default/client', pod: { name: 'client' }, address: expect.stringMatching(/^10\./) },
    paths: [
      {
        port: 80,
        to: { pod: { name: 'web' } },
        egress: { isolated: false },
        ingress: { isolated: true, allowedBy: { policy: { name: 'web' }, rule: 0, peer: 0, port: 0 } },
      },
    ],
  });
  expect(data.cluster.denied).toEqual({
    allowed: false,
    reason: 'denied: into pod/default/web: no rule of web allows it',
  });
  expect(data.cluster.outside).toEqual({ allowed: true });
});

test('a question that makes no sense is refused', async () => {
  const ask = await cluster();
  const rows: [string, string, string][] = [
    ['from: "pod/gone", to: "pod/web"', 'there is no pod/gone', 'NOT_FOUND'],
    ['from: "!", to: "pod/web"', 'there is no !', 'NOT_FOUND'],
    [
      'from: "service/web", to: "pod/web"',
      'a Service opens no connections: from must be a pod or an address',
      'BAD_USER_INPUT',
    ],
    [
      'from: "node/node-1", to: "pod/web"',
      'node/node-1 is a Node; a connection is from a pod or an address to one, or to a Service',
      'BAD_USER_INPUT',
    ],
    [
      'from: "pod/web", to: "pod/client", port: "70000"',
      'port must be between 1 and 65535, not 70000',
      'BAD_USER_INPUT',
    ],
    ['from: "pod/web", to: "pod/client", protocol: "ICMP"', 'protocol must be one of TCP, UDP, SCTP', 'BAD_USER_INPUT'],
    [
      'from: "192.0.2.1", to: "192.0.2.2"',
      'one end must be a pod: policies say nothing about traffic outside of the cluster',
      'BAD_USER_INPUT',
    ],
  ];
  for (const [args, message, code] of rows) {
    const { errors } = await ask(`{ cluster(name: "c") { connectivity(${args}) { allowed } } }`);
    expect(errors?.[0]).toMatchObject({ message, extensions: { code } });
  }
});
