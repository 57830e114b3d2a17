import { describe, expect, it } from 'vitest';
import { Node } from '../../src/kinds/node/types.ts';
import { isPodReady } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { unitRandom } from '../../src/machinery/random.ts';
import { Model } from '../support/model.ts';
import { cluster } from '../conformance/cluster.ts';

const REPLICAS = 6;

const MANIFEST = (budget: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: ${REPLICAS}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 5, containers: [{name: web, image: web:1}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: default}
spec: {${budget}, selector: {matchLabels: {app: web}}}
`;

function healthy(model: Model): number {
  return model.view.list(Pod).filter((pod) => isPodReady(pod) && !pod.metadata.deletionTimestamp).length;
}

/** One random thing a person does to pods and nodes. */
function act(model: Model, random: (what: string) => number): void {
  const pods = model.view.list(Pod);
  const nodes = model.view.list(Node);
  const pod = pods[Math.floor(random('pod') * pods.length)];
  const node = nodes[Math.floor(random('node') * nodes.length)];
  const choice = random('choice');
  if (choice < 0.5 && pod) {
    const { name, namespace } = pod.metadata;
    model.command('evictPod', { target: { kindKey: 'Pod', namespace, name } });
  } else if (node) {
    const command = choice < 0.7 ? 'drainNode' : 'uncordonNode';
    model.command(command, { target: { kindKey: 'Node', name: node.metadata.name } });
  }
}

describe('evictions and drains', () => {
  it.each([
    ['minAvailable: 4', 4],
    ['maxUnavailable: 1', 5],
    ['minAvailable: 50%', 3],
    ['maxUnavailable: 0', 6],
  ])('never leave fewer healthy pods than a budget of %s asks for', (budget, least) => {
    for (const seed of ['one', 'two']) {
      const model = cluster(5);
      model.create(MANIFEST(budget));
      model.run(60_000);
      expect(healthy(model)).toBe(REPLICAS);
      for (let step = 0; step < 60; step++) {
        act(model, (what) => unitRandom(seed, budget, step, what));
        expect(healthy(model), `seed ${seed}, step ${step}`).toBeGreaterThanOrEqual(least);
        for (let second = 0; second < 3; second++) {
          model.run(1000);
          expect(healthy(model), `seed ${seed}, step ${step}`).toBeGreaterThanOrEqual(least);
        }
      }
      for (const node of model.view.list(Node)) {
        model.command('uncordonNode', { target: { kindKey: 'Node', name: node.metadata.name } });
      }
      model.run(300_000);
      expect(healthy(model)).toBe(REPLICAS);
      expect(model.restarted().versions).toEqual([]);
    }
  });
});
