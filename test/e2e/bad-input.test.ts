import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ServiceProcess, Stream } from './service-process.ts';

/** What people and programs send by mistake or on purpose: each gets a clear answer, and nobody else notices. */
const service = await ServiceProcess.create();
await service.data('mutation { pauseClock { clock { running } } }');
afterAll(() => service.remove(), 60_000);

const MIB = 1024 * 1024;
/** What another client may have to wait at the most, on a machine that does other work as well. */
const PATIENCE_MS = 1_500;

/** Does something while another client asks small questions all the time; gives how long that one waited at the most. */
async function whileAnotherAsks<T>(work: () => Promise<T>): Promise<{ result: T; longestMs: number }> {
  let longestMs = 0;
  const state = { isOver: false };
  const asking = (async () => {
    while (!state.isOver) {
      const startedAt = performance.now();
      const { cluster } = await service.data('{ cluster { revision nodes { totalCount } } }');
      expect(cluster.nodes.totalCount).toBe(3);
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  try {
    return { result: await work(), longestMs };
  } finally {
    state.isOver = true;
    await asking;
  }
}

const APPLY = `mutation ($manifest: String!) { applyManifest(input: { manifest: $manifest }) {
  documents { line action warnings userErrors { message code path } } userErrors { message } } }`;

async function documentsOf(manifest: string): Promise<any[]> {
  return (await service.data(APPLY, { manifest })).applyManifest.documents;
}

function deployment(changes: { labels?: string; replicas?: string; cpu?: string; name?: string } = {}): string {
  const { labels = '{ app: a }', replicas = '1', cpu = '100m', name = 'a' } = changes;
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: a } }
  template:
    metadata: { labels: ${labels} }
    spec: { containers: [{ name: main, image: 'a:1', resources: { requests: { cpu: ${cpu} } } }] }
`;
}

function configMap(name: string, rest: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n${rest}\n`;
}

describe('a manifest that cannot be applied is refused in words that name the place', () => {
  const REFUSED: [string, string, RegExp, string?][] = [
    ['with a tab for a space', 'kind: ConfigMap\nmetadata:\n\tname: a\n', /line 3/],
    ['with a bracket that is not closed', 'kind: ConfigMap\nmetadata: { name: [a\n', /line \d+/],
    ['with a text for a number', deployment({ replicas: 'three' }), /cannot be handled as a Deployment.*replicas/],
    ['with a name of 300 letters', configMap('a'.repeat(300), ''), /must be no more than 253/, 'metadata.name'],
    [
      'with a label that is too long',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, labels: { a: ${'b'.repeat(64)} } }\n`,
      /must be no more than 63/,
      'metadata.labels',
    ],
    ['with a quantity that is none', deployment({ cpu: 'lots' }), /quantities must match the regular expression/],
    [
      'with a selector that does not match its template',
      deployment({ labels: '{ app: b }' }),
      /`selector` does not match template `labels`/,
      'spec.template.metadata.labels',
    ],
    ['with aliases of aliases', billionLaughs(), /alias|anchor|excessive/i],
    ['with 10,000 aliases', `a: &a 1\nb: [${Array.from({ length: 10_000 }, () => '*a').join(', ')}]\n`, /alias/i],
    ['nested 1,000 levels deep', '['.repeat(1_000) + ']'.repeat(1_000), /exceeded max depth of 200/],
    ['with a ConfigMap of 3 MB', configMap('large', `data: { text: ${'x'.repeat(3 * MIB)} }`), /[Tt]oo l(ong|arge)/],
  ];
  it.each(REFUSED)('%s', async (_what, manifest, message, path = '') => {
    const [document] = await documentsOf(manifest);
    expect(document.action).toBe('FAILED');
    expect(document.userErrors[0].message).toMatch(message);
    expect(document.userErrors[0].path?.join('.') ?? '').toBe(path);
  });

  it('but a field that nobody knows is a warning, as with kubectl', async () => {
    const [document] = await documentsOf(configMap('odd', 'dta: { a: b }'));
    expect(document).toMatchObject({ action: 'CREATED', warnings: ['unknown field "dta"'], userErrors: [] });
  });
});

function billionLaughs(): string {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `l${i + 1}: &l${i + 1} [${'*l0, '.replace('0', String(i)).repeat(9)}]`,
  );
  return `l0: &l0 [lol]\n${levels.join('\n')}\n`;
}

describe('a large manifest holds up nobody', () => {
  const keys = Array.from({ length: 50_000 }, (_, i) => `  key-${i}: ${'the value '.repeat(5)} ${i}`).join('\n');
  const LARGE: [string, string, string, RegExp][] = [
    [
      'one object of 10 MB',
      configMap('huge', `data:\n  text: ${'x'.repeat(6 * MIB)}\n${keys}`),
      'FAILED',
      /[Tt]oo l(ong|arge)|limit/,
    ],
    ['brackets that never end', '['.repeat(MIB / 16), 'FAILED', /exceeded max depth of 200/],
    [
      'thousands of objects',
      Array.from({ length: 3_000 }, (_, i) =>
        configMap(`one-of-many-${i}`, `data: { text: ${'x'.repeat(2_000)} }`),
      ).join('---\n'),
      'CREATED',
      /^$/,
    ],
  ];
  it.each(LARGE)('%s', { timeout: 60_000 }, async (_what, manifest, action, message) => {
    const { result: documents, longestMs } = await whileAnotherAsks(() => documentsOf(manifest));
    expect(new Set(documents.map((document) => document.action))).toEqual(new Set([action]));
    expect(documents[0].userErrors[0]?.message ?? '').toMatch(message);
    if (process.env['TEST_LOG']) console.log(_what, Math.round(longestMs));
    expect(longestMs).toBeLessThan(PATIENCE_MS);
  });
});

describe('a request that is too large or asks for too much', () => {
  it('of 20 MB is refused with 413', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(20 * MIB) } });
    const { result, longestMs } = await whileAnotherAsks(() => statusOf(body));
    expect(result).toBe(413);
    expect(longestMs).toBeLessThan(PATIENCE_MS);
  });

  const TOO_MUCH: [string, string, RegExp][] = [
    [
      '100 levels deep',
      `{ cluster { ${'parent { '.repeat(100)} name ${'} '.repeat(100)} } }`,
      /nested more than 30 levels/,
    ],
    [
      'with 10,000 aliases',
      `{ ${Array.from({ length: 10_000 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
      /more than/,
    ],
  ];
  it.each(TOO_MUCH)('%s is refused by name of the limit', async (_what, query, message) => {
    const { errors } = await service.ask(query);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(message),
      extensions: { code: 'LIMIT_EXCEEDED' },
    });
  });

  it('that is no JSON or no GraphQL is told so', async () => {
    expect((await service.post('{"query":')).status).toBe(400);
    expect((await service.ask('{ cluster { nme } }')).errors?.[0]?.message).toContain('Cannot query field "nme"');
    expect((await service.ask('{ cluster {')).errors?.[0]?.extensions.code).toBe('GRAPHQL_PARSE_FAILED');
  });
});

/** The status of a POST; the server may close the connection before it has read everything. */
function statusOf(body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(service.url, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    sent.end(body);
  });
}

describe('subscribers that misbehave', () => {
  it('a flood of subscriptions on one connection ends at a limit', async () => {
    const client = service.connect();
    const { longestMs } = await whileAnotherAsks(async () => {
      const streams = Array.from({ length: 300 }, () =>
        Stream.overWebSocket(client, 'subscription { podStatusChanged { to } }'),
      );
      await streams.at(-1)?.until(({ failed }) => failed?.[0].extensions.code === 'LIMIT_EXCEEDED');
      expect(streams.filter(({ results }) => results.length > 0)).toHaveLength(200);
    });
    await client.dispose();
    expect(longestMs).toBeLessThan(PATIENCE_MS);
  });

  it('hundreds of connections that come and go leave nothing behind', async () => {
    const { longestMs } = await whileAnotherAsks(async () => {
      const sockets = Array.from(
        { length: 300 },
        () => new WebSocket(service.url.replace('http', 'ws'), 'graphql-transport-ws'),
      );
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))));
      for (const socket of sockets) {
        socket.send('{"type":"connection_init"}');
        socket.send(
          '{"id":"1","type":"subscribe","payload":{"query":"subscription { objectChanges { __typename } }"}}',
        );
        socket.send('this is no JSON');
      }
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    });
    expect(longestMs).toBeLessThan(PATIENCE_MS);
  });

  it('one that never reads is cut off, and costs the others nothing', { timeout: 60_000 }, async () => {
    const deaf = await deafSubscriber();
    const { longestMs } = await whileAnotherAsks(async () => {
      const changes = Array.from({ length: 40 }, (_, i) => configMap(`news-${i % 5}`, `data: { text: "${i}" }`));
      for (const manifest of changes) await documentsOf(manifest);
      await service.step('1h');
    });
    expect(longestMs).toBeLessThan(PATIENCE_MS);
    deaf.destroy();
    expect((await service.data('{ cluster { nodes { totalCount } } }')).cluster.nodes.totalCount).toBe(3);
  });
});

/** A client that asks for every change with every manifest over server-sent events, and never reads a byte. */
async function deafSubscriber() {
  const query =
    'subscription { objectChanges(coalesce: "0s") { ... on ChangeBatch { changes { object { manifest history { nodes { object { manifest } } } } } } } }';
  const body = JSON.stringify({ query });
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

it('nothing that was stored is lost, and nothing stands in the log', async () => {
  const { cluster } = await service.data('{ cluster { configMaps(filter: { search: "odd" }) { nodes { name } } } }');
  expect(cluster.configMaps.nodes).toEqual([{ name: 'odd' }]);
  expect(service.log).toBe('');
});
