import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { SOCKET_LIMITS } from '../../src/api/web-socket.ts';
import { startTestServer } from './support.ts';

const { server, clusters } = await startTestServer({ connectionInitTimeoutMs: 100 });
const cluster = clusters.add();

interface Message {
  type: string;
  id?: string;
  payload?: any;
}

/** A client that speaks the protocol by hand. */
class Client {
  readonly socket: WebSocket;
  private readonly received: Message[] = [];
  private readonly waiting: ((message: Message) => void)[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(protocol: string | string[] = 'graphql-transport-ws', headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, protocol, { headers });
    this.socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as Message;
      const next = this.waiting.shift();
      if (next) next(message);
      else this.received.push(message);
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
      this.socket.on('error', () => resolve({ code: -1, reason: '' }));
    });
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING)
      await new Promise((resolve) => this.socket.once('open', resolve));
    return this;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  next(): Promise<Message> {
    const message = this.received.shift();
    return message ? Promise.resolve(message) : new Promise((resolve) => this.waiting.push(resolve));
  }

  async acknowledged(): Promise<this> {
    await this.opened();
    this.send({ type: 'connection_init' });
    const { type } = await this.next();
    if (type !== 'connection_ack') throw new Error(`${type} instead of connection_ack`);
    return this;
  }

  subscribe(id: string, query: string, variables?: object): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }
}

describe('the graphql-transport-ws protocol', () => {
  test('a client that says no hello is closed with 4408', async () => {
    const client = await new Client().opened();
    expect((await client.closed).code).toBe(4408);
  });

  test('a second hello closes with 4429', async () => {
    const client = await new Client().acknowledged();
    client.send({ type: 'connection_init' });
    expect((await client.closed).code).toBe(4429);
  });

  test('subscribing before the acknowledgement closes with 4401', async () => {
    const client = await new Client().opened();
    client.subscribe('1', '{ __typename }');
    expect((await client.closed).code).toBe(4401);
  });

  test('an id that is in use closes with 4409', async () => {
    const client = await new Client().acknowledged();
    client.subscribe('1', 'subscription { objectChanges { __typename } }');
    await client.next();
    client.subscribe('1', 'subscription { objectChanges { __typename } }');
    expect(await client.closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' });
  });

  test('a message that is none closes with 4400', async () => {
    const client = await new Client().acknowledged();
    client.socket.send('{}');
    expect((await client.closed).code).toBe(4400);
  });

  test('no subprotocol closes with 4406', async () => {
    const client = new Client([]);
    expect((await client.closed).code).toBe(4406);
  });

  test('ping is answered by pong', async () => {
    const client = await new Client().acknowledged();
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
    client.socket.close();
  });

  test('a query gives next and complete', async () => {
    const client = await new Client().acknowledged();
    client.subscribe('q', '{ __typename }');
    expect(await client.next()).toEqual({ id: 'q', type: 'next', payload: { data: { __typename: 'Query' } } });
    expect(await client.next()).toEqual({ id: 'q', type: 'complete' });
    client.socket.close();
  });

  test('a mutation gives next and complete', async () => {
    const client = await new Client().acknowledged();
    client.subscribe('m', 'mutation { pauseClock { clock { running } } }');
    expect((await client.next()).payload).toEqual({ data: { pauseClock: { clock: { running: false } } } });
    expect((await client.next()).type).toBe('complete');
    client.socket.close();
  });

  test.each([
    ['a syntax error', '{ nope', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nope }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a query 100 levels deep', `{ ${'a { '.repeat(100)} b ${'} '.repeat(100)} }`, 'LIMIT_EXCEEDED'],
  ])('%s gives an error message, and the connection stays open', async (_name, query, code) => {
    const client = await new Client().acknowledged();
    client.subscribe('e', query);
    const { type, payload } = await client.next();
    expect(type).toBe('error');
    expect(payload[0].extensions.code).toBe(code);
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
    client.socket.close();
  });

  test('after complete nothing more comes, and the id may be used again', async () => {
    const client = await new Client().acknowledged();
    client.subscribe('1', 'subscription { objectChanges(coalesce: "0s") { __typename } }');
    await client.next();
    client.send({ id: '1', type: 'complete' });
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
    cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'unseen' } });
    client.subscribe('1', '{ __typename }');
    expect((await client.next()).payload).toEqual({ data: { __typename: 'Query' } });
    client.socket.close();
  });

  test('limits of cost hold here too', async () => {
    const client = await new Client().acknowledged();
    client.subscribe(
      'c',
      '{ cluster { namespaces(first:500) { nodes { objects(first:500) { nodes { events(first:500) { nodes { id } } } } } } } }',
    );
    const { payload } = await client.next();
    expect(payload.errors[0].extensions.code).toBe('LIMIT_EXCEEDED');
    client.socket.close();
  });

  test('a flood of subscriptions on one connection is refused, the others go on', async () => {
    const client = await new Client().acknowledged();
    for (let i = 0; i <= SOCKET_LIMITS.operations; i++)
      client.subscribe(`s${i}`, 'subscription { objectChanges { __typename } }');
    const messages: Message[] = [];
    for (let i = 0; i <= SOCKET_LIMITS.operations; i++) messages.push(await client.next());
    const refused = messages.filter(({ type }) => type === 'error');
    expect(refused.map(({ payload }) => payload[0].extensions.code)).toEqual(['LIMIT_EXCEEDED']);
    expect(messages.filter(({ type }) => type === 'next')).toHaveLength(SOCKET_LIMITS.operations);
    client.socket.close();
  });

  test('a page of another site gets no connection', async () => {
    const client = new Client('graphql-transport-ws', { origin: 'https://evil.example' });
    expect((await client.closed).code).toBe(-1);
  });
});
