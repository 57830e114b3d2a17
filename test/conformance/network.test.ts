import { describe, expect } from 'vitest';
import { Endpoints } from '../../src/kinds/endpoints/types.ts';
import { EndpointSlice, MANAGED_BY_LABEL, slicesByService } from '../../src/kinds/endpointslice/types.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { isPodReady } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { routeRequests } from '../../src/kinds/service/routing.ts';
import { Service, type ServiceSpec } from '../../src/kinds/service/types.ts';
import { defineKind } from '../../src/machinery/kind.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import { annotate, apply, cluster, deleteObject, found, label, MINUTE_MS, update, updateStatus } from './cluster.ts';
import { conformance } from './conformance.ts';
import { expectApiOperations, expectDeleteCollection, expectStatusOperations } from './crud.ts';

const service = (name: string, spec: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {${spec}}\n`;

const pod = (name: string, labels: string, ports: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {${labels}}}
spec: {containers: [{name: c, image: agnhost, ports: [${ports}]}]}
`;

/** `pod:port,port` of each ready endpoint of a Service, by its slices and by its Endpoints, which must agree. */
function endpoints(model: Model, name: string): string[] {
  const nameOf = (reference: { name?: string } | undefined) => reference?.name ?? '';
  const slices = model.view.by<EndpointSlice>(slicesByService, `default/${name}`);
  const bySlices = slices.flatMap(({ endpoints: list, ports }) => {
    const numbers = ports.map(({ port, protocol }) => `${port}${protocol === 'TCP' ? '' : `/${protocol}`}`).sort();
    return list
      .filter(({ conditions }) => conditions.ready)
      .map(({ targetRef }) => `${nameOf(targetRef)}:${numbers.join()}`);
  });
  const subsets = model.view.get(Endpoints, 'default', name)?.subsets ?? [];
  const bySubsets = subsets.flatMap(({ addresses, ports }) => {
    const numbers = (ports ?? [])
      .map(({ port, protocol }) => `${port}${protocol === 'TCP' ? '' : `/${protocol}`}`)
      .sort();
    return (addresses ?? []).map(({ targetRef }) => `${nameOf(targetRef)}:${numbers.join()}`);
  });
  expect(bySlices.toSorted((left, right) => left.localeCompare(right))).toEqual(
    bySubsets.toSorted((left, right) => left.localeCompare(right)),
  );
  return bySlices.toSorted((left, right) => left.localeCompare(right));
}

function changeType(
  model: Model,
  name: string,
  change: { [field in keyof ServiceSpec]?: ServiceSpec[field] | undefined },
): Service {
  update(model, Service, name, (stored) => {
    const spec = { ...stored.spec, ...change };
    for (const field of Object.keys(spec) as (keyof ServiceSpec)[]) if (spec[field] === undefined) delete spec[field];
    return { ...stored, spec };
  });
  return found(model, Service, name);
}

const PORTS = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 9376 }];

function expectExternal(type: string): void {
  const model = cluster();
  apply(model, service('web', `type: ${type}, ports: [{port: 80}]`));
  const cleared = { clusterIP: undefined, clusterIPs: undefined, ports: undefined };
  const { spec } = changeType(model, 'web', { type: 'ExternalName', externalName: 'foo.example.com', ...cleared });
  expect(spec).toMatchObject({ type: 'ExternalName', externalName: 'foo.example.com' });
  expect(spec.clusterIP ?? '').toBe('');
}

