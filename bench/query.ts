import { Agent, request } from 'node:http';
import { startApi, type ApiProcess } from './api-process.ts';
import { report, tiny } from './report.ts';

/** Services → endpoints → pods → nodes over HTTP, with compiled queries (graphql-jit) and with graphql-js. */
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
  server: ApiProcess,
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
}
