import { describe, expect, it } from 'vitest';
import { EndpointSlice } from '../../src/kinds/endpointslice/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { unitRandom } from '../../src/machinery/random.ts';
import type { Model } from '../support/model.ts';
import { total, traffic, webCluster } from './support.ts';

const STEP_MS = 100;
const PROXY_MS = 1000;
const RATE = 100;

/** The pods that the slices offer now, by uid: the ready ones, or those that still serve. */
function offered(model: Model): string[] {
  const endpoints = model.view
    .list(EndpointSlice, 'default')
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web')
    .flatMap((slice) => slice.endpoints);
  const ready = endpoints.filter(({ conditions }) => conditions.ready);
  const chosen = ready.length > 0 ? ready : endpoints.filter(({ conditions }) => conditions.serving);
  return chosen.map(({ targetRef }) => targetRef?.uid ?? '');
}

/** Whether a request that is sent to a pod now is answered: looked at by itself, not by the counter's own means. */
function answers(model: Model, uid: string, down: ReadonlySet<string>): boolean {
  const pod = model.view.byUid(uid) as Pod | undefined;
  const step = pod?.runtime?.containers?.['web']?.step;
  if (!pod || step?.step !== 'running' || down.has(pod.spec.nodeName ?? '')) return false;
  const closed = step.stop !== undefined && step.stop.hookUntil <= model.view.now;
  return step.plan.upAt <= model.view.now && !closed;
}

/** Does something by chance that may cost requests. */
function disturb(model: Model, random: (limit: number) => number, down: Set<string>): void {
  const pods = model.view.list(Pod, 'default');
  const pod = pods[random(pods.length)];
  const deployment = model.view.listKey('Deployment', 'default')[0] as KubeObject;
  const { name, uid } = deployment.metadata;
  const target = { kindKey: 'Deployment', namespace: 'default', name, uid };
  switch (random(6)) {
    case 0:
      if (pod) model.do((api) => api.delete(pod, { gracePeriodSeconds: 0 }));
      break;
    case 1:
      if (pod) model.do((api) => api.delete(pod));
      break;
    case 2:
      model.command('scaleDeployment', { target, replicas: 1 + random(5) });
      break;
    case 3:
      model.command('restartDeployment', { target });
      break;
    case 4:
      if (pod) {
        const containerExit = { pods: pod.metadata.name, exitCode: 1 };
        model.command('injectFault', { fault: { containerExit }, duration: '100ms' });
      }
      break;
    default:
      if (down.size === 0) {
        down.add('node-2');
        model.command('injectFault', { fault: { nodeDown: { node: 'node-2' } } });
      }
  }
}

describe('requests counted by stretches', () => {
  it.each(['a', 'b', 'c', 'd'])('are those that one finds by looking every tenth of a second (seed %s)', (seed) => {
    let asked = 0;
    const random = (limit: number) => Math.floor(unitRandom(seed, ++asked) * limit);
    const model = webCluster({ replicas: 3, readiness: seed === 'b', ...(seed === 'c' ? { preStopSeconds: 2 } : {}) });
    model.create(traffic(RATE));
    const history: string[][] = Array.from({ length: PROXY_MS / STEP_MS }, () => offered(model));
    const down = new Set<string>();
    let failed = 0;
    for (let step = 0; step < 900; step++) {
      if (step % 60 === 30) disturb(model, random, down);
      history.push(offered(model));
      const routed = history.shift() ?? [];
      const bad = routed.filter((uid) => !answers(model, uid, down)).length;
      failed += ((RATE * STEP_MS) / 1000) * (routed.length === 0 ? 1 : bad / routed.length);
      model.run(STEP_MS);
    }
    expect(total(model).requests).toBe(RATE * 90);
    expect(total(model).failed).toBeGreaterThan(50);
    expect(total(model).failed).toBeCloseTo(failed, 3);
  });
});
