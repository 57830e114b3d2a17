import { createClient } from 'graphql-ws';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { viewerOfConnection } from '../../src/api/viewer.ts';
import { startTestServer } from './support.ts';

const { server, clusters } = await startTestServer();
const cluster = clusters.add();
const VALUE = Buffer.from('a value').toString('base64');
cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' }, data: { key: VALUE } } as never);
cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'two' }, data: { key: VALUE } } as never);

const ROOT = { 'Impersonate-User': 'root', 'Impersonate-Group': 'system:masters' };

it.each([
  ['nobody named', {}, undefined, 'system:anonymous'],
  ['parameters of the connection', {}, { 'Impersonate-User': 'ann' }, 'ann'],
  ['parameters in small letters', {}, { 'impersonate-user': 'ann' }, 'ann'],
  ['the headers, which the client cannot overrule', { 'impersonate-user': 'ann' }, ROOT, 'ann'],
])('who asks on a WebSocket: %s', (_sentence, headers, parameters, user) => {
  expect(viewerOfConnection(headers, parameters)).toMatchObject({ user });
});

it('groups may be a list, or a text with commas', () => {
  const groups = ['ops', 'dev', 'system:authenticated'];
  expect(viewerOfConnection({}, { 'Impersonate-User': 'a', 'Impersonate-Group': ['ops', 'dev'] })).toMatchObject({
    groups,
  });
  expect(viewerOfConnection({}, { 'Impersonate-User': 'a', 'Impersonate-Group': 'ops, dev' })).toMatchObject({
    groups,
  });
});

const QUERY = `subscription { objectChanges(coalesce: "0s", filter: { kinds: ["Secret"] }) {
  ... on ChangeBatch { changes { object { name manifest } } } } }`;

/** The first changes of a subscription; before them comes the revision it starts from. */
async function firstOf(connectionParams: Record<string, unknown>): Promise<string> {
  const url = `${server.url.replace('http', 'ws')}/graphql`;
  const client = createClient({ url, webSocketImpl: WebSocket, connectionParams });
  for await (const message of client.iterate({ query: QUERY })) {
    const text = JSON.stringify(message);
    if (!text.includes('changes')) continue;
    await client.dispose();
    return text;
  }
  throw new Error('the subscription ended');
}

it('viewers who ask the same get what each of them may see', async () => {
  const [root, other, nobody] = [firstOf(ROOT), firstOf(ROOT), firstOf({})];
  await expect.poll(() => server.subscriptions).toBe(3);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = server.executions;
  cluster.do((api) => {
    const secret = api.listKey('Secret').find(({ metadata }) => metadata.name === 'one');
    if (secret) api.update({ ...secret, metadata: { ...secret.metadata, labels: { changed: 'yes' } } });
  });
  expect(await root).toContain(VALUE);
  expect(await other).toContain(VALUE);
  expect(await nobody).not.toContain(VALUE);
  expect(await nobody).toContain('******');
  // Those who may see the same share an execution.
  expect(server.executions - before).toBe(2);
});
