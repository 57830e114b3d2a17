import { describe, expect, it } from 'vitest';
import { Registry } from '../../src/engine/registry.ts';
import { endpoints } from '../../src/kinds/endpoints/definition.ts';
import { endpointSlice } from '../../src/kinds/endpointslice/definition.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { gateway } from '../../src/kinds/gateway/definition.ts';
import { Gateway } from '../../src/kinds/gateway/types.ts';
import { gatewayClass } from '../../src/kinds/gatewayclass/definition.ts';
import { GatewayClass } from '../../src/kinds/gatewayclass/types.ts';
import { httpRoute } from '../../src/kinds/httproute/definition.ts';
import { answerRequest } from '../../src/kinds/httproute/matching.ts';
import { HttpRoute } from '../../src/kinds/httproute/types.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { node } from '../../src/kinds/node/definition.ts';
import { pod } from '../../src/kinds/pod/definition.ts';
import { referenceGrant } from '../../src/kinds/referencegrant/definition.ts';
import { secret } from '../../src/kinds/secret/definition.ts';
import { service } from '../../src/kinds/service/definition.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { doIt, Model } from '../support/model.ts';

/** The life of Gateways and routes as the Gateway API describes it (sigs.k8s.io/gateway-api, apis/v1). */

const API = 'gateway.networking.k8s.io/v1';
const ENVOY = 'gateway.envoyproxy.io/gatewayclass-controller';

function cluster(controllerName = ENVOY): Model {
  const still = [node, pod].map((definition) => ({ ...definition, controllers: [] }));
  const api = [gatewayClass, gateway, httpRoute, referenceGrant];
  const kinds = [namespace, ...still, service, endpointSlice, endpoints, secret, ...api, event];
  const model = new Model({ registry: new Registry(kinds, [], [doIt]) });
  for (const name of ['infra', 'shop']) model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  model.create({ apiVersion: API, kind: 'GatewayClass', metadata: { name: 'envoy' }, spec: { controllerName } });
  return model;
}

const HTTP = { name: 'http', port: 80, protocol: 'HTTP' };

function gatewayOf(listeners: object[] = [HTTP], namespace_ = 'infra'): NewObject {
  const metadata = { name: 'edge', namespace: namespace_ };
  return { apiVersion: API, kind: 'Gateway', metadata, spec: { gatewayClassName: 'envoy', listeners } };
}

function routeOf(name: string, spec: object, namespace_ = 'infra'): NewObject {
  const parentRefs = [{ name: 'edge', namespace: 'infra' }];
  return {
    apiVersion: API,
    kind: 'HTTPRoute',
    metadata: { name, namespace: namespace_ },
    spec: { parentRefs, ...spec },
  };
}

