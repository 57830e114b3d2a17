import { describe, expect } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicationController } from '../../src/kinds/replicationcontroller/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import { isPodReady } from '../../src/kinds/pod/queries.ts';
import { EndpointSlice, slicesByService } from '../../src/kinds/endpointslice/types.ts';
import type { Model } from '../support/model.ts';
import { apply, cluster, deleteObject, found, MINUTE_MS, update } from './cluster.ts';
import { conformance } from './conformance.ts';
import { expectApiOperations, expectDeleteCollection } from './crud.ts';

const CORE_EVENT = `
apiVersion: v1
kind: Event
metadata: {name: event-test, labels: {testevent-constant: "true"}}
involvedObject: {namespace: default}
message: This is a test event
reason: Test
type: Normal
count: 1
`;

const NEW_EVENT = `
apiVersion: events.k8s.io/v1
kind: Event
metadata: {name: event-test, labels: {testevent-constant: "true"}}
regarding: {namespace: default}
note: This is event-test
reason: Test
type: Normal
action: Do
eventTime: "2026-01-01T00:00:00.000000Z"
reportingController: test-controller
reportingInstance: test-node
`;

describe('Events', () => {
  conformance('Events: lifecycle', () => {
    const model = cluster();
    expectApiOperations(model, Event, CORE_EVENT, (name) => {
      update(model, Event, name, (event) => ({ ...event, message: 'This is a patched event' }));
      expect(found(model, Event, name).message).toBe('This is a patched event');
    });
  });

  conformance('Events: delete a collection', () => {
    expectDeleteCollection(cluster(), Event, CORE_EVENT);
  });

  conformance('Events API: fetch/patch/delete/list', () => {
    const model = cluster();
    apply(model, NEW_EVENT);
    expect(found(model, Event, 'event-test')).toMatchObject({
      involvedObject: { namespace: 'default' },
      message: 'This is event-test',
      reportingComponent: 'test-controller',
    });
    apply(
      model,
      NEW_EVENT.replace(
        'type: Normal',
        'type: Normal\nseries: {count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z"}',
      ),
    );
    expect(found(model, Event, 'event-test')).toMatchObject({ series: { count: 2 } });
    const named = () => model.view.list(Event).filter(({ metadata }) => metadata.name === 'event-test');
    expect(named()).toHaveLength(1);
    deleteObject(model, Event, 'event-test');
    expect(named()).toEqual([]);
  });

  conformance('Events API: delete a collection', () => {
    const model = cluster();
    for (const number of [1, 2, 3]) apply(model, NEW_EVENT.replace('name: event-test', `name: event-test-${number}`));
    const labelled = () => model.view.list(Event).filter(({ metadata }) => metadata.labels?.['testevent-constant']);
    expect(labelled()).toHaveLength(3);
    model.do((api) => {
      for (const event of labelled()) api.delete(event);
    });
    expect(labelled()).toEqual([]);
  });
});

function nautilus(replicas: number): string {
  return `
apiVersion: v1
kind: ReplicationController
metadata: {name: update-demo-nautilus}
spec:
  replicas: ${replicas}
  selector: {name: update-demo, version: nautilus}
  template:
    metadata: {labels: {name: update-demo, version: nautilus}}
    spec: {containers: [{name: update-demo, image: nautilus, ports: [{containerPort: 80, protocol: TCP}]}]}
`;
}

const running = (model: Model) =>
  model.view.list(Pod).filter((pod) => isPodReady(pod) && !pod.metadata.deletionTimestamp);
const NAUTILUS = { kindKey: 'ReplicationController', namespace: 'default', name: 'update-demo-nautilus' };

describe('Update Demo', () => {
  conformance('Update Demo: create and stop a rc', () => {
    const model = cluster();
    apply(model, nautilus(2));
    model.run(MINUTE_MS);
    expect(running(model)).toHaveLength(2);
    deleteObject(model, ReplicationController, 'update-demo-nautilus');
    model.run(2 * MINUTE_MS);
    expect(model.view.list(ReplicationController)).toEqual([]);
    expect(model.view.list(Pod)).toEqual([]);
  });

  conformance('Update Demo: scale a rc', () => {
    const model = cluster();
    apply(model, nautilus(2));
    model.run(MINUTE_MS);
    for (const replicas of [1, 2]) {
      expect(model.command('scaleReplicationController', { target: NAUTILUS, replicas }).errors).toBeUndefined();
      model.run(2 * MINUTE_MS);
      expect(running(model)).toHaveLength(replicas);
      expect(model.view.list(Pod)).toHaveLength(replicas);
    }
  });

  conformance('Update Demo: server-side dry-run', () => {
    const model = cluster();
    const pod = (image: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: httpd, labels: {run: httpd}}\nspec: {containers: [{name: httpd, image: ${image}}]}\n`;
    apply(model, pod('httpd'));
    model.run(MINUTE_MS);
    const { revision } = model.view;
    apply(model, pod('busybox'), { dryRun: true });
    expect(model.view.revision).toBe(revision);
    expect(found(model, Pod, 'httpd').spec.containers[0]?.image).toBe('httpd');
  });
});

const tier = (name: string, replicas: number, labels: string, port: number) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {${labels}}, ports: [{port: ${port}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {${labels}}}
  template:
    metadata: {labels: {${labels}}}
    spec: {containers: [{name: c, image: ${name}, resources: {requests: {cpu: 100m, memory: 100Mi}}, ports: [{containerPort: ${port}}]}]}
`;

describe('Guestbook', () => {
  conformance('Guestbook application', () => {
    const model = cluster();
    const text = [
      tier('agnhost-replica', 2, 'app: agnhost, role: replica', 6379),
      tier('frontend', 3, 'app: guestbook, tier: frontend', 80),
      tier('agnhost-primary', 1, 'app: agnhost, role: primary', 6379),
    ].join('---');
    apply(model, text);
    model.run(2 * MINUTE_MS);
    expect(running(model)).toHaveLength(6);
    const ready = (name: string) =>
      model.view
        .by<EndpointSlice>(slicesByService, `default/${name}`)
        .flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions.ready)).length;
    expect(['frontend', 'agnhost-primary', 'agnhost-replica'].map(ready)).toEqual([3, 1, 2]);
    expect(model.view.list(Service)).toHaveLength(4);
  });
});
