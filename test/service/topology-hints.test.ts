import { describe, expect, it } from 'vitest';
import { EndpointSlice } from '../../src/kinds/endpointslice/types.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { boundPod, service } from '../support/service-manifests.ts';
import type { Model } from '../support/model.ts';
import { emptyNetwork, report } from './network.ts';

const AUTO = { 'service.kubernetes.io/topology-mode': 'Auto' };

function zoned(name: string, zone: string | undefined, cpu: string, labels: Record<string, string> = {}): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { ...(zone ? { 'topology.kubernetes.io/zone': zone } : {}), ...labels } },
    status: {
      allocatable: { cpu },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

/** Pods by the zone of their node, and nodes by their CPU: `{ a: [cpu, pods] }`. */
function cluster(zones: Record<string, [cpu: string, pods: number]>, annotations: object = AUTO): Model {
  const model = emptyNetwork();
  for (const [zone, [cpu]] of Object.entries(zones)) model.create(zoned(`node-${zone}`, zone, cpu));
  const web = service('web');
  model.create({ ...web, metadata: { ...web.metadata, annotations } } as NewObject);
  model.do((api) => {
    for (const [zone, [, pods]] of Object.entries(zones)) {
      for (let index = 0; index < pods; index++)
        api.create(boundPod({ name: `${zone}-${index}`, node: `node-${zone}` }));
    }
  });
  model.do((api) => {
    let last = 0;
    for (const pod of api.list(Pod)) {
      const podIP = `10.9.0.${++last}`;
      const conditions = [{ type: 'Ready', status: 'True' as const }];
      api.updateStatus<Pod>({
        ...pod,
        status: { ...pod.status, phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions },
      });
    }
  });
  return model;
}

/** The zone that each endpoint is for, in the order of the endpoints. */
function hints(model: Model): (string | undefined)[] {
  return model.view
    .list(EndpointSlice, 'default')
    .filter(({ metadata }) => metadata.name.startsWith('web-'))
    .flatMap(({ endpoints }) => endpoints.map((endpoint) => endpoint.hints?.forZones?.map(({ name }) => name).join()));
}

function said(model: Model): string[] {
  return model.view
    .list(Event, 'default')
    .filter(({ reason }) => reason.startsWith('Topology'))
    .map(({ type, reason, message, count }) => `${type} ${reason} ${message}${count > 1 ? ` x${count}` : ''}`);
}

const DISABLED = 'Warning TopologyAwareHintsDisabled';
const ENABLED = 'Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4';

describe('endpoints of a Service whose topology mode is Auto', () => {
  const cases: [string, Record<string, [string, number]>, (string | undefined)[], string][] = [
    ['are for their own zone where that is a fair share', { a: ['4', 2], b: ['4', 2] }, ['a', 'a', 'b', 'b'], ENABLED],
    ['move to the zone that has too few', { a: ['4', 3], b: ['4', 1] }, ['b', 'a', 'a', 'b'], ENABLED],
    ['move to a zone that has none', { a: ['4', 4], b: ['4', 0] }, ['b', 'b', 'a', 'a'], ENABLED],
    ['are shared out by the CPU of the zones', { a: ['3', 2], b: ['1', 2] }, ['a', 'a', 'a', 'b'], ENABLED],
    [
      'have no hints when there are fewer of them than zones',
      { a: ['4', 1], b: ['4', 1], c: ['4', 0] },
      [undefined, undefined],
      `${DISABLED} Insufficient number of endpoints (2 endpoints, 3 zones), addressType: IPv4`,
    ],
    [
      'have no hints when a zone would be overloaded',
      { a: ['10', 2], b: ['10', 1] },
      [undefined, undefined, undefined],
      `${DISABLED} Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones), addressType: IPv4`,
    ],
    [
      'have no hints where all nodes are in one zone',
      { a: ['4', 3] },
      [undefined, undefined, undefined],
      `${DISABLED} Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4`,
    ],
  ];

  it.each(cases)('%s', (_name, zones, wanted, event) => {
    const model = cluster(zones);
    expect(hints(model)).toEqual(wanted);
    expect(said(model).at(-1)).toBe(event);
    expect(model.restarted().versions).toEqual([]);
  });

  it('lose their hints when a node joins of which no zone is known, unless it is one of the control plane', () => {
    const model = cluster({ a: ['4', 2], b: ['4', 2] });
    model.create(zoned('master', undefined, '4', { 'node-role.kubernetes.io/control-plane': '' }));
    expect(hints(model)).toEqual(['a', 'a', 'b', 'b']);
    model.create(zoned('stray', undefined, '4'));
    expect(hints(model)).toEqual([undefined, undefined, undefined, undefined]);
    model.do((api) => {
      const stray = api.get(Node, undefined, 'stray');
      if (stray) api.delete(stray);
    });
    expect(hints(model)).toEqual(['a', 'a', 'b', 'b']);
    expect(said(model).map((line) => line.split(' ')[1])).toContain('TopologyAwareHintsDisabled');
  });

  it('have no hint while they are not ready, and are fewer then', () => {
    const model = cluster({ a: ['4', 2], b: ['4', 2] });
    report(model, 'a-0', false);
    expect(hints(model)).toEqual([undefined, undefined, undefined, undefined]);
    report(model, 'b-0', false);
    expect(hints(model)).toEqual([undefined, 'a', undefined, 'b']);
  });

  it('lose their hints with the annotation', () => {
    const model = cluster({ a: ['4', 2], b: ['4', 2] });
    model.do((api) => {
      const web = api.get(Service, 'default', 'web');
      if (!web) return;
      const { annotations: _, ...metadata } = web.metadata;
      api.update<Service>({ ...web, metadata });
    });
    expect(hints(model)).toEqual([undefined, undefined, undefined, undefined]);
    expect(said(model).at(-1)).toBe(`${DISABLED} Topology Aware Hints has been disabled, addressType: IPv4`);
  });

  it('have none by other words', () => {
    expect(hints(cluster({ a: ['4', 1], b: ['4', 1] }, { 'service.kubernetes.io/topology-mode': 'Disabled' }))).toEqual(
      [undefined, undefined],
    );
    expect(
      hints(cluster({ a: ['4', 1], b: ['4', 1] }, { 'service.kubernetes.io/topology-aware-hints': 'auto' })),
    ).toEqual(['a', 'b']);
  });
});
