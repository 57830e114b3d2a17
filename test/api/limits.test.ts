import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { startTestServer } from './support.ts';

const { server, clusters, ask } = await startTestServer();
clusters.add();

function nested(levels: number): string {
  return `{ cluster { namespaces { nodes { ${'owners { '.repeat(levels)} name ${'} '.repeat(levels)} } } } }`;
}

const TOO_MUCH: [string, string, RegExp][] = [
  ['a query 100 levels deep', nested(100), /nested more than 30 levels/],
  [
    '10,000 aliases',
    `{ ${Array.from({ length: 10_000 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    /tokens|aliases/,
  ],
  [
    '2,000 aliases',
    `{ ${Array.from({ length: 2_000 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    /more than 500 aliases/,
  ],
  ['more fields than anybody asks for', `{ ${'__typename '.repeat(30_000)} }`, /more than 20000 tokens/],
  [
    'pages within pages within pages',
    '{ cluster { namespaces(first: 500) { nodes { objects(first: 500) { nodes { events(first: 500) { nodes { id } } } } } } } }',
    /may answer about \d+ fields; the limit is 500000/,
  ],
];

test.each(TOO_MUCH)('%s is refused with a clear error', async (_name, query, message) => {
  const { errors } = await ask(query);
  expect(errors?.[0]?.message).toMatch(message);
  expect(errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
});

test('fragments that spread each other many times over are counted as often as they are spread', async () => {
  const fragments = Array.from({ length: 20 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
  const { errors } = await ask(`{ ...F0 } ${fragments.join(' ')} fragment F20 on Query { __typename }`);
  expect(errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
});

test('fragments in a circle are told of by validation', async () => {
  const { errors } = await ask('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }');
  expect(errors?.[0]?.message).toMatch(/Cannot spread fragment "A" within itself/);
});

test('a request of 20 MB is refused with 413, and the next is answered', async () => {
  const body = JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(20 * 1024 * 1024) } });
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request(
      `${server.url}/graphql`,
      { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } },
      (response) => resolve(response.statusCode ?? 0),
    );
    sent.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
    );
    sent.end(body);
  });
  expect(status).toBe(413);
  expect((await ask('{ __typename }')).data).toEqual({ __typename: 'Query' });
});

describe('arguments that no cluster could make sense of', () => {
  const field = (text: string) => `{ cluster { ${text} { totalCount } } }`;
  const BAD: [string, string][] = [
    [field('namespaces(first: 0)'), 'first must be between 1 and 500, not 0'],
    [field('namespaces(first: 501)'), 'first must be between 1 and 500, not 501'],
    [field('namespaces(after: "nonsense")'), 'after is not a cursor of this API'],
    [
      field('namespaces(filter: { labelSelector: "a in (b" })'),
      "unable to parse requirement: found '', expected: ',' or ')'",
    ],
    [field('pods(filter: { labelSelector: "=x" })'), "found '=', expected: !, identifier, or 'end of string'"],
    [
      field('pods(filter: { fieldSelector: "status.phase" })'),
      "invalid selector: 'status.phase'; can't understand 'status.phase'",
    ],
    [field('pods(filter: { fieldSelector: "spec.color=red" })'), 'field label not supported: spec.color'],
    ['{ cluster(at: { revision: "99999" }) { name } }', 'revision 99999 has not happened yet; the newest revision is'],
    ['{ cluster(at: { revision: "one" }) { name } }', 'Revision must be decimal text, not "one"'],
    ['{ cluster(at: { time: "yesterday" }) { name } }', 'DateTime must be RFC 3339 text'],
    [
      'mutation { stepClock(by: { duration: "1 hour" }) { revision } }',
      'time: invalid duration \\"1 hour\\"'.replaceAll('\\', ''),
    ],
  ];
  test.each(BAD)('%s', async (query, message) => {
    const { errors } = await ask(query);
    expect(errors?.[0]?.message).toContain(message);
    expect(errors?.[0]?.extensions.code).toMatch(/BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED/);
  });
});

test('an accident in a resolver is logged and told without its details', async () => {
  const cluster = clusters.add('broken');
  Object.defineProperty(cluster, 'history', { value: () => Promise.reject(new Error('secret detail')) });
  const { errors } = await ask('{ cluster(name: "broken") { namespaces { nodes { history { nodes { id } } } } } }');
  expect(errors?.[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
  expect(JSON.stringify(errors)).not.toContain('secret detail');
});

describe('pages of other sites', () => {
  const post = (headers: Record<string, string>) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: '{ __typename }' }),
    });

  test('are turned away', async () => {
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
  });

  test('on this machine are served, with CORS headers', async () => {
    const response = await post({ origin: 'http://localhost:5173' });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
  });

  test('a foreign name that points here is not served', async () => {
    const status = await new Promise<number>((resolve) => {
      request(`${server.url}/graphql?query={__typename}`, { headers: { host: 'evil.example' } }, (response) =>
        resolve(response.statusCode ?? 0),
      ).end();
    });
    expect(status).toBe(403);
  });
});