describe('Services', () => {
  conformance('Services: provide secure master service', () => {
    const { spec } = found(cluster(), Service, 'kubernetes');
    expect(spec.ports).toMatchObject([{ name: 'https', port: 443, protocol: 'TCP' }]);
    expect(spec.clusterIP).toBe('10.96.0.1');
  });

  conformance('Services: serve a basic endpoint from pods', () => {
    const model = cluster();
    apply(model, service('web', 'selector: {app: web}, ports: [{port: 80, targetPort: 80}]'));
    expect(endpoints(model, 'web')).toEqual([]);
    apply(model, pod('pod1', 'app: web', '{containerPort: 80}'));
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual(['pod1:80']);
    apply(model, pod('pod2', 'app: web', '{containerPort: 80}'));
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual(['pod1:80', 'pod2:80']);
    deleteObject(model, Pod, 'pod1');
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual(['pod2:80']);
    deleteObject(model, Pod, 'pod2');
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual([]);
  });

  conformance('Services: serve multiport endpoints from pods', () => {
    const model = cluster();
    const ports = '{name: portname1, port: 80, targetPort: svc1}, {name: portname2, port: 81, targetPort: svc2}';
    apply(model, service('web', `selector: {app: web}, ports: [${ports}]`));
    expect(endpoints(model, 'web')).toEqual([]);
    apply(model, pod('pod1', 'app: web', '{name: svc1, containerPort: 100}'));
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual(['pod1:100']);
    apply(model, pod('pod2', 'app: web', '{name: svc2, containerPort: 101}'));
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual(['pod1:100', 'pod2:101']);
    deleteObject(model, Pod, 'pod1');
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual(['pod2:101']);
    deleteObject(model, Pod, 'pod2');
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual([]);
  });

  conformance('Services: serve endpoints on same port and different protocols', () => {
    const model = cluster();
    const tcp = '{name: tcp-port, port: 80, protocol: TCP, targetPort: 100}';
    apply(model, service('web', `selector: {app: web}, ports: [${tcp}]`));
    apply(model, pod('pod1', 'app: web', '{containerPort: 100}, {containerPort: 100, protocol: UDP}'));
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual(['pod1:100']);
    const udp = { name: 'udp-port', port: 80, protocol: 'UDP', targetPort: 100 };
    changeType(model, 'web', { ports: [...(found(model, Service, 'web').spec.ports ?? []), udp] });
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual(['pod1:100,100/UDP']);
    changeType(model, 'web', { ports: [udp] });
    model.run(MINUTE_MS);
    expect(endpoints(model, 'web')).toEqual(['pod1:100/UDP']);
  });

  conformance('Services: ExternalName→ClusterIP', () => {
    const model = cluster();
    apply(model, service('web', 'type: ExternalName, externalName: foo.example.com'));
    expect(found(model, Service, 'web').spec.clusterIP ?? '').toBe('');
    const { spec } = changeType(model, 'web', { type: 'ClusterIP', externalName: undefined, ports: PORTS });
    expect(spec.clusterIP).toMatch(/^10\./);
    expect(spec.ports?.[0]?.nodePort).toBeUndefined();
  });

  conformance('Services: ExternalName→NodePort', () => {
    const model = cluster();
    apply(model, service('web', 'type: ExternalName, externalName: foo.example.com'));
    const { spec } = changeType(model, 'web', { type: 'NodePort', externalName: undefined, ports: PORTS });
    expect(spec.clusterIP).toMatch(/^10\./);
    expect(spec.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30_000);
  });

  conformance('Services: ClusterIP→ExternalName', () => expectExternal('ClusterIP'));
  conformance('Services: NodePort→ExternalName', () => expectExternal('NodePort'));

  conformance('Services: create a functioning NodePort service (allocation + routing table only)', () => {
    const model = cluster();
    apply(model, service('web', 'type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 9376}]'));
    apply(model, pod('pod1', 'app: web', '{containerPort: 9376}'));
    apply(model, pod('pod2', 'app: web', '{containerPort: 9376}'));
    model.run(MINUTE_MS);
    const stored = found(model, Service, 'web');
    expect(stored.spec.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30_000);
    const routing = routeRequests(model.view, stored, { requests: 100 });
    expect(routing).toMatchObject({ answered: 100, failed: 0 });
    expect(routing.shares.map(({ requests }) => requests)).toEqual([50, 50]);
  });

  conformance('Services: find a service from listing all namespaces', () => {
    expect(
      cluster()
        .view.list(Service)
        .some(({ metadata }) => metadata.name === 'kubernetes'),
    ).toBe(true);
  });

  conformance('Services: delete a collection', () => {
    expectDeleteCollection(cluster(), Service, service('web', 'ports: [{port: 80}]'));
  });

  conformance('Services: complete a service status lifecycle', () => {
    const model = cluster();
    apply(model, service('web', 'type: LoadBalancer, loadBalancerClass: example.com/none, ports: [{port: 80}]'));
    const ingress = [{ ip: '203.0.113.1' }];
    updateStatus(model, Service, 'web', (status) => ({ ...status, loadBalancer: { ingress } }));
    expect(found(model, Service, 'web').status.loadBalancer.ingress).toMatchObject(ingress);
    annotate(model, Service, 'web', { patchedstatus: 'true' });
    expect(found(model, Service, 'web').metadata.annotations).toMatchObject({ patchedstatus: 'true' });
    expectStatusOperations(model, Service, 'web');
    label(model, Service, 'web', { 'test-service': 'patched' });
    expect(found(model, Service, 'web').metadata.labels).toMatchObject({ 'test-service': 'patched' });
    deleteObject(model, Service, 'web');
    expect(model.view.get(Service, 'default', 'web')).toBeUndefined();
  });

  conformance('Services: test the lifecycle of an Endpoint', () => {
    const text = `
apiVersion: v1
kind: Endpoints
metadata: {name: testservice, labels: {test-endpoint-static: "true"}}
subsets: [{addresses: [{ip: 10.0.0.24}], ports: [{name: http, port: 80, protocol: TCP}]}]
`;
    const model = cluster();
    expectApiOperations(model, Endpoints, text, (name) => {
      const addresses = [{ ip: '10.0.0.25' }];
      const ports = [{ name: 'http-test', port: 8080, protocol: 'TCP' }];
      update(model, Endpoints, name, (stored) => ({ ...stored, subsets: [{ addresses, ports }] }));
      expect(found(model, Endpoints, name).subsets).toMatchObject([{ addresses, ports }]);
    });
  });
});

