import { describe, expect, it } from 'vitest';
import { endpoints } from '../../src/kinds/endpoints/definition.ts';
import { Endpoints } from '../../src/kinds/endpoints/types.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { EndpointSlice } from '../../src/kinds/endpointslice/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { KindDefinition } from '../../src/machinery/definition.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { boundPod, service } from '../support/service-manifests.ts';
import type { Model } from '../support/model.ts';
import { addPod, network, report } from './network.ts';

function endpointsOf(model: Model, name = 'web'): Endpoints | undefined {
  return model.view.get(Endpoints, 'default', name);
}

function names(model: Model, list: 'addresses' | 'notReadyAddresses'): (string | undefined)[] {
  return (endpointsOf(model)?.subsets ?? [])
    .flatMap((subset) => subset[list] ?? [])
    .map(({ targetRef }) => targetRef?.name);
}

describe('the Endpoints of a Service', () => {
  it('are there without subsets while nothing is selected', () => {
    const model = network();
    model.create(service('web'));
    expect(endpointsOf(model)?.subsets).toBeUndefined();
    expect(endpointsOf(model)?.metadata.labels).toEqual({
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    });
  });

  it('tell addresses that are ready from those that are not, and drop what terminates', () => {
    const model = network();
    model.create(service('web'));
    addPod(model, { name: 'a' });
    addPod(model, { name: 'b' }, false);
    addPod(model, { name: 'c', finalizers: ['example.com/hold'] });
    model.do((api) => api.delete(api.get(Pod, 'default', 'c')!));
    expect([names(model, 'addresses'), names(model, 'notReadyAddresses')]).toEqual([['a'], ['b']]);
    expect(endpointsOf(model)?.subsets?.[0]?.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
    expect(model.restarted().versions).toEqual([]);
  });

  it('put ports of one set of pods into one subset, and pods with other numbers into another', () => {
    const model = network();
    const ports = [
      { name: 'http', port: 80, targetPort: 'http' },
      { name: 'admin', port: 81, targetPort: 9000 },
    ];
    model.create(service('web', { ports }));
    addPod(model, { name: 'a', ports: [{ name: 'http', containerPort: 8080 }] });
    addPod(model, { name: 'b', ports: [{ name: 'http', containerPort: 8081 }] });
    expect(
      endpointsOf(model)?.subsets?.map((subset) => subset.ports?.map(({ name, port }) => `${name} ${port}`)),
    ).toEqual([
      ['admin 9000', 'http 8080'],
      ['admin 9000', 'http 8081'],
    ]);
  });

  it('go with their Service, and come back when somebody deletes them', () => {
    const model = network();
    model.create(service('web'));
    addPod(model, { name: 'a' });
    model.do((api) => api.delete(endpointsOf(model)!));
    expect(names(model, 'addresses')).toEqual(['a']);
    model.do((api) => api.delete(api.get(Service, 'default', 'web')!));
    expect(endpointsOf(model)).toBeUndefined();
  });

  it('list a thousand addresses at most, say so, and are written once a second', () => {
    const model = network();
    model.create(service('web'));
    model.do((api) => {
      for (let n = 0; n < 1010; n++) {
        const created = api.create(boundPod({ name: `p-${n}` })) as { ok: true; value: Pod };
        const podIP = `10.${100 + Math.floor(n / 250)}.0.${(n % 250) + 1}`;
        const conditions = [{ type: 'Ready', status: n < 1005 ? ('True' as const) : ('False' as const) }];
        api.updateStatus({
          ...created.value,
          status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions },
        });
      }
    });
    expect([names(model, 'addresses').length, names(model, 'notReadyAddresses').length]).toEqual([1000, 0]);
    expect(endpointsOf(model)?.metadata.annotations).toEqual({ 'endpoints.kubernetes.io/over-capacity': 'truncated' });
    const [first] = names(model, 'addresses');
    report(model, first ?? '', false);
    expect(names(model, 'addresses')).toContain(first);
    const again = model.restarted();
    expect(again.versions).toEqual([]);
    expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    model.run(1000);
    expect(names(model, 'addresses')).not.toContain(first);
  });
});

const CUSTOM = (name: string, changes: Record<string, unknown> = {}): NewObject =>
  ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, namespace: 'default' },
    subsets: [
      {
        addresses: [{ ip: '192.168.1.1' }, { ip: '192.168.1.2', hostname: 'two' }],
        notReadyAddresses: [{ ip: '2001:db8::1' }],
        ports: [{ name: 'http', port: 80 }],
      },
    ],
    ...changes,
  }) as NewObject;

