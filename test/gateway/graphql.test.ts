import { expect, test } from 'vitest';
import { startTestServer } from '../api/support.ts';

const MANIFEST = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: envoy
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: canary}
spec: {selector: {app: canary}, ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: edge}]
  hostnames: [shop.example.com]
  rules:
    - matches: [{path: {type: PathPrefix, value: /cart}}]
      backendRefs: [{name: web, port: 80, weight: 3}, {name: canary, port: 80, weight: 1}]
    - backendRefs: [{name: web, port: 80}]
`;

test('Gateways, routes and Services show each other, and where a request ends up', async () => {
  const { ask } = await startTestServer();
  await ask('mutation { createCluster(input: { name: "c", nodes: 1, paused: true }) { userErrors { message } } }');
  const applied = await ask(
    'mutation ($m: String!) { applyManifest(input: { cluster: "c", manifest: $m }) { userErrors { message } } }',
    { m: MANIFEST },
  );
  expect(applied.data.applyManifest.userErrors).toEqual([]);
  await ask('mutation { stepClock(cluster: "c", by: { duration: "1m" }) { userErrors { message } } }');
  const { data, errors } = await ask(`{ cluster(name: "c") {
    gatewayClasses { nodes { controllerName served gateways { nodes { name } } } }
    gateways(first: 10) { nodes {
      gatewayClassName gatewayClass { name } addresses health routes(first: 5) { nodes { name } }
      listeners { name port protocol attachedRoutes conditions { type status } }
      cart: resolve(host: "shop.example.com", path: "/cart/1") {
        statusCode reason listener rule route { name }
        backends { name weight share statusCode problem service { name } endpoints { pod { name } } }
      }
      home: resolve(host: "shop.example.com") { statusCode rule }
      other: resolve(host: "other.example.com", headers: { a: "b" }) { statusCode reason route { name } }
    } }
    httpRoutes(first: 10) { nodes {
      hostnames services { name } parents { gateway { name } conditions { type status reason } }
      rules { matches { pathType path method headers } filters backends { name share } }
    } }
    services { nodes { name httpRoutes { name } } }
    table(kind: "gateway") { columns rows { cells } }
  } }`);
  expect(errors).toBeUndefined();
  const { cluster } = data;
  expect(cluster.gatewayClasses.nodes).toEqual([
    {
      controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
      served: true,
      gateways: { nodes: [{ name: 'edge' }] },
    },
  ]);
  const [gateway] = cluster.gateways.nodes;
  expect(gateway).toMatchObject({
    gatewayClassName: 'envoy',
    gatewayClass: { name: 'envoy' },
    health: 'HEALTHY',
    routes: { nodes: [{ name: 'shop' }] },
    listeners: [{ name: 'http', port: 80, protocol: 'HTTP', attachedRoutes: 1 }],
    cart: {
      statusCode: 503,
      reason: 'the Service has no endpoints',
      listener: 'http',
      rule: 0,
      route: { name: 'shop' },
      backends: [
        { name: 'web', weight: 3, share: 0.75, statusCode: 200, problem: null, endpoints: [{ pod: { name: 'web' } }] },
        { name: 'canary', weight: 1, share: 0.25, statusCode: 503, service: { name: 'canary' }, endpoints: [] },
      ],
    },
    home: { statusCode: 200, rule: 1 },
    other: { statusCode: 404, reason: 'no route matches', route: null },
  });
  expect(cluster.httpRoutes.nodes).toEqual([
    {
      hostnames: ['shop.example.com'],
      services: [{ name: 'web' }, { name: 'canary' }],
      parents: [
        {
          gateway: { name: 'edge' },
          conditions: [
            { type: 'Accepted', status: 'TRUE', reason: 'Accepted' },
            { type: 'ResolvedRefs', status: 'TRUE', reason: 'ResolvedRefs' },
          ],
        },
      ],
      rules: [
        {
          matches: [{ pathType: 'PathPrefix', path: '/cart', method: null, headers: {} }],
          filters: [],
          backends: [
            { name: 'web', share: 0.75 },
            { name: 'canary', share: 0.25 },
          ],
        },
        {
          matches: [{ pathType: 'PathPrefix', path: '/', method: null, headers: {} }],
          filters: [],
          backends: [{ name: 'web', share: 1 }],
        },
      ],
    },
  ]);
  expect(cluster.services.nodes).toContainEqual({ name: 'web', httpRoutes: [{ name: 'shop' }] });
  expect(cluster.table.columns).toEqual(['NAME', 'CLASS', 'ADDRESS', 'PROGRAMMED', 'AGE']);
  expect(cluster.table.rows[0].cells).toEqual(['edge', 'envoy', gateway.addresses[0], 'True', '60s']);
});
