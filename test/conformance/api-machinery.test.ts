import { describe, expect } from 'vitest';
import { WatchTopic, watchObjects, ChangeBatch } from '../../src/api/watch.ts';
import type { Predicate } from '../../src/api/object-filter.ts';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import type { Version } from '../../src/machinery/version.ts';
import type { MemoryCluster } from '../support/memory-clusters.ts';
import { startTestServer } from '../api/support.ts';
import { apply, cluster, found } from './cluster.ts';
import { conformance } from './conformance.ts';

const { clusters, ask } = await startTestServer();

function mapIn(memory: MemoryCluster, name: string): ConfigMap {
  const map = memory.view.get(ConfigMap, 'default', name);
  if (!map) throw new Error(`no config map ${name}`);
  return map;
}

function createMap(memory: MemoryCluster, name: string, label: string): void {
  const metadata = { name, namespace: 'default', labels: { 'watch-this': label } };
  memory.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
}

function mutate(memory: MemoryCluster, name: string, mutation: string, label?: string): void {
  memory.do((api) => {
    const map = mapIn(memory, name);
    const labels = label === undefined ? map.metadata.labels : { 'watch-this': label };
    api.update<ConfigMap>({ ...map, metadata: { ...map.metadata, ...(labels ? { labels } : {}) }, data: { mutation } });
  });
}

const removeMap = (memory: MemoryCluster, name: string) => memory.do((api) => void api.delete(mapIn(memory, name)));

const labelled =
  (...labels: string[]): Predicate =>
  ({ kind, metadata }: KubeObject) =>
    kind === 'ConfigMap' && labels.includes(metadata.labels?.['watch-this'] ?? '');

/** A watch of config maps; `seen` waits for so many changes and gives them: the kind of change and what it shows. */
function watchMaps(memory: MemoryCluster, matches: Predicate, since?: number) {
  const queue = watchObjects(memory, new WatchTopic(memory, matches, 0), matches, since);
  const versions: Version[] = [];
  const seen = async (count: number): Promise<string[]> => {
    while (versions.length < count) {
      const { value, done } = await queue.next();
      if (done) break;
      if (value instanceof ChangeBatch) versions.push(...value.changes.map(({ version }) => version));
    }
    return versions.map(({ type, object }) => `${type} ${(object as ConfigMap).data?.['mutation'] ?? ''}`.trim());
  };
  return { seen, versions, close: () => queue.return() };
}

