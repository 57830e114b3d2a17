import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** The server of api-server.ts as its user sees it. */
export interface ApiProcess {
  url: string;
  /** The next message of the server. */
  next(): Promise<any>;
  send(message: object | 'cpu'): void;
  /** CPU seconds of the server since it was asked last. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

export function startApi(services: number, podsEach: number, jit: boolean): Promise<ApiProcess> {
  return start('api-server.ts', services, podsEach, jit);
}

/** The server of sql-server.ts, with the same data. */
export function startSql(services: number, podsEach: number): Promise<ApiProcess> {
  return start('sql-server.ts', services, podsEach, false);
}

async function start(program: string, services: number, podsEach: number, jit: boolean): Promise<ApiProcess> {
  const child: ChildProcess = fork(join(import.meta.dirname, program), [String(services), String(podsEach)], {
    env: { ...process.env, ORRERY_JIT: jit ? '1' : '' },
  });
  const next = () =>
    new Promise<any>((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)));
    });
  const { url } = (await next()) as { url: string };
  return {
    url,
    next,
    send: (message) => void child.send(message),
    cpuSeconds: async () => {
      child.send('cpu');
      return ((await next()) as { cpuSeconds: number }).cpuSeconds;
    },
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.once('exit', () => resolve());
        child.send('stop');
      }),
  };
}