function serviceOf(name: string, namespace_ = 'infra'): NewObject {
  const spec = { selector: { app: name }, ports: [{ port: 80 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: namespace_ }, spec };
}

const to = (name: string, more: object = {}) => ({ backendRefs: [{ name, port: 80, ...more }] });
const on = (value: string, type = 'PathPrefix') => ({ path: { type, value } });

type Conditions = { type: string; status: string; reason?: string }[] | undefined;
const short = (conditions: Conditions) =>
  (conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
const edge = (model: Model) => model.view.get(Gateway, 'infra', 'edge')!;

function parentsOf(model: Model, name: string, namespace_ = 'infra'): string[] {
  return (model.view.get(HttpRoute, namespace_, name)?.status.parents ?? []).flatMap(({ conditions }) =>
    short(conditions),
  );
}

function refusal(model: Model, object: NewObject): string | undefined {
  let message: string | undefined;
  model.do((api) => {
    const answer = api.create(object);
    if (!answer.ok) message = answer.error.message;
  });
  return message?.replace(/^.* is invalid: /, '');
}

describe('a class', () => {
  it('of a simulated controller is accepted, of any other keeps waiting', () => {
    const served = cluster();
    const other = cluster('example.com/gateway');
    const conditions = (model: Model) => short(model.view.get(GatewayClass, undefined, 'envoy')?.status.conditions);
    expect(conditions(served)).toEqual(['Accepted=True Accepted']);
    expect(conditions(other)).toEqual(['Accepted=Unknown Pending']);
    other.create(gatewayOf(), routeOf('r', { rules: [] }));
    other.run(60_000);
    expect(short(edge(other).status.conditions)).toEqual(['Accepted=Unknown Pending', 'Programmed=Unknown Pending']);
    expect(parentsOf(other, 'r')).toEqual([]);
  });
});

describe('a Gateway', () => {
  it('is accepted at once and has an address some seconds later', () => {
    const model = cluster();
    model.create(gatewayOf());
    expect(short(edge(model).status.conditions)).toEqual(['Accepted=True Accepted', 'Programmed=Unknown Pending']);
    expect(model.restarted().versions).toEqual([]);
    expect(model.restarted().engine.nextTimer()).toBe(model.engine.nextTimer());
    model.run(5000);
    expect(short(edge(model).status.conditions)).toEqual(['Accepted=True Accepted', 'Programmed=True Programmed']);
    expect(edge(model).status.addresses).toEqual([{ type: 'IPAddress', value: expect.stringMatching(/^198\.19\./) }]);
    expect(edge(model).status.listeners?.[0]).toMatchObject({
      name: 'http',
      attachedRoutes: 0,
      supportedKinds: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }],
    });
    expect(model.restarted().versions).toEqual([]);
  });

  it('says which listener cannot be served', () => {
    const model = cluster();
    const tls = { mode: 'Terminate', certificateRefs: [{ name: 'cert' }] };
    model.create(
      gatewayOf([
        { ...HTTP, name: 'dns', protocol: 'UDP', port: 53 },
        { name: 'https', port: 443, protocol: 'HTTPS', tls },
      ]),
    );
    const listeners = () => edge(model).status.listeners?.map(({ conditions }) => short(conditions));
    expect(listeners()).toEqual([
      ['Accepted=False UnsupportedProtocol', 'Programmed=False Invalid', 'ResolvedRefs=True ResolvedRefs'],
      ['Accepted=True Accepted', 'Programmed=False Invalid', 'ResolvedRefs=False InvalidCertificateRef'],
    ]);
    const data = { 'tls.crt': 'YQ==', 'tls.key': 'YQ==' };
    model.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'cert', namespace: 'infra' },
      type: 'kubernetes.io/tls',
      data,
    } as NewObject);
    expect(listeners()?.[1]).toEqual([
      'Accepted=True Accepted',
      'Programmed=True Programmed',
      'ResolvedRefs=True ResolvedRefs',
    ]);
  });

  const invalid: [string, object[], string][] = [
    ['no listeners', [], 'spec.listeners: Invalid value: 0: spec.listeners in body should have at least 1 items'],
    [
      'a port that is none',
      [{ ...HTTP, port: 70_000 }],
      'spec.listeners[0].port: Invalid value: 70000: spec.listeners[0].port in body should be less than or equal to 65535',
    ],
    [
      'two listeners for the same',
      [HTTP, { ...HTTP, name: 'b' }],
      'spec.listeners: Invalid value: "array": Combination of port, protocol and hostname must be unique for each listener',
    ],
    [
      'certificates for HTTP',
      [{ ...HTTP, tls: {} }],
      "spec.listeners: Invalid value: \"array\": tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    ],
    ['no port', [{ name: 'a', protocol: 'HTTP' }], 'spec.listeners[0].port: Required value'],
  ];
  it.each(invalid)('with %s is refused', (_what, listeners, words) => {
    expect(refusal(cluster(), gatewayOf(listeners))).toBe(words);
  });
});

