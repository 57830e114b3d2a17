import { Engine } from '../src/engine/engine.ts';
import { standardRegistry } from '../src/engine/standard-registry.ts';
import type { CommandOutcome } from '../src/machinery/controller.ts';
import type { Version } from '../src/machinery/version.ts';

/** A cluster in memory for benchmarks: the engine as the service runs it, without a store. */
export class EngineCluster {
  readonly engine: Engine;
  versions = 0;

  constructor(nodes: number, registry = standardRegistry) {
    this.engine = new Engine({
      registry,
      cluster: 'bench',
      seed: 'bench',
      now: Date.UTC(2026, 0, 1),
    });
    this.settle();
    for (let made = 0; made < nodes; made += 1000) {
      this.command('addNodes', {
        count: Math.min(1000, nodes - made),
        template: { cpu: '32', memory: '128Gi', pods: 250 },
      });
    }
  }

  command(name: string, input: unknown): CommandOutcome {
    const outcome = this.engine.execute({ name, input, cause: 'bench' });
    if (outcome.errors?.length) throw new Error(outcome.errors[0]?.message);
    this.settle();
    return outcome;
  }

  apply(...objects: Record<string, unknown>[]): void {
    const documents = objects.map((object, index) => ({ index, line: 1, object }));
    this.command('applyManifest', { documents, namespace: 'default', fieldManager: 'bench' });
  }

  /** Runs forward by simulated milliseconds. */
  run(ms: number): void {
    const end = this.engine.now + ms;
    for (let next = this.engine.nextTimer(); next !== undefined && next <= end; next = this.engine.nextTimer()) {
      this.engine.advanceTo(Math.max(next, this.engine.now));
      this.settle();
    }
    this.engine.advanceTo(end);
  }

  private settle(): void {
    this.engine.work();
    const [bug] = this.engine.bugs;
    if (bug) throw bug.error;
    this.written(this.engine.take());
  }

  protected written(versions: readonly Version[]): void {
    this.versions += versions.length;
  }
}

/** A Deployment of ordinary pods with a readiness probe. */
export function deployment(name: string, replicas: number): Record<string, unknown> {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'main',
              image: `${name}:1`,
              ports: [{ containerPort: 8080 }],
              readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 5 },
              resources: { requests: { cpu: '100m', memory: '128Mi' } },
            },
          ],
        },
      },
    },
  };
}

export function service(name: string): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
  };
}
