import { createClient } from 'graphql-ws';
import { afterAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { EventQueue } from '../../src/api/event-queue.ts';
import { coalesced } from '../../src/api/watch.ts';
import type { Version } from '../../src/machinery/version.ts';
import { ask, startTestServer } from './support.ts';

const { server, clusters } = await startTestServer();
const cluster = clusters.add();
const client = createClient({ url: `${server.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
afterAll(() => client.dispose());

function watch(query: string, variables: Record<string, unknown> = {}) {
  return client.iterate({ query, variables }) as AsyncIterableIterator<any>;
}

function createMap(name: string, labels: Record<string, string> = {}, namespace = 'default'): void {
  cluster.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data: { a: '1' },
  } as never);
}

function relabel(name: string, labels: Record<string, string>): void {
  cluster.do((api) => {
    const object = cluster.view.listKey('ConfigMap').find(({ metadata }) => metadata.name === name);
    if (object) api.update({ ...object, metadata: { ...object.metadata, labels } });
  });
}

const CHANGES = /* GraphQL */ `
  subscription ($filter: ObjectFilter, $since: Revision, $coalesce: Duration) {
    objectChanges(filter: $filter, since: $since, coalesce: $coalesce) {
      __typename
      ... on ChangeBatch {
        revision
        changes {
          type
          revision
          cause
          changedPaths
          object {
            name
          }
        }
      }
      ... on Bookmark {
        revision
      }
      ... on WatchExpired {
        reason
        oldestRevision
      }
    }
  }
`;

async function nextMessage(stream: AsyncIterator<any>) {
  const { value, done } = await stream.next();
  if (done) return undefined;
  return value.data?.objectChanges ?? value;
}

describe('objectChanges', () => {
  test('begins with a bookmark of the present and then gives each change', async () => {
    const stream = watch(CHANGES, { filter: { kinds: ['cm'] }, coalesce: '0s' });
    expect(await nextMessage(stream)).toEqual({ __typename: 'Bookmark', revision: String(cluster.view.revision) });
    createMap('one');
    const { changes, revision } = await nextMessage(stream);
    expect(changes).toMatchObject([{ type: 'ADDED', object: { name: 'one' }, changedPaths: [] }]);
    expect(revision).toBe(changes[0].revision);
    relabel('one', { a: 'b' });
    const second = await nextMessage(stream);
    expect(second.changes).toMatchObject([{ type: 'MODIFIED', changedPaths: ['metadata.labels.a'] }]);
    await stream.return?.();
  });

  test('resumes behind a revision without a gap and without giving anything twice', async () => {
    const since = String(cluster.view.revision);
    createMap('two');
    createMap('three');
    const stream = watch(CHANGES, { filter: { kinds: ['ConfigMap'] }, since, coalesce: '0s' });
    const seen: string[] = [];
    for (;;) {
      const message = await nextMessage(stream);
      if (message.__typename === 'Bookmark') break;
      seen.push(...message.changes.map((change: any) => change.object.name));
    }
    createMap('four');
    const { changes } = await nextMessage(stream);
    seen.push(...changes.map((change: any) => change.object.name));
    expect(seen).toEqual(['two', 'three', 'four']);
    await stream.return?.();
  });

  test('an object that begins to match is added, one that stops matching is deleted', async () => {
    createMap('moving');
    const stream = watch(CHANGES, { filter: { kinds: ['cm'], labelSelector: 'place=side' }, coalesce: '0s' });
    await nextMessage(stream);
    relabel('moving', { place: 'side' });
    expect((await nextMessage(stream)).changes[0].type).toBe('ADDED');
    relabel('moving', { place: 'out' });
    expect((await nextMessage(stream)).changes[0].type).toBe('DELETED');
    await stream.return?.();
  });

  test('changes within the coalescing time become one batch with one change per object', async () => {
    const stream = watch(CHANGES, { filter: { kinds: ['cm'], search: 'busy' }, coalesce: '50ms' });
    await nextMessage(stream);
    createMap('busy');
    relabel('busy', { a: '1' });
    relabel('busy', { a: '2' });
    const { changes } = await nextMessage(stream);
    expect(changes).toMatchObject([{ type: 'ADDED', object: { name: 'busy' } }]);
    await stream.return?.();
  });

  test('a revision that was compacted ends the watch with TOO_OLD', async () => {
    const other = clusters.add('compacted');
    other.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } });
    other.compact(other.view.revision);
    const stream = watch(CHANGES.replace('objectChanges(', 'objectChanges(cluster: "compacted", '), { since: '1' });
    expect(await nextMessage(stream)).toMatchObject({ __typename: 'WatchExpired', reason: 'TOO_OLD' });
    expect(await nextMessage(stream)).toBeUndefined();
  });

  test('deleting the cluster ends the watch with CLUSTER_DELETED', async () => {
    clusters.add('gone');
    const stream = watch(CHANGES.replace('objectChanges(', 'objectChanges(cluster: "gone", '));
    await nextMessage(stream);
    await clusters.delete('gone');
    expect(await nextMessage(stream)).toMatchObject({ reason: 'CLUSTER_DELETED' });
    expect(await nextMessage(stream)).toBeUndefined();
  });

  test('subscribers that ask for the same share the execution', async () => {
    const streams = Array.from({ length: 20 }, () => watch(CHANGES, { filter: { search: 'shared' }, coalesce: '0s' }));
    for (const stream of streams) await nextMessage(stream);
    const before = server.executions;
    createMap('shared');
    const messages = await Promise.all(streams.map(nextMessage));
    expect(messages.every(({ changes }) => changes[0].object.name === 'shared')).toBe(true);
    expect(server.executions - before).toBe(1);
    for (const stream of streams) await stream.return?.();
  });
});

test('clockTick gives the clock at once and again', async () => {
  const stream = watch('subscription { clockTick(every: "100ms") { now running } }');
  const first = (await stream.next()).value.data.clockTick;
  cluster.run(5_000);
  const second = (await stream.next()).value.data.clockTick;
  expect(Date.parse(second.now) - Date.parse(first.now)).toBe(5_000);
  await stream.return?.();
});

test('eventOccurred gives the events that match, from a revision on', async () => {
  const since = String(cluster.view.revision);
  const record = (reason: string) =>
    cluster.do((api) => {
      const [namespace] = cluster.view.listKey('Namespace');
      if (namespace) api.event(namespace, 'Warning', reason, 'something');
    });
  record('First');
  const stream = watch(
    'subscription ($since: Revision) { eventOccurred(since: $since, filter: { types: [WARNING] }) { reason regarding { name } } }',
    { since },
  );
  expect((await stream.next()).value.data.eventOccurred.reason).toBe('First');
  record('Second');
  expect((await stream.next()).value.data.eventOccurred).toMatchObject({ reason: 'Second' });
  await stream.return?.();
});

test('an unknown cluster is told of', async () => {
  const stream = watch('subscription { clockTick(cluster: "nowhere") { now } }');
  await expect(stream.next().then(({ value }) => value.errors[0])).resolves.toMatchObject({
    message: 'clusters "nowhere" not found',
    extensions: { code: 'NOT_FOUND' },
  });
});

test('server-sent events give the same, and mutations do not wait for them', async () => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({
      query:
        'subscription { objectChanges(filter: { search: "sse" }, coalesce: "0s") { __typename ... on ChangeBatch { changes { object { name } } } } }',
    }),
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('Bookmark')) text += (await reader?.read())?.value ?? '';
  createMap('sse-map');
  while (!text.includes('sse-map')) text += (await reader?.read())?.value ?? '';
  expect(text).toContain('event: next');
  await reader?.cancel();
  expect((await ask(server, '{ __typename }')).data).toBeTruthy();
});

describe('the queue of a subscriber', () => {
  test('tells a subscriber that does not keep up and cuts it off', async () => {
    let stopped = 0;
    const queue = new EventQueue<{ n: number }>(
      () => ({ n: -1 }),
      () => stopped++,
      3,
    );
    for (let n = 1; n <= 10; n++) queue.push({ n });
    expect(await queue.next()).toEqual({ done: false, value: { n: -1 } });
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    expect(stopped).toBe(1);
  });

  test('ends a waiting subscriber at once when it leaves', async () => {
    const queue = new EventQueue<object>(
      () => new Error('slow'),
      () => undefined,
    );
    const waiting = queue.next();
    await queue.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('coalescing', () => {
  const version = (type: Version['type'], uid: string, revision: number): Version =>
    ({
      type,
      revision,
      object: { metadata: { uid } },
      previous: type === 'ADDED' ? undefined : { n: revision },
    }) as never;
  const ROWS: [string, Version['type'][], string[]][] = [
    ['added and modified is added', ['ADDED', 'MODIFIED'], ['ADDED 2']],
    ['modified twice is modified', ['MODIFIED', 'MODIFIED'], ['MODIFIED 2']],
    ['added and deleted is nothing', ['ADDED', 'DELETED'], []],
    ['modified and deleted is deleted', ['MODIFIED', 'DELETED'], ['DELETED 2']],
  ];
  test.each(ROWS)('%s', (_name, types, expected) => {
    const versions = types.map((type, index) => version(type, 'a', index + 1));
    expect(coalesced(versions).map(({ type, revision }) => `${type} ${revision}`)).toEqual(expected);
  });
});
