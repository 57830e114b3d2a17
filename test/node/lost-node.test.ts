import { describe, expect, it } from 'vitest';
import { Node } from '../../src/kinds/node/types.ts';
import { isPodReady } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Model } from '../support/model.ts';
import { breakNode, eventsAbout, mendNode, SECOND } from './support.ts';

/** A whole cluster: workloads, scheduler, kubelets, node controllers. */
function cluster(nodes = 3): Model {
  const model = new Model();
  if (model.view.listKey('Namespace').length === 0) {
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  }
  model.command('addNodes', { count: nodes });
  return model;
}

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: nginx}]
`;

function pods(model: Model): Pod[] {
  return model.view.list(Pod).filter(({ metadata }) => metadata.labels?.['app'] !== undefined);
}

const going = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined;
const ready = (model: Model) => pods(model).filter((pod) => isPodReady(pod) && !going(pod)).length;

function nodeOf(model: Model, name: string): string {
  const [pod] = pods(model).filter(({ metadata }) => metadata.name.startsWith(name));
  return pod?.spec.nodeName ?? '';
}

describe('a deployment whose node is lost', () => {
  it('gets a replacement, has four pods while the old one hangs, and three when the node is back', () => {
    const model = cluster();
    model.create(DEPLOYMENT);
    model.run(60 * SECOND);
    expect(ready(model)).toBe(3);
    const lost = nodeOf(model, 'web');
    const before = pods(model).filter(({ spec }) => spec.nodeName === lost);
    breakNode(model, lost);
    model.run(49 * SECOND);
    expect(ready(model)).toBe(3);
    model.run(2 * SECOND);
    expect(ready(model)).toBe(3 - before.length);
    model.run(300 * SECOND);
    expect(
      pods(model)
        .filter(going)
        .map(({ metadata }) => metadata.name),
    ).toEqual(before.map(({ metadata }) => metadata.name));
    model.run(60 * SECOND);
    expect(pods(model)).toHaveLength(3 + before.length);
    expect(ready(model)).toBe(3);
    expect(eventsAbout(model, 'Pod', ['TaintManagerEviction'])).toHaveLength(before.length);
    expect(model.restarted().versions).toEqual([]);
    model.run(3600 * SECOND);
    expect(pods(model)).toHaveLength(3 + before.length);
    mendNode(model, lost);
    model.run(60 * SECOND);
    expect(pods(model)).toHaveLength(3);
    expect(ready(model)).toBe(3);
    expect(model.view.get(Node, undefined, lost)?.spec.taints).toBeUndefined();
  });

  it('keeps its pods when the node is back before they are given up', () => {
    const model = cluster();
    model.create(DEPLOYMENT);
    model.run(60 * SECOND);
    const names = pods(model).map(({ metadata }) => metadata.name);
    const lost = nodeOf(model, 'web');
    breakNode(model, lost);
    model.run(200 * SECOND);
    mendNode(model, lost);
    model.run(600 * SECOND);
    expect(ready(model)).toBe(3);
    expect(pods(model).map(({ metadata }) => metadata.name)).toEqual(names);
  });

  it('gets its replacements when the node is removed', () => {
    const model = cluster();
    model.create(DEPLOYMENT);
    model.run(60 * SECOND);
    const lost = nodeOf(model, 'web');
    model.do((api) => {
      const node = api.get(Node, undefined, lost);
      if (node) api.delete(node);
    });
    model.run(120 * SECOND);
    expect(ready(model)).toBe(3);
    expect(pods(model).every(({ spec }) => spec.nodeName !== lost)).toBe(true);
  });
});

describe('a stateful set whose node is lost', () => {
  it('is not given a second pod of the same name until the node is back or removed', () => {
    const model = cluster();
    model.create(DEPLOYMENT.replace('kind: Deployment', 'kind: StatefulSet'));
    model.run(120 * SECOND);
    expect(pods(model).map(({ metadata }) => metadata.name)).toEqual(['web-0', 'web-1', 'web-2']);
    const lost = nodeOf(model, 'web-1');
    const uid = model.view.get(Pod, 'default', 'web-1')?.metadata.uid;
    breakNode(model, lost);
    model.run(3600 * SECOND);
    expect(model.view.get(Pod, 'default', 'web-1')?.metadata).toMatchObject({ uid, deletionGracePeriodSeconds: 30 });
    expect(ready(model)).toBeLessThan(3);
    mendNode(model, lost);
    model.run(180 * SECOND);
    expect(ready(model)).toBe(3);
    expect(model.view.get(Pod, 'default', 'web-1')?.metadata.uid).not.toBe(uid);
  });
});

describe('a daemon set on a cluster', () => {
  it('has a pod on each node, also on a new one and on one that is cordoned', () => {
    const model = cluster();
    model.command('cordonNode', { target: { kindKey: 'Node', name: 'node-2' } });
    model.create(DEPLOYMENT.replace('kind: Deployment', 'kind: DaemonSet').replace('  replicas: 3\n', ''));
    model.run(60 * SECOND);
    expect(pods(model).map(({ spec }) => spec.nodeName)).toEqual(['node-1', 'node-2', 'node-3']);
    expect(ready(model)).toBe(3);
    model.command('addNodes', { count: 1 });
    model.run(60 * SECOND);
    expect(ready(model)).toBe(4);
    const lost = nodeOf(model, 'web');
    breakNode(model, lost);
    model.run(3600 * SECOND);
    expect(pods(model).filter(going)).toEqual([]);
    mendNode(model, lost);
    model.run(120 * SECOND);
    expect(ready(model)).toBe(4);
  });
});