describe('EndpointSlices', () => {
  conformance('EndpointSlice: point to API server', () => {
    const model = cluster();
    const { subsets } = found(model, Endpoints, 'kubernetes');
    const slices = model.view.by<EndpointSlice>(slicesByService, 'default/kubernetes');
    expect(model.view.get(Namespace, undefined, 'default')).toBeDefined();
    const addresses = subsets?.flatMap((subset) => subset.addresses?.map(({ ip }) => ip) ?? []);
    expect(slices.flatMap((slice) => slice.endpoints.flatMap((endpoint) => endpoint.addresses))).toEqual(addresses);
    expect(slices.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([subsets?.[0]?.ports?.[0]?.port]);
  });

  conformance('EndpointSlice: create and delete them for a Service with a selector', () => {
    const model = cluster();
    apply(
      model,
      service(
        'web',
        'selector: {does-not-match-anything: endpoints-and-endpoint-slices}, ports: [{name: example, port: 80}]',
      ),
    );
    expect(model.view.get(Endpoints, 'default', 'web')).toBeDefined();
    const slices = () => model.view.by<EndpointSlice>(slicesByService, 'default/web');
    expect(slices()).toHaveLength(1);
    expect(slices()[0]?.metadata.labels?.[MANAGED_BY_LABEL]).toBe('endpointslice-controller.k8s.io');
    expect(slices()[0]?.metadata.ownerReferences?.[0]?.name).toBe('web');
    deleteObject(model, Service, 'web');
    model.run(MINUTE_MS);
    expect(model.view.get(Endpoints, 'default', 'web')).toBeUndefined();
    expect(slices()).toEqual([]);
  });

  conformance('EndpointSlice: create Endpoints and EndpointSlices for Pods matching a Service', () => {
    const model = cluster();
    const named = '{name: example-name, containerPort: 3000}';
    apply(model, pod('pod1', 'foo: bar, uno: dos', named));
    apply(model, pod('pod2', 'foo: bar', named.replace('3000', '3001')));
    apply(
      model,
      service('one', 'selector: {uno: dos}, publishNotReadyAddresses: true, ports: [{port: 80, targetPort: 3000}]'),
    );
    apply(
      model,
      service(
        'two',
        'selector: {foo: bar}, publishNotReadyAddresses: true, ports: [{port: 80, targetPort: example-name}]',
      ),
    );
    model.run(MINUTE_MS);
    expect(model.view.list(Pod).every(isPodReady)).toBe(true);
    expect(endpoints(model, 'one')).toEqual(['pod1:3000']);
    expect(endpoints(model, 'two')).toEqual(['pod1:3000', 'pod2:3001']);
    const slices = model.view.by<EndpointSlice>(slicesByService, 'default/two');
    expect(slices).toHaveLength(2);
    expect(slices.every(({ addressType, ports }) => addressType === 'IPv4' && ports[0]?.protocol === 'TCP')).toBe(true);
  });

  conformance('EndpointSlice: API operations', () => {
    const text = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: e2e, labels: {special: one}}
addressType: IPv4
endpoints: [{addresses: [1.2.3.4]}]
ports: [{name: http, port: 80, protocol: TCP}]
`;
    expectApiOperations(cluster(), EndpointSlice, text);
  });

  conformance('EndpointSliceMirroring: mirror a custom Endpoints resource through create, update, delete', () => {
    const model = cluster();
    const mirrored = () => model.view.by<EndpointSlice>(slicesByService, 'default/custom');
    const custom = (address: string) => `
apiVersion: v1
kind: Endpoints
metadata: {name: custom}
subsets: [{addresses: [{ip: ${address}}], ports: [{port: 80}]}]
`;
    apply(model, service('custom', 'ports: [{port: 80, protocol: TCP}]'));
    apply(model, custom('10.1.2.3'));
    model.run(MINUTE_MS);
    expect(mirrored().map((slice) => slice.endpoints.map(({ addresses }) => addresses))).toEqual([[['10.1.2.3']]]);
    expect(mirrored()[0]?.metadata.labels?.[MANAGED_BY_LABEL]).toBe('endpointslicemirroring-controller.k8s.io');
    apply(model, custom('10.2.3.4'));
    model.run(MINUTE_MS);
    expect(mirrored().map((slice) => slice.endpoints.map(({ addresses }) => addresses))).toEqual([[['10.2.3.4']]]);
    deleteObject(model, Endpoints, 'custom');
    model.run(MINUTE_MS);
    expect(mirrored()).toEqual([]);
  });
});

describe('Ingresses', () => {
  const networking = (kind: string, plural: string, namespaced: boolean) =>
    defineKind<KubeObject>({ apiVersion: 'networking.k8s.io/v1', kind, plural, namespaced });

  conformance('Ingress API operations', () => {
    const Ingress = networking('Ingress', 'ingresses', true);
    const text = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: e2e, labels: {special: one}}
spec: {defaultBackend: {service: {name: default-backend, port: {number: 80}}}}
`;
    const model = cluster();
    expectApiOperations(model, Ingress, text, (name) => {
      for (const ip of ['169.1.1.1', '169.1.1.2']) {
        updateStatus(model, Ingress, name, () => ({ loadBalancer: { ingress: [{ ip }] } }));
        expect(found(model, Ingress, name).status).toEqual({ loadBalancer: { ingress: [{ ip }] } });
      }
    });
  });

  conformance('IngressClass API operations', () => {
    const text = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: e2e, labels: {special: one}}
spec: {controller: example.com/controller}
`;
    expectApiOperations(cluster(), networking('IngressClass', 'ingressclasses', false), text);
  });
});