describe('a route', () => {
  const rows: [string, object, object, string, string][] = [
    ['of the same namespace', {}, {}, 'infra', 'Accepted=True Accepted'],
    ['of another namespace', {}, {}, 'shop', 'Accepted=False NotAllowedByListeners'],
    ['of any namespace', { allowedRoutes: { namespaces: { from: 'All' } } }, {}, 'shop', 'Accepted=True Accepted'],
    [
      'of a selected namespace',
      {
        allowedRoutes: {
          namespaces: { from: 'Selector', selector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } },
        },
      },
      {},
      'shop',
      'Accepted=True Accepted',
    ],
    [
      'of a host of the listener',
      { hostname: '*.foo.com' },
      { hostnames: ['a.b.foo.com'] },
      'infra',
      'Accepted=True Accepted',
    ],
    [
      'of a host of no listener',
      { hostname: '*.foo.com' },
      { hostnames: ['foo.com'] },
      'infra',
      'Accepted=False NoMatchingListenerHostname',
    ],
    [
      'of a kind the listener does not take',
      { allowedRoutes: { kinds: [{ kind: 'GRPCRoute' }] } },
      {},
      'infra',
      'Accepted=False NotAllowedByListeners',
    ],
    [
      'of a listener that is not there',
      {},
      { parentRefs: [{ name: 'edge', namespace: 'infra', sectionName: 'x' }] },
      'infra',
      'Accepted=False NoMatchingParent',
    ],
    ['of another protocol', { protocol: 'TCP' }, {}, 'infra', 'Accepted=False NotAllowedByListeners'],
  ];
  it.each(rows)('%s', (_what, listener, spec, from, expected) => {
    const model = cluster();
    model.create(gatewayOf([{ ...HTTP, ...listener }]), routeOf('r', spec, from));
    expect(parentsOf(model, 'r', from)[0]).toBe(expected);
    expect(edge(model).status.listeners?.[0]?.attachedRoutes).toBe(expected.startsWith('Accepted=True') ? 1 : 0);
    expect(model.restarted().versions).toEqual([]);
  });

  it('follows the labels of its namespace', () => {
    const model = cluster();
    const namespaces = { from: 'Selector', selector: { matchLabels: { open: 'yes' } } };
    model.create(gatewayOf([{ ...HTTP, allowedRoutes: { namespaces } }]), routeOf('r', {}, 'shop'));
    expect(parentsOf(model, 'r', 'shop')[0]).toBe('Accepted=False NotAllowedByListeners');
    model.do((api) => {
      const shop = api.get(Namespace, undefined, 'shop')!;
      api.update({ ...shop, metadata: { ...shop.metadata, labels: { ...shop.metadata.labels, open: 'yes' } } });
    });
    expect(parentsOf(model, 'r', 'shop')[0]).toBe('Accepted=True Accepted');
    expect(edge(model).status.listeners?.[0]?.attachedRoutes).toBe(1);
  });

  it('says which backend it cannot follow, until it can', () => {
    const model = cluster();
    model.create(gatewayOf(), routeOf('r', { rules: [to('web')] }));
    expect(parentsOf(model, 'r')[1]).toBe('ResolvedRefs=False BackendNotFound');
    model.create(serviceOf('web'));
    expect(parentsOf(model, 'r')[1]).toBe('ResolvedRefs=True ResolvedRefs');
    model.create(routeOf('kind', { rules: [to('web', { kind: 'Bucket', group: 'example.com' })] }));
    expect(parentsOf(model, 'kind')[1]).toBe('ResolvedRefs=False InvalidKind');
  });

  it('reaches a Service of another namespace only with a grant', () => {
    const model = cluster();
    model.create(serviceOf('web', 'shop'), gatewayOf(), routeOf('r', { rules: [to('web', { namespace: 'shop' })] }));
    expect(parentsOf(model, 'r')[1]).toBe('ResolvedRefs=False RefNotPermitted');
    model.create({
      apiVersion: 'gateway.networking.k8s.io/v1beta1',
      kind: 'ReferenceGrant',
      metadata: { name: 'g', namespace: 'shop' },
      spec: {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'infra' }],
        to: [{ group: '', kind: 'Service' }],
      },
    });
    expect(parentsOf(model, 'r')[1]).toBe('ResolvedRefs=True ResolvedRefs');
  });

  it('has the defaults of the API', () => {
    const model = cluster();
    model.create(routeOf('r', { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] }));
    expect(model.view.get(HttpRoute, 'infra', 'r')?.spec).toEqual({
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge', namespace: 'infra' }],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ group: '', kind: 'Service', name: 'web', port: 80, weight: 1 }],
        },
      ],
    });
  });

  const AT = 'spec.rules[0].matches[0].path: Invalid value: "object":';
  const invalid: [string, object, string][] = [
    [
      'a relative path',
      { matches: [on('foo')] },
      `${AT} value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']`,
    ],
    [
      'two slashes',
      { matches: [on('/a//b', 'Exact')] },
      `${AT} must not contain '//' when type one of ['Exact', 'PathPrefix']`,
    ],
    [
      'an unknown method',
      { matches: [{ method: 'LOOK' }] },
      'spec.rules[0].matches[0].method: Unsupported value: "LOOK": supported values: "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"',
    ],
    [
      'a Service without port',
      { backendRefs: [{ name: 'web' }] },
      'spec.rules[0].backendRefs[0]: Invalid value: "object": Must have port for Service reference',
    ],
    [
      'a weight below 0',
      { backendRefs: [{ name: 'web', port: 80, weight: -1 }] },
      'spec.rules[0].backendRefs[0].weight: Invalid value: -1: spec.rules[0].backendRefs[0].weight in body should be greater than or equal to 0',
    ],
  ];
  it.each(invalid)('with %s is refused', (_what, rule, words) => {
    expect(refusal(cluster(), routeOf('r', { rules: [rule] }))).toBe(words);
  });
});

