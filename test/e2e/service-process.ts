import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

const PROGRAM = path.join(import.meta.dirname, '../../src/main.ts');

export interface Answer {
  data?: any;
  errors?: { message: string; extensions: { code: string } }[];
}

/** The service as `npm start` runs it: a process with a Postgres of its own, on a data directory that outlives it. */
export class ServiceProcess {
  readonly directory: string;
  /** What it wrote to its log since it was started last. */
  log = '';
  private child: ChildProcess | undefined;
  private base = '';

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<ServiceProcess> {
    const service = new ServiceProcess(await mkdtemp(path.join(tmpdir(), 'orrery-e2e-')));
    await service.start();
    return service;
  }

  get url(): string {
    return `${this.base}/graphql`;
  }

  get origin(): string {
    return this.base;
  }

  private get isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  async start(): Promise<void> {
    const env = { ...process.env, PORT: '0', ORRERY_DATA: this.directory, ORRERY_LOG_LEVEL: 'warn', DATABASE_URL: '' };
    const child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.child = child;
    this.log = '';
    child.stderr.on('data', (text: Buffer) => (this.log += text.toString()));
    const ready = Promise.withResolvers<string>();
    child.once('exit', (code) => ready.reject(new Error(`the service ended with ${code}:\n${this.log}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /GraphiQL\s+(http:\S+)\/graphql/.exec(line);
      if (found?.[1]) ready.resolve(found[1]);
    });
    this.base = await ready.promise;
  }

  /** Ends the process and waits for it; gives its exit code (null after SIGKILL). */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (!this.child || !this.isRunning) return null;
    const exited = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.kill(signal);
    return (await exited)[0];
  }

  async remove(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.directory, { recursive: true, force: true });
  }

  async ask(query: string, variables?: object): Promise<Answer> {
    const response = await this.post(JSON.stringify({ query, variables }));
    return (await response.json()) as Answer;
  }

  post(body: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  }

  /** The data of an answer that has no errors. */
  async data(query: string, variables?: object): Promise<any> {
    const { data, errors } = await this.ask(query, variables);
    if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));
    return data;
  }

  /** The payload of a mutation with one field; fails when it has user errors. */
  async done(mutation: string, variables?: object): Promise<any> {
    const [payload] = Object.values<{ userErrors: unknown[] }>(await this.data(mutation, variables));
    if (payload?.userErrors.length !== 0) throw new Error(JSON.stringify(payload?.userErrors));
    return payload;
  }

  /** Lets simulated time go on at once. */
  step(duration: string): Promise<any> {
    return this.done('mutation ($by: StepBy!) { stepClock(by: $by) { clock { now } userErrors { message } } }', {
      by: { duration },
    });
  }

  connect(): Client {
    return createClient({
      url: this.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: true,
    });
  }
}

/** What a subscription delivers, gathered from the start on. */
export class Stream {
  readonly results: any[] = [];
  /** Whether the server has completed it. */
  isOver = false;
  private readonly stop: () => void;
  private wake: () => void = () => undefined;

  private constructor(iterator: AsyncIterable<unknown>, stop: () => void) {
    this.stop = stop;
    void this.read(iterator);
  }

  /** Over WebSocket (graphql-ws). */
  static overWebSocket(client: Client, query: string, variables?: Record<string, unknown>): Stream {
    const iterator = client.iterate({ query, ...(variables ? { variables } : {}) });
    return new Stream(iterator, () => void iterator.return?.());
  }

  /** Over server-sent events. */
  static overEvents(url: string, query: string, variables?: object): Stream {
    const abort = new AbortController();
    return new Stream(serverSentEvents(url, JSON.stringify({ query, variables }), abort.signal), () => abort.abort());
  }

  /** The first result that fits, of those that have come and those to come. */
  async until<T = any>(fits: (result: T) => unknown, timeoutMs = 10_000): Promise<T> {
    const end = performance.now() + timeoutMs;
    for (let seen = 0; ; seen++) {
      while (seen >= this.results.length) {
        const leftMs = end - performance.now();
        if (this.isOver || leftMs <= 0) {
          throw new Error(`it did not come; what came: ${JSON.stringify(this.results).slice(0, 2_000)}`);
        }
        await new Promise<void>((resolve) => {
          this.wake = resolve;
          setTimeout(resolve, Math.min(leftMs, 200));
        });
      }
      if (fits(this.results[seen])) return this.results[seen];
    }
  }

  async completed(timeoutMs = 10_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!this.isOver) {
      if (performance.now() > end) throw new Error('the stream goes on');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  close(): void {
    this.stop();
  }

  private async read(iterator: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const result of iterator) {
        this.results.push(result);
        this.wake();
      }
    } catch (error) {
      this.results.push({ failed: error });
    }
    this.isOver = true;
    this.wake();
  }
}

async function* serverSentEvents(url: string, body: string, signal: AbortSignal): AsyncGenerator {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (event.startsWith('event: next') && data) yield JSON.parse(data);
      if (event.startsWith('event: complete')) return;
    }
  }
}
