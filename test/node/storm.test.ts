import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Model } from '../support/model.ts';

const PODS_PER_NODE = 2;

const manifest = (replicas: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: web, image: web}]}
`;

function taintAll(model: Model, taints: { key: string; effect: 'NoExecute' }[]): void {
  model.do((api) => {
    for (const node of api.list(Node)) api.update<Node>({ ...node, spec: { ...node.spec, taints } });
  });
}

/** Every node gets a NoExecute taint at the same moment; answers how many versions that made. */
function storm(nodes: number): { model: Model; versions: number } {
  const model = new Model();
  model.command('addNodes', { count: nodes, template: {} });
  model.create(manifest(nodes * PODS_PER_NODE));
  model.run(60_000);
  model.versions.length = 0;
  taintAll(model, [{ key: 'storm', effect: 'NoExecute' }]);
  model.run(60_000);
  return { model, versions: model.versions.length };
}

describe('a taint storm', () => {
  it('ends every pod once, leaves those made for them waiting with the reason, and passes', () => {
    const { model } = storm(30);
    const evictions = model.view.list(Event).filter(({ reason }) => reason === 'TaintManagerEviction');
    expect(evictions.every(({ count }) => count === 1)).toBe(true);
    expect(new Set(evictions.map(({ involvedObject }) => involvedObject.uid)).size).toBe(60);
    const waiting = model.view.list(Pod);
    expect(waiting).toHaveLength(60);
    for (const { spec, status } of waiting) {
      expect(spec.nodeName).toBeUndefined();
      expect(status.conditions?.find(({ type }) => type === 'PodScheduled')?.message).toContain(
        '0/30 nodes are available: 30 node(s) had untolerated taint(s).',
      );
    }
    expect(model.restarted().versions).toEqual([]);
    taintAll(model, []);
    model.run(60_000);
    expect(model.view.list(Pod).filter(({ status }) => status.phase === 'Running')).toHaveLength(60);
  });

  it('costs as much more as there are more nodes', () => {
    const few = storm(20).versions;
    const many = storm(80).versions;
    expect(many / few).toBeGreaterThan(3.5);
    expect(many / few).toBeLessThan(4.5);
  });
});
