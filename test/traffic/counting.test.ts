import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import { TrafficSource } from '../../src/kinds/trafficsource/types.ts';
import { Model, START_MS } from '../support/model.ts';
import { counted, sourceIn, total, traffic, webCluster, webService } from './support.ts';

const NO_ENDPOINTS = 'connection refused: no endpoints';
const NO_SERVICE = 'no such host: there is no Service of this name';
const SILENT = 'connection timed out: the node does not answer';
const NOT_RUNNING = 'connection refused: the container does not run';
const STARTING = 'connection refused: the container is still starting';

function firstPod(model: Model): Pod {
  const [pod] = model.view.list(Pod, 'default');
  if (!pod) throw new Error('no pod');
  return pod;
}

function failing(model: Model): Record<string, number> {
  return sourceIn(model).runtime?.log.at(-1)?.failed ?? {};
}

describe('requests fail', () => {
  it('while there is no Service, and, until the nodes know of it, a moment longer', () => {
    const model = new Model();
    model.create(traffic(10));
    model.run(5000);
    model.create(webService());
    model.run(5000);
    expect(total(model)).toEqual({ requests: 100, failed: 100, reasons: { [NO_SERVICE]: 60, [NO_ENDPOINTS]: 40 } });
  });

  it('at a node whose machine is off, until its pods are taken off the endpoints', () => {
    const model = webCluster({ replicas: 2, readiness: true });
    model.create(traffic(10));
    model.run(10_000);
    model.command('injectFault', { fault: { nodeDown: { node: 'node-1' } } });
    model.run(20_000);
    // One of the two pods is on that node: half of 10 requests each second fail.
    expect(failing(model)).toEqual({ [SILENT]: 5 });
    model.run(60_000);
    expect(failing(model)).toEqual({});
    // The node controller notices after its grace of 50 s; the proxies know a second later.
    const { failed } = total(model);
    expect(failed).toBeGreaterThanOrEqual(5 * 50);
    expect(failed).toBeLessThanOrEqual(5 * 57);
  });

  it('not at a node that only the control plane cannot reach', () => {
    const model = webCluster({ replicas: 2, readiness: true });
    model.create(traffic(10));
    model.command('injectFault', { fault: { partition: { a: ['node-1'], b: ['control-plane'] } } });
    model.run(120_000);
    expect(total(model)).toMatchObject({ requests: 1200, failed: 0 });
  });

  it('at a node that nobody can reach, but not from that node itself', () => {
    const model = webCluster({ replicas: 2, readiness: true });
    model.create(traffic(10), traffic(10, { node: 'node-1' }, 'near'));
    model.command('injectFault', { fault: { partition: { a: ['node-1'], b: [] } } });
    model.run(10_000);
    expect(total(model).failed).toBe(50);
    expect(total(model, 'near').failed).toBe(50);
    expect(Object.keys(total(model, 'near').reasons)).toEqual([SILENT]);
  });

  it('while a crashed container is down and starts again', () => {
    const model = webCluster({ replicas: 2 });
    model.create(traffic(10));
    model.run(2000);
    const { name } = firstPod(model).metadata;
    model.command('injectFault', { fault: { containerExit: { pods: name, exitCode: 1 } }, duration: '100ms' });
    model.run(58_000);
    const { reasons } = total(model);
    // Half of the requests; the pod is taken off the endpoints when it is seen to have exited, and put back at its start.
    expect(reasons[NOT_RUNNING]).toBeGreaterThan(0);
    expect(reasons[STARTING]).toBeCloseTo(5 * 4, 6);
    expect(failing(model)).toEqual({});
  });

  it('when a pod is deleted by force, until the nodes know', () => {
    const model = webCluster({ replicas: 2, readiness: true });
    model.create(traffic(10));
    model.do((api) => api.delete(firstPod(model), { gracePeriodSeconds: 0 }));
    model.run(10_000);
    expect(total(model)).toEqual({
      requests: 100,
      failed: 5,
      reasons: { 'no route to host: the pod is gone': 5 },
    });
  });

  it('no longer than the cluster says that its proxies take', () => {
    const model = webCluster({ replicas: 2, readiness: true }, { kubeProxyMinSyncPeriodMs: 3000 });
    model.create(traffic(10));
    model.do((api) => api.delete(firstPod(model), { gracePeriodSeconds: 0 }));
    model.run(10_000);
    expect(total(model).failed).toBe(15);
  });
});

