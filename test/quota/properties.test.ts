import { expect, test } from 'vitest';
import { podTotals } from '../../src/kinds/limitrange/queries.ts';
import { isPodTerminal } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ResourceQuota } from '../../src/kinds/resourcequota/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { parseQuantity } from '../../src/machinery/quantity.ts';
import { readyNode } from '../support/service-manifests.ts';
import { Model } from '../support/model.ts';
import { Choices } from '../properties/random-cluster.ts';

/** Never more than the hard limit is used, whoever asks: people, several controllers, and all within one instant. */

const HARD = { pods: '7', 'requests.cpu': '900m', 'count/configmaps': '4', 'limits.memory': '700Mi' };
const SEEDS = Array.from({ length: 12 }, (_, index) => `quota-${index}`);

/** What is used by the objects themselves, added up independently of the quota's own count. */
function inUse(model: Model): Record<string, number> {
  const pods = model.view.list(Pod, 'default').filter((pod) => !isPodTerminal(pod));
  const sum = (section: 'requests' | 'limits', name: string) =>
    pods.reduce((total, pod) => total + (podTotals(pod, section).get(name) ?? 0), 0);
  return {
    pods: pods.length,
    'requests.cpu': sum('requests', 'cpu'),
    'count/configmaps': model.view.listKey('ConfigMap', 'default').length,
    'limits.memory': sum('limits', 'memory'),
  };
}

function template(choices: Choices) {
  const cpu = choices.of(['50m', '100m', '250m']);
  const memory = choices.of(['64Mi', '100Mi', '200Mi']);
  return {
    containers: [{ name: 'main', image: 'web:1', resources: { requests: { cpu, memory }, limits: { cpu, memory } } }],
  };
}

function workload(choices: Choices): NewObject {
  const name = choices.of(['red', 'green', 'blue']);
  const labels = { app: name };
  const replicas = choices.below(6);
  const metadata = { name, namespace: 'default' };
  const template_ = { metadata: { labels }, spec: template(choices) };
  const spec = { replicas, selector: { matchLabels: labels }, template: template_ };
  const [apiVersion, kind] = choices.of([
    ['apps/v1', 'Deployment'],
    ['apps/v1', 'ReplicaSet'],
  ] as const);
  return { apiVersion, kind, metadata, spec };
}

function step(model: Model, choices: Choices): void {
  model.do((api) => {
    for (let count = choices.below(6); count > 0; count--) {
      const number = choices.below(20);
      const place = { namespace: 'default' };
      switch (choices.below(5)) {
        case 0:
          api.create({
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: `pod-${number}`, ...place },
            spec: template(choices),
          });
          break;
        case 1:
          api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `map-${number}`, ...place } });
          break;
        case 2:
          api.create(workload(choices));
          break;
        case 3: {
          const pods = api.list(Pod, 'default');
          if (pods.length > 0) api.delete(choices.of(pods), choices.chance(50) ? { gracePeriodSeconds: 0 } : {});
          break;
        }
        default: {
          const workloads = ['Deployment', 'ReplicaSet'].flatMap((kind) => api.listKey(kind, 'default'));
          if (workloads.length === 0) break;
          const chosen = choices.of(workloads) as NewObject & { spec: { replicas: number } };
          api.update({ ...chosen, spec: { ...chosen.spec, replicas: choices.below(8) } } as never);
        }
      }
    }
  });
}

test.each(SEEDS)('of seed %s no quota is ever exceeded, and what is used is counted right', (seed) => {
  const choices = new Choices(seed);
  const model = new Model({
    seed,
    onRest: (at) => {
      const quota = at.view.get(ResourceQuota, 'default', 'quota');
      if (!quota) return;
      for (const [name, amount] of Object.entries(inUse(at))) {
        const most = parseQuantity(HARD[name as keyof typeof HARD]) ?? 0;
        expect(amount, `${name} at ${at.elapsed} ms`).toBeLessThanOrEqual(most + 1e-9);
        expect(parseQuantity(quota.status.used?.[name]), `${name} at ${at.elapsed} ms`).toBeCloseTo(amount, 6);
      }
    },
  });
  model.create(readyNode('node-1'), readyNode('node-2'));
  model.create({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'quota', namespace: 'default' },
    spec: { hard: HARD },
  });
  for (let round = 0; round < 25; round++) {
    step(model, choices);
    model.run(choices.below(20_000));
  }
  expect(model.restarted().versions).toEqual([]);
});