describe('Watchers', () => {
  conformance('Watchers: observe add/update/delete', async () => {
    const memory = clusters.add('observe');
    const [a, b, both] = [['A'], ['B'], ['A', 'B']].map((labels) => watchMaps(memory, labelled(...labels)));
    createMap(memory, 'map-a', 'A');
    mutate(memory, 'map-a', '1');
    mutate(memory, 'map-a', '2');
    removeMap(memory, 'map-a');
    createMap(memory, 'map-b', 'B');
    removeMap(memory, 'map-b');
    const ofA = ['ADDED', 'MODIFIED 1', 'MODIFIED 2', 'DELETED 2'];
    const ofB = ['ADDED', 'DELETED'];
    expect(await a?.seen(4)).toEqual(ofA);
    expect(await b?.seen(2)).toEqual(ofB);
    expect(await both?.seen(6)).toEqual([...ofA, ...ofB]);
  });

  conformance('Watchers: start from a specific version', async () => {
    const memory = clusters.add('specific');
    createMap(memory, 'map', 'A');
    mutate(memory, 'map', '1');
    const since = Number(mapIn(memory, 'map').metadata.resourceVersion);
    mutate(memory, 'map', '2');
    removeMap(memory, 'map');
    expect(await watchMaps(memory, labelled('A'), since).seen(2)).toEqual(['MODIFIED 2', 'DELETED 2']);
  });

  conformance('Watchers: restart from last resource version', async () => {
    const memory = clusters.add('restart');
    const first = watchMaps(memory, labelled('A'));
    createMap(memory, 'map', 'A');
    mutate(memory, 'map', '1');
    expect(await first.seen(2)).toEqual(['ADDED', 'MODIFIED 1']);
    await first.close();
    mutate(memory, 'map', '2');
    removeMap(memory, 'map');
    const second = watchMaps(memory, labelled('A'), first.versions.at(-1)?.revision);
    expect(await second.seen(2)).toEqual(['MODIFIED 2', 'DELETED 2']);
  });

  conformance('Watchers: deletion seen when a selector stops matching', async () => {
    const memory = clusters.add('selector');
    const watch = watchMaps(memory, labelled('A'));
    createMap(memory, 'map', 'A');
    mutate(memory, 'map', '1');
    mutate(memory, 'map', '1', 'other');
    mutate(memory, 'map', '2');
    mutate(memory, 'map', '2', 'A');
    mutate(memory, 'map', '3');
    removeMap(memory, 'map');
    const changes = (await watch.seen(6)).map((text) => text.split(' ')[0]);
    expect(changes).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'MODIFIED', 'DELETED']);
    expect((await watch.seen(6)).slice(3, 5)).toEqual(['ADDED 2', 'MODIFIED 3']);
  });

  conformance('Watchers: same order on concurrent watches', async () => {
    const memory = clusters.add('order');
    const start = memory.view.revision;
    const live = watchMaps(memory, labelled('A'));
    const names = ['one', 'two', 'three'];
    for (const name of names) createMap(memory, name, 'A');
    for (const round of ['1', '2', '3', '4']) for (const name of names) mutate(memory, name, round);
    for (const name of names) removeMap(memory, name);
    await live.seen(18);
    const order = live.versions.map(({ revision }) => revision);
    expect(order).toHaveLength(18);
    expect(order).toEqual(order.toSorted((left, right) => left - right));
    for (const [index, since] of [start, ...order.slice(0, -1)].entries()) {
      const watch = watchMaps(memory, labelled('A'), since);
      await watch.seen(18 - index);
      expect(watch.versions.map(({ revision }) => revision)).toEqual(order.slice(index));
    }
  });
});

const PAGE = `query ($after: String) { cluster(name: "chunks") {
  configMaps(filter: { search: "template-" }, first: 17, after: $after) {
    totalCount nodes { name } pageInfo { hasNextPage endCursor } } } }`;

describe('Chunking', () => {
  conformance('Chunking: return chunks of results', async () => {
    const memory = clusters.add('chunks');
    const names = Array.from({ length: 60 }, (_, index) => `template-${String(index).padStart(4, '0')}`);
    for (const name of names) createMap(memory, name, 'A');
    const found: string[] = [];
    for (let after: string | undefined, more = true; more;) {
      const { data, errors } = await ask(PAGE, { after });
      expect(errors).toBeUndefined();
      const { nodes, pageInfo, totalCount } = data.cluster.configMaps;
      expect(totalCount).toBe(60);
      expect(nodes.length).toBe(Math.min(17, 60 - found.length));
      found.push(...nodes.map(({ name }: { name: string }) => name));
      expect(pageInfo.hasNextPage).toBe(found.length < 60);
      more = pageInfo.hasNextPage;
      after = pageInfo.endCursor;
    }
    expect(found).toEqual(names);
  });
});

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
`;

describe('Field validation', () => {
  conformance('FieldValidation: unknown and duplicate fields of a typed object', () => {
    const model = cluster();
    const text = DEPLOYMENT.replace(
      '  replicas: 1',
      '  replicas: 1\n  unknownField: foo\n  paused: true\n  paused: false',
    );
    const warnings = apply(model, text);
    expect(warnings).toContain('unknown field "spec.unknownField"');
    expect(warnings.some((warning) => warning.includes('paused') && !warning.includes('unknown'))).toBe(true);
    expect(found(model, Deployment, 'web').spec).not.toHaveProperty('unknownField');
  });

  conformance('FieldValidation: unknown metadata fields of a typed object', () => {
    const model = cluster();
    const text = DEPLOYMENT.replace('{name: web}', '{name: web, unknownMeta: foo}').replace(
      '{labels: {app: web}}',
      '{labels: {app: web}, unknownSubMeta: foo}',
    );
    expect(apply(model, text)).toEqual([
      'unknown field "metadata.unknownMeta"',
      'unknown field "spec.template.metadata.unknownSubMeta"',
    ]);
    expect(found(model, Deployment, 'web').metadata).not.toHaveProperty('unknownMeta');
  });
});