describe('a source', () => {
  it('sends from when until when it says', () => {
    const model = webCluster({ replicas: 1 });
    model.create(
      traffic(10, { from: '10s', until: '25s' }),
      traffic(10, { from: new Date(START_MS + 70_000).toISOString(), until: '20s' }, 'dated'),
    );
    model.run(60_000);
    expect(total(model).requests).toBe(150);
    expect(total(model, 'dated').requests).toBe(100);
    expect(counted(model, 4).map(({ requests }) => requests)).toEqual([50, 100, 0, 0]);
  });

  it('counts at the new rate from when it changes', () => {
    const model = webCluster({ replicas: 1 });
    model.create(traffic(10));
    model.run(10_000);
    model.do((api) => {
      const source = sourceIn(model);
      api.update<TrafficSource>({ ...source, spec: { ...source.spec, requestsPerSecond: 2.5 } });
    });
    model.run(10_000);
    expect(total(model).requests).toBe(125);
  });

  it('of another namespace sends to a Service by both names', () => {
    const model = webCluster({ replicas: 1 });
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'far' } });
    const far = traffic(10, { service: 'default/web' });
    model.create({ ...far, metadata: { name: 'load', namespace: 'far' } });
    model.run(10_000);
    const source = model.view.get(TrafficSource, 'far', 'load');
    expect(source?.runtime?.log).toEqual([{ from: model.view.now - 10_000, rate: 10 }]);
  });

  it('lets a cluster come to rest', () => {
    const model = webCluster({ replicas: 1 });
    model.create(traffic(10, { from: '10s', until: '25s' }));
    expect(model.engine.pendingTimers).toBe(0);
  });

  it('is as it was after a restart, with the same timers, in the middle of everything', () => {
    const model = webCluster({ replicas: 3 });
    model.create(traffic(10, { until: '50s' }), traffic(10, { service: 'nothing' }, 'lost'));
    for (let step = 0; step < 12; step++) {
      if (step === 2) model.do((api) => api.delete(firstPod(model)));
      model.run(700);
      const copy = model.restarted();
      expect(copy.versions).toEqual([]);
      expect(copy.engine.nextTimer()).toBe(model.engine.nextTimer());
      copy.run(30_000);
      const other = model.restarted();
      other.run(30_000);
      expect(total(copy)).toEqual(total(other));
    }
  });
});

describe('clients of a Service with session affinity', () => {
  const sticky = { sessionAffinity: 'ClientIP' };

  function stickyCluster(clients: Record<string, unknown>): Model {
    const model = webCluster({ replicas: 4, readiness: true });
    model.do((api) => {
      const service = api.get(Service, 'default', 'web');
      if (service) api.update<Service>({ ...service, spec: { ...service.spec, ...sticky } as Service['spec'] });
    });
    model.create(traffic(100, clients));
    return model;
  }

  it('stay where they are, so that one client loses all its requests or none', () => {
    const model = stickyCluster({ clientIP: '10.1.2.3' });
    model.run(5000);
    const address = sourceIn(model).runtime?.affinity?.['10.1.2.3'];
    const pods = model.view.list(Pod, 'default');
    const own = pods.find(({ status }) => status.podIP === address);
    const other = pods.find(({ status }) => status.podIP !== address);
    if (!own || !other) throw new Error('no pods');
    model.do((api) => api.delete(other, { gracePeriodSeconds: 0 }));
    model.run(5000);
    expect(total(model).failed).toBe(0);
    expect(sourceIn(model).runtime?.affinity).toEqual({ '10.1.2.3': address });
    model.do((api) => api.delete(own, { gracePeriodSeconds: 0 }));
    model.run(5000);
    expect(total(model).failed).toBe(100);
    expect(sourceIn(model).runtime?.affinity?.['10.1.2.3']).not.toBe(address);
  });

  it('are shared out by what each of them is, and do not move when a pod joins', () => {
    const model = stickyCluster({ clients: 40 });
    model.run(5000);
    const before = sourceIn(model).runtime?.affinity ?? {};
    expect(new Set(Object.values(before)).size).toBe(4);
    expect(Object.keys(before)).toHaveLength(40);
    model.command('scaleDeployment', { target: target(model), replicas: 6 });
    model.run(30_000);
    expect(sourceIn(model).runtime?.affinity).toEqual(before);
  });

  it('are sent anywhere when they ask more seldom than the time-out', () => {
    const model = stickyCluster({ clientIP: '10.1.2.3' });
    model.do((api) => {
      const source = sourceIn(model);
      api.update<TrafficSource>({ ...source, spec: { ...source.spec, requestsPerSecond: 0.00001 } });
    });
    expect(sourceIn(model).runtime?.affinity).toBeUndefined();
  });

  function target(model: Model) {
    const [deployment] = model.view.listKey('Deployment');
    if (!deployment) throw new Error('no deployment');
    const { name, uid } = deployment.metadata;
    return { kindKey: 'Deployment', namespace: 'default', name, uid };
  }
});
