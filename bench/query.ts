import { Agent, request } from 'node:http';
import { startApi, startSql, type ApiProcess } from './api-process.ts';
import { report, tiny } from './report.ts';

/**
 * Services → endpoints → pods → nodes over HTTP: with graphql-js, with compiled queries (graphql-jit), and what the same
 * data costs a server that asks Postgres for it. CPU seconds are those of the server and, there, of Postgres.
 */
const NESTED =
  '{ cluster { services(first: 200) { nodes { name endpoints { addresses pod { name node { name } } } } } } }';
const HELLO = '{ __typename }';
const CONNECTIONS = 16;
const SECONDS = tiny ? 0.2 : 4;
const SIZES = tiny
  ? [[2, 1]]
  : [
      [10, 5],
      [100, 5],
    ];

function ask(agent: Agent, url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
      let size = 0;
      response.on('data', (chunk: Buffer) => (size += chunk.length));
      response.on('end', () =>
        response.statusCode === 200 ? resolve(size) : reject(new Error(`${response.statusCode}`)),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Requests per second of the server's CPU time, so that whatever else the machine does counts little. */
async function throughput(
  server: Pick<ApiProcess, 'url' | 'cpuSeconds'>,
  query: string,
  forSeconds: number,
): Promise<{ rate: number; bytes: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const body = JSON.stringify({ query });
  const end = performance.now() + forSeconds * 1000;
  let answered = 0;
  let bytes = 0;
  await server.cpuSeconds();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < end) {
        bytes = await ask(agent, server.url, body);
        answered++;
      }
    }),
  );
  const rate = answered / (await server.cpuSeconds());
  agent.destroy();
  return { rate, bytes };
}

async function compareWithSql(services: number, pods: number, rate: number): Promise<void> {
  const server = await startSql(services, pods);
  for (const way of ['join', 'levels']) {
    const asked = { url: `${server.url}/${way}`, cpuSeconds: () => server.cpuSeconds() };
    await throughput(asked, '', SECONDS / 2);
    const answered = await throughput(asked, '', SECONDS);
    if (answered.bytes < services * pods * 60) throw new Error(`an answer of ${answered.bytes} bytes cannot be whole`);
    report({
      what: `the same through SQL without GraphQL, ${services}×${pods}, ${way === 'join' ? 'one statement' : 'one statement a level'} (${answered.bytes} bytes)`,
      value: Math.round(answered.rate),
      unit: 'requests/s a core',
      ratio: { to: 'graphql-js from memory', value: answered.rate / rate },
    });
  }
  await server.stop();
}

for (const [services = 0, pods = 0] of SIZES) {
  const rates: Record<string, number> = {};
  for (const jit of [false, true]) {
    const server = await startApi(services, pods, jit);
    await throughput(server, NESTED, SECONDS / 2);
    const hello = await throughput(server, HELLO, SECONDS / 2);
    const nested = await throughput(server, NESTED, SECONDS);
    const expected = services * pods * 60;
    if (nested.bytes < expected) throw new Error(`an answer of ${nested.bytes} bytes cannot be whole`);
    await server.stop();
    const name = jit ? 'compiled' : 'graphql-js';
    rates[name] = nested.rate;
    report({
      what: `nested query over HTTP, ${services}×${pods}, ${name} (${nested.bytes} bytes)`,
      value: Math.round(nested.rate),
      unit: 'requests/s a core',
      ratio: jit
        ? { to: 'graphql-js', value: nested.rate / (rates['graphql-js'] ?? 1) }
        : { to: 'a bare hello', value: nested.rate / hello.rate },
    });
  }
  await compareWithSql(services, pods, rates['graphql-js'] ?? 1);
}
