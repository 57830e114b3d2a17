import { expect, test } from 'vitest';
import { startTestServer } from '../api/support.ts';

const MANIFEST = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: unserved}
spec: {ingressClassName: other, defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {gatewayClassName: envoy, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: route}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec: {containers: [{name: web, image: nginx}]}
`;

const EDGES = [
  'Gateway edge ROUTES_TO HTTPRoute route',
  'HTTPRoute route ROUTES_TO Service web',
  'Ingress shop ROUTES_TO Service web',
  'Ingress unserved ROUTES_TO Service web (idle)',
  'Pod web RUNS_ON Node node-1',
  'Service web ROUTES_TO Pod web',
];

test('the picture shows how requests come from outside to pods', async () => {
  const { ask } = await startTestServer();
  await ask('mutation { createCluster(input: { name: "c", nodes: 1, paused: true }) { userErrors { message } } }');
  await ask(
    'mutation ($m: String!) { applyManifest(input: { cluster: "c", manifest: $m }) { userErrors { message } } }',
    { m: MANIFEST },
  );
  await ask('mutation { stepClock(cluster: "c", by: { duration: "1m" }) { userErrors { message } } }');
  const edgesOf = async (args: string): Promise<string[]> => {
    const { data, errors } = await ask(`{ cluster(name: "c") { topology${args} {
      nodes { id kind label } edges { from to relation active } } } }`);
    expect(errors).toBeUndefined();
    const { nodes, edges } = data.cluster.topology;
    const names = new Map(
      nodes.map((node: { id: string; kind: string; label: string }) => [node.id, `${node.kind} ${node.label}`]),
    );
    return edges
      .map((edge: { from: string; to: string; relation: string; active: boolean }) =>
        [names.get(edge.from), edge.relation, names.get(edge.to), ...(edge.active ? [] : ['(idle)'])].join(' '),
      )
      .sort();
  };
  expect((await edgesOf('')).filter((edge) => !edge.includes('alone'))).toEqual(EDGES);
  const { data } = await ask(
    '{ cluster(name: "c") { ingresses { nodes { id } } gateways(first: 1) { nodes { id } } httpRoutes(first: 1) { nodes { id } } } }',
  );
  const roots = [data.cluster.ingresses, data.cluster.gateways, data.cluster.httpRoutes].map(
    ({ nodes }) => nodes[0].id,
  );
  for (const root of roots) expect(await edgesOf(`(root: "${root}")`)).toEqual(EDGES);
});
