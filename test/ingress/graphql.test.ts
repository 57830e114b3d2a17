import { expect, test } from 'vitest';
import { startTestServer } from '../api/support.ts';

const MANIFEST = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: k8s.io/ingress-nginx, parameters: {kind: Config, name: outer, apiGroup: k8s.example.com}}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: private}
spec: {controller: example.com/private}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx, ports: [{name: http, containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 8080, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: shop-tls}
type: kubernetes.io/tls
stringData: {tls.crt: certificate, tls.key: very-secret}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  tls: [{hosts: [shop.example.com], secretName: shop-tls}]
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
          - {path: /empty, pathType: Prefix, backend: {service: {name: empty, port: {number: 80}}}}
          - {path: /gone, pathType: Exact, backend: {service: {name: gone, port: {number: 80}}}}
          - {path: /port, pathType: Exact, backend: {service: {name: web, port: {number: 81}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: inner}
spec:
  ingressClassName: private
  defaultBackend: {service: {name: web, port: {number: 8080}}}
  rules: [{host: inner.example.com}]
`;

const REQUEST =
  'statusCode reason ingress { name } route { path } backend { service { name } port endpoints { pod { name } } problem }';

test('requests are brought to pods by the rules, or are answered why not', async () => {
  const { ask } = await startTestServer();
  await ask('mutation { createCluster(input: { name: "c", nodes: 1, paused: true }) { userErrors { message } } }');
  const applied = await ask(
    'mutation ($m: String!) { applyManifest(input: { cluster: "c", manifest: $m }) { userErrors { message } } }',
    { m: MANIFEST },
  );
  expect(applied.data.applyManifest.userErrors).toEqual([]);
  await ask('mutation { stepClock(cluster: "c", by: { duration: "1m" }) { userErrors { message } } }');
  const { data, errors } = await ask(`{ cluster(name: "c") {
    ingresses { nodes {
      name ingressClassName ingressClass { name controller } served hosts addresses services { name } health
      routes { host path pathType backend { serviceName servicePort problem } }
      defaultBackend { serviceName port } tls { hosts secretName secret { name type } }
    } }
    ingressClasses { nodes { name isDefault served address parameters { kind scope } ingresses { nodes { name } } } }
    services { nodes { name ingresses { name } } }
    table(kind: "ing") { columns rows { cells } }
    web: ingress(host: "shop.example.com", path: "/cart") { ${REQUEST} certificate { name } }
    empty: ingress(host: "shop.example.com", path: "/empty/x") { ${REQUEST} }
    gone: ingress(host: "shop.example.com", path: "/gone") { ${REQUEST} }
    port: ingress(host: "shop.example.com", path: "/port") { ${REQUEST} }
    nobody: ingress(host: "other.example.com") { ${REQUEST} }
    unserved: ingress(host: "inner.example.com", ingressClass: "private") { statusCode reason }
  } }`);
  expect(errors).toBeUndefined();
  const { cluster } = data;
  const [inner, shop] = cluster.ingresses.nodes;
  expect(shop).toEqual({
    name: 'shop',
    ingressClassName: 'nginx',
    ingressClass: { name: 'nginx', controller: 'k8s.io/ingress-nginx' },
    served: true,
    hosts: ['shop.example.com'],
    addresses: [expect.stringMatching(/^198\.18\./)],
    services: [{ name: 'web' }, { name: 'empty' }],
    health: 'HEALTHY',
    routes: [
      {
        host: 'shop.example.com',
        path: '/',
        pathType: 'Prefix',
        backend: { serviceName: 'web', servicePort: 'http', problem: null },
      },
      {
        host: 'shop.example.com',
        path: '/empty',
        pathType: 'Prefix',
        backend: { serviceName: 'empty', servicePort: '80', problem: 'the Service has no endpoints' },
      },
      {
        host: 'shop.example.com',
        path: '/gone',
        pathType: 'Exact',
        backend: { serviceName: 'gone', servicePort: '80', problem: 'services "gone" not found' },
      },
      {
        host: 'shop.example.com',
        path: '/port',
        pathType: 'Exact',
        backend: { serviceName: 'web', servicePort: '81', problem: 'the Service has no port 81' },
      },
    ],
    defaultBackend: null,
    tls: [
      { hosts: ['shop.example.com'], secretName: 'shop-tls', secret: { name: 'shop-tls', type: 'kubernetes.io/tls' } },
    ],
  });
  expect(inner).toMatchObject({ served: false, addresses: [], defaultBackend: { serviceName: 'web', port: 8080 } });
  expect(cluster.ingressClasses.nodes).toEqual([
    {
      name: 'nginx',
      isDefault: true,
      served: true,
      address: shop.addresses[0],
      parameters: { kind: 'Config', scope: 'Cluster' },
      ingresses: { nodes: [{ name: 'shop' }] },
    },
    {
      name: 'private',
      isDefault: false,
      served: false,
      address: null,
      parameters: null,
      ingresses: { nodes: [{ name: 'inner' }] },
    },
  ]);
  const web = cluster.services.nodes.find((service: { name: string }) => service.name === 'web');
  expect(web.ingresses).toEqual(
    [{ name: 'inner' }, { name: 'shop' }].toSorted((left, right) => (left.name > right.name ? -1 : 1)),
  );
  expect(cluster.table.columns).toEqual(['NAME', 'CLASS', 'HOSTS', 'ADDRESS', 'PORTS', 'AGE']);
  expect(cluster.web).toEqual({
    statusCode: 200,
    reason: null,
    ingress: { name: 'shop' },
    route: { path: '/' },
    backend: { service: { name: 'web' }, port: 8080, endpoints: [{ pod: { name: 'web' } }], problem: null },
    certificate: { name: 'shop-tls' },
  });
  expect(cluster.empty).toMatchObject({
    statusCode: 503,
    reason: 'the Service has no endpoints',
    backend: { port: 80 },
  });
  expect(cluster.gone).toMatchObject({
    statusCode: 503,
    reason: 'services "gone" not found',
    backend: { service: null },
  });
  expect(cluster.port).toMatchObject({ statusCode: 503, reason: 'the Service has no port 81' });
  expect(cluster.nobody).toMatchObject({
    statusCode: 404,
    reason: expect.stringContaining('no controller serves that class'),
    ingress: null,
    backend: null,
  });
  expect(cluster.unserved).toEqual({
    statusCode: 404,
    reason: 'default/inner of class private would take it, but no controller serves that class',
  });
  expect(JSON.stringify(data)).not.toContain('very-secret');
});
