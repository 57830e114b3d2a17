import { startServer } from '../src/api/server.ts';
import * as scheduling from '../src/controllers/scheduler/explain.ts';
import { definitions } from '../src/kinds/registry.ts';
import { MemoryClusters } from '../test/support/memory-clusters.ts';

/**
 * A server in a process of its own, for benchmarks of the API: a cluster in memory with so many Services of so many pods
 * each. Says its URL and then obeys: `tick` changes an object `count` times, one in each `everyMs`.
 */
const services = Number(process.argv[2] ?? 10);
const podsEach = Number(process.argv[3] ?? 5);

function application(name: string): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: default }
spec:
  replicas: ${podsEach}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: main, image: 'web:1' }] }
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default }
spec: { selector: { app: ${name} }, ports: [{ port: 80, protocol: TCP, targetPort: 80 }], type: ClusterIP, sessionAffinity: None }
`;
}

const clusters = new MemoryClusters();
const nodes = Math.max(3, Math.ceil((services * podsEach) / 50));
await clusters.create({ name: 'default', initialCommands: [{ name: 'addNodes', input: { count: nodes } }] });
const cluster = clusters.get('default');
if (!cluster) throw new Error('there is no cluster');
for (let number = 0; number < services; number++) cluster.create(application(`app-${number}`));
cluster.run(120_000);
cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ticker', namespace: 'default' } });

let ticks = 0;
function tick(): void {
  cluster?.do((api) => {
    const ticker = api.listKey('ConfigMap').find(({ metadata }) => metadata.name === 'ticker');
    const annotations = { sent: String(performance.timeOrigin + performance.now()), tick: String(++ticks) };
    if (ticker) api.update({ ...ticker, metadata: { ...ticker.metadata, annotations } });
  });
}

const server = await startServer({
  clusters,
  definitions,
  scheduling,
  host: '127.0.0.1',
  port: 0,
  log: { error: (details, message) => console.error(message, details) },
  jit: process.env['ORRERY_JIT'] === '1',
});
process.send?.({ url: server.url });

/** CPU seconds since the last time it was asked. */
let lastCpu = process.cpuUsage();
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage(lastCpu);
  lastCpu = process.cpuUsage();
  return (user + system) / 1e6;
}

process.on('message', (message: { count: number; everyMs: number } | 'stop' | 'cpu') => {
  if (message === 'cpu') {
    process.send?.({ cpuSeconds: cpuSeconds() });
    return;
  }
  if (message === 'stop') {
    void server.close().then(() => process.exit(0));
    return;
  }
  const { executions } = server;
  cpuSeconds();
  let left = message.count;
  const timer = setInterval(() => {
    tick();
    if (--left > 0) return;
    clearInterval(timer);
    setTimeout(() => {
      process.send?.({ cpuSeconds: cpuSeconds(), executions: server.executions - executions });
    }, 500);
  }, message.everyMs);
});
