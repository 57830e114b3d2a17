import { WebSocket } from 'ws';
import { startApi } from './api-process.ts';
import { median, report, tiny } from './report.ts';

/** Subscribers of one WebSocket subscription, each told of every change; delay from the change to the client. */
const SUBSCRIBERS = tiny ? [5] : [100, 1000];
const CHANGES_PER_SECOND = tiny ? 20 : 50;
const SECONDS = tiny ? 0.2 : 5;
const QUERY = `subscription { objectChanges(filter: { kinds: ["cm"], search: "ticker" }, coalesce: "0s") {
  ... on ChangeBatch { revision changes { object { metadata { annotations } } } } } }`;

const SENT = /"sent":"([\d.]+)"/;

/** One connection with one subscription; resolves when the first message (the bookmark) is there. */
function subscriber(url: string, delays: number[]): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('error', reject);
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (text.includes('connection_ack')) {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } }));
        return;
      }
      const sent = SENT.exec(text)?.[1];
      if (sent === undefined) resolve(socket);
      else delays.push(performance.timeOrigin + performance.now() - Number(sent));
    });
  });
}

let first: number | undefined;
for (const count of SUBSCRIBERS) {
  const server = await startApi(1, 1, false);
  const delays: number[] = [];
  const sockets: WebSocket[] = [];
  while (sockets.length < count) sockets.push(await subscriber(server.url, delays));
  const changes = Math.round(CHANGES_PER_SECOND * SECONDS);
  server.send({ count: changes, everyMs: 1000 / CHANGES_PER_SECOND });
  const { cpuSeconds, executions } = (await server.next()) as { cpuSeconds: number; executions: number };
  const expected = changes * count;
  if (delays.length !== expected) throw new Error(`${delays.length} of ${expected} messages came`);
  delays.sort((left, right) => left - right);
  const perCore = expected / cpuSeconds;
  first ??= perCore;
  report({
    what: `fan-out to ${count} subscribers, ${CHANGES_PER_SECOND} changes/s, per core of the server`,
    value: Math.round(perCore),
    unit: 'messages/s',
    ratio: { to: `${SUBSCRIBERS[0]} subscribers`, value: perCore / first },
  });
  report({
    what: `… delay, median and 99th percentile ${(delays[Math.floor(delays.length * 0.99)] ?? 0).toFixed(1)} ms`,
    value: Math.round(median(delays) * 10) / 10,
    unit: 'ms',
  });
  report({
    what: `… executions for ${expected.toLocaleString('en')} messages`,
    value: executions,
    unit: 'executions',
    ratio: { to: 'messages', value: executions / expected },
  });
  for (const socket of sockets) socket.terminate();
  await server.stop();
}
