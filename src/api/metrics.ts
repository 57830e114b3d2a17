import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Node } from '../kinds/node/types.ts';
import { Pod } from '../kinds/pod/types.ts';
import type { ClusterReplica, Clusters, CommandReceipt, CommandRequest } from '../machinery/ports.ts';
import type { RunningServer } from './server.ts';

/** How often to look for clusters that are new. */
const LOOK_MS = 1_000;
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * What Prometheus reads at /metrics: commands, commits, rows, objects, subscriptions, and what Node itself has to say
 * (memory, CPU, delays of the event loop). One per process.
 */
export class Metrics {
  /** The clusters, counted: whoever submits here is measured. */
  readonly clusters: Clusters;
  private readonly registry = new Registry();
  private readonly commands: Histogram<'command' | 'outcome'>;
  private readonly commits: Counter<'cluster'>;
  private readonly rows: Counter<'cluster'>;
  private readonly followed = new WeakSet<ClusterReplica>();
  private readonly timer: NodeJS.Timeout;
  private server: RunningServer | undefined;

  constructor(clusters: Clusters) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.commands = new Histogram({
      name: 'orrery_command_seconds',
      help: 'From the submission of a command until it is committed and shown.',
      labelNames: ['command', 'outcome'],
      buckets: SECONDS,
      registers,
    });
    const labelNames = ['cluster'] as const;
    this.commits = new Counter({ name: 'orrery_commits_total', help: 'Commits shown here.', labelNames, registers });
    this.rows = new Counter({
      name: 'orrery_rows_total',
      help: 'Versions of objects in those commits.',
      labelNames,
      registers,
    });
    this.addGauges(clusters);
    this.clusters = counted(clusters, (request) => this.measure(clusters, request));
    this.follow(clusters);
    this.timer = setInterval(() => this.follow(clusters), LOOK_MS);
    this.timer.unref();
  }

  /** Shows the connections and executions of a server, too. */
  watch(server: RunningServer): void {
    this.server = server;
  }

  async page(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  stop(): void {
    clearInterval(this.timer);
    this.registry.clear();
  }

  private addGauges(clusters: Clusters): void {
    const gauge = (name: string, help: string, valueOf: (replica: ClusterReplica) => number) => {
      const labelNames = ['cluster'];
      const collect = function collect(this: Gauge): void {
        this.reset();
        for (const replica of clusters.list()) this.set({ cluster: replica.record.name }, valueOf(replica));
      };
      this.registry.registerMetric(new Gauge({ name, help, labelNames, collect, registers: [] }));
    };
    gauge('orrery_revision', 'The newest revision shown here.', ({ view }) => view.revision);
    gauge('orrery_pods', 'Pods there are.', ({ view }) => view.count(Pod));
    gauge('orrery_nodes', 'Nodes there are.', ({ view }) => view.count(Node));
    gauge(
      'orrery_pending_timers',
      'Timers that keep a cluster from being at rest.',
      ({ clock }) => clock.pendingTimers,
    );
    const single = (name: string, help: string, valueOf: () => number) => {
      const collect = function collect(this: Gauge): void {
        this.set(valueOf());
      };
      this.registry.registerMetric(new Gauge({ name, help, collect, registers: [] }));
    };
    single('orrery_websocket_connections', 'Open WebSockets.', () => this.server?.connections ?? 0);
    single('orrery_subscriptions', 'Streams of events that are open.', () => this.server?.subscriptions ?? 0);
    single('orrery_event_executions', 'Events executed for subscribers.', () => this.server?.executions ?? 0);
  }

  private follow(clusters: Clusters): void {
    for (const replica of clusters.list()) {
      if (this.followed.has(replica)) continue;
      this.followed.add(replica);
      const cluster = replica.record.name;
      const count = (rows: number) => {
        this.commits.inc({ cluster });
        this.rows.inc({ cluster }, rows);
      };
      const forget = () => {
        this.commits.remove({ cluster });
        this.rows.remove({ cluster });
      };
      replica.subscribe(({ versions }) => count(versions.length), forget);
    }
  }

  private async measure(clusters: Clusters, request: CommandRequest): Promise<CommandReceipt> {
    const end = this.commands.startTimer({ command: request.name });
    try {
      const receipt = await clusters.submit(request);
      end({ outcome: receipt.outcome.errors?.length ? 'refused' : 'done' });
      return receipt;
    } catch (error) {
      end({ outcome: 'failed' });
      throw error;
    }
  }
}

function counted(clusters: Clusters, submit: Clusters['submit']): Clusters {
  return {
    list: () => clusters.list(),
    get: (name) => clusters.get(name),
    create: (request) => clusters.create(request),
    delete: (name) => clusters.delete(name),
    submit,
  };
}