describe('a request', () => {
  const backendsOf = (name: string) => [{ name, port: 80 }];
  const ROUTES = [
    routeOf('host', { hostnames: ['a.foo.com'], rules: [{ matches: [on('/')], backendRefs: backendsOf('host') }] }),
    routeOf('wild', {
      hostnames: ['*.foo.com'],
      rules: [{ matches: [on('/deep/er')], backendRefs: backendsOf('wild') }],
    }),
    routeOf('paths', {
      rules: [
        { matches: [on('/app')], backendRefs: backendsOf('short') },
        { matches: [on('/app/v2')], backendRefs: backendsOf('long') },
        { matches: [on('/app', 'Exact')], backendRefs: backendsOf('exact') },
        { matches: [{ ...on('/app'), method: 'POST' }], backendRefs: backendsOf('post') },
        { matches: [{ ...on('/app'), headers: [{ name: 'X-Beta', value: '1' }] }], backendRefs: backendsOf('header') },
        { matches: [{ ...on('/app'), queryParams: [{ name: 'q', value: 'a b' }] }], backendRefs: backendsOf('query') },
        {
          matches: [on('/old')],
          filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'new.org', statusCode: 301 } }],
        },
        { matches: [on('/none')] },
      ],
    }),
  ];
  const rows: [string, string, object, string][] = [
    ['a.foo.com', '/deep/er', {}, 'host: host 500'],
    ['b.foo.com', '/deep/er/x', {}, 'wild: wild 500'],
    ['b.c.foo.com', '/deep/er', {}, 'wild: wild 500'],
    ['b.foo.com', '/app/x', {}, 'paths: short 500'],
    ['x.org', '/app', {}, 'paths: exact 500'],
    ['x.org', '/app/v2/y', {}, 'paths: long 500'],
    ['x.org', '/apple', {}, '404'],
    ['x.org', '/app/x', { method: 'POST' }, 'paths: post 500'],
    ['x.org', '/app/x', { headers: { 'x-beta': '1' } }, 'paths: header 500'],
    ['x.org', '/app/x?q=a%20b', {}, 'paths: query 500'],
    ['x.org', '/old', {}, 'paths:  301'],
    ['x.org', '/none', {}, 'paths:  500'],
    ['x.org', '/app', { port: 81 }, '404'],
  ];
  it.each(rows)('%s%s %o', (host, path, more: { method?: string; headers?: object; port?: number }, expected) => {
    const model = cluster();
    model.create(gatewayOf(), ...ROUTES);
    const request = {
      host,
      path,
      method: more.method ?? 'GET',
      headers: new Map<string, string>(Object.entries(more.headers ?? {})),
      port: more.port,
    };
    const { route, backends, statusCode } = answerRequest(model.view, edge(model), request);
    const name = route ? `${route.metadata.name}: ${backends[0]?.reference.name ?? ''} ` : '';
    expect(`${name}${statusCode}`).toBe(expected);
  });

  it('goes to the older of two equal routes', () => {
    const model = cluster();
    model.create(gatewayOf(), routeOf('z-older', { rules: [to('a')] }));
    model.run(1000);
    model.create(routeOf('a-newer', { rules: [to('b')] }));
    const request = { host: 'x', path: '/', method: 'GET', headers: new Map<string, string>(), port: undefined };
    expect(answerRequest(model.view, edge(model), request).route?.metadata.name).toBe('z-older');
  });
});