function mirrors(model: Model): EndpointSlice[] {
  return model.view
    .list(EndpointSlice, 'default')
    .filter(({ metadata }) =>
      metadata.labels?.['endpointslice.kubernetes.io/managed-by']?.startsWith('endpointslicemirroring'),
    );
}

describe('Endpoints that people keep themselves', () => {
  it('are mirrored into slices by family for a Service without selector', () => {
    const model = network();
    model.create(service('db', { selector: undefined }), CUSTOM('db'));
    expect(
      mirrors(model).map(({ addressType, endpoints }) => [
        addressType,
        endpoints.map(({ conditions }) => conditions.ready),
      ]),
    ).toEqual([
      ['IPv4', [true, true]],
      ['IPv6', [false]],
    ]);
    expect(mirrors(model)[0]).toMatchObject({
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      metadata: {
        labels: { 'kubernetes.io/service-name': 'db' },
        ownerReferences: [{ kind: 'Endpoints', name: 'db' }],
      },
    });
    model.do((api) =>
      api.update({ ...endpointsOf(model, 'db')!, subsets: [{ addresses: [{ ip: '192.168.1.9' }], ports: [] }] }),
    );
    expect(mirrors(model).flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses))).toEqual([
      '192.168.1.9',
    ]);
    expect(model.restarted().versions).toEqual([]);
    model.do((api) => api.delete(endpointsOf(model, 'db')!));
    expect(mirrors(model)).toEqual([]);
  });

  const skipped: [string, NewObject[]][] = [
    ['there is no Service of the name', [CUSTOM('db')]],
    [
      'they say so',
      [
        service('db', { selector: undefined }),
        CUSTOM('db', {
          metadata: { name: 'db', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
        }),
      ],
    ],
    [
      'they elect a leader',
      [
        service('db', { selector: undefined }),
        CUSTOM('db', {
          metadata: {
            name: 'db',
            namespace: 'default',
            annotations: { 'control-plane.alpha.kubernetes.io/leader': 'me' },
          },
        }),
      ],
    ],
    ['the Service has a selector', [service('db')]],
  ];
  it.each(skipped)('are not mirrored where %s', (_why, objects) => {
    const model = network();
    model.create(...objects);
    expect(mirrors(model)).toEqual([]);
  });

  const refused: [string, unknown, string][] = [
    [
      'a loopback address',
      { addresses: [{ ip: '127.0.0.1' }] },
      'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      'a subset without addresses',
      { ports: [{ port: 80 }] },
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
    ],
    [
      'a port that is none',
      { addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 66_000 }] },
      'subsets[0].ports[0].port: Invalid value: 66000: must be between 1 and 65535, inclusive',
    ],
  ];
  it.each(refused)('are refused with %s', (_what, subset, message) => {
    expect(() => network().create(CUSTOM('db', { subsets: [subset] }))).toThrow(message);
  });
});

describe('Endpoints that are too much', () => {
  function said(model: Model): string[] {
    return model.view.list(Event, 'default').map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  it('are mirrored up to a thousand addresses of a subset, and the rest is told of', () => {
    const model = network();
    const addresses = Array.from({ length: 1003 }, (_, index) => ({
      ip: `192.168.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    }));
    const many = { ...CUSTOM('db'), subsets: [{ addresses, ports: [{ port: 80 }] }] } as NewObject;
    model.create(service('db', { selector: undefined }), many);
    expect(mirrors(model).map(({ endpoints }) => endpoints.length)).toEqual([1000]);
    expect(said(model)).toEqual([
      'Warning TooManyAddressesToMirror: A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped',
    ]);
    expect(model.restarted().versions).toEqual([]);
  });

  it('are not made where admission forbids them, and are made when it no longer does', () => {
    let forbids = true;
    const refusing: KindDefinition<Endpoints> = {
      ...endpoints,
      prepareCreate: ({ metadata }) =>
        forbids && metadata.name === 'web'
          ? { reason: 'Forbidden', message: 'endpoints "web" is forbidden' }
          : undefined,
    };
    const model = network({ endpoints: refusing });
    model.create(service('web'));
    expect(endpointsOf(model)).toBeUndefined();
    expect(said(model)).toEqual([
      'Warning FailedToCreateEndpoint: Failed to create endpoint for service default/web: endpoints "web" is forbidden',
    ]);
    forbids = false;
    model.run(60_000);
    expect(endpointsOf(model)).toBeDefined();
    expect(said(model)).toHaveLength(1);
  });
});
