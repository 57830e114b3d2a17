import { Node } from '../src/kinds/node/types.ts';
import type { CommandHandler, ObjectApi } from '../src/machinery/controller.ts';
import { Registry } from '../src/engine/registry.ts';
import { genericCommands } from '../src/engine/commands/generic-commands.ts';
import { actors } from '../src/controllers/registry.ts';
import { definitions } from '../src/kinds/registry.ts';
import { deployment, EngineCluster } from './engine-cluster.ts';
import { report, tiny } from './report.ts';

/**
 * Changes of every node at once: a NoExecute taint on all of them, which ends every pod there is, and a DaemonSet with a
 * pod for each. In memory. The ratio is to the same on a fifth of the nodes: five is what follows the change.
 */

const NODES = tiny ? 20 : 5000;
const PODS_PER_NODE = 2;
const PART = 5;

const doIt: CommandHandler<(api: ObjectApi) => void> = {
  name: 'bench.do',
  handle(work, api) {
    work(api);
    return {};
  },
};

/** Seconds of processor time of this thread: the machine may have other things to do. */
function seconds(work: () => void): number {
  const used = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000_000;
  };
  const start = used();
  work();
  return used() - start;
}

const registry = new Registry(definitions, actors, [doIt, ...genericCommands(definitions)]);

function storm(nodes: number): number {
  const cluster = new EngineCluster(nodes, registry);
  cluster.apply(deployment('web', nodes * PODS_PER_NODE));
  cluster.run(60_000);
  return seconds(() => {
    cluster.command('bench.do', (api: ObjectApi) => {
      for (const node of api.list(Node)) {
        api.update<Node>({ ...node, spec: { ...node.spec, taints: [{ key: 'storm', effect: 'NoExecute' }] } });
      }
    });
    cluster.run(60_000);
  });
}

function daemons(nodes: number): number {
  const cluster = new EngineCluster(nodes, registry);
  return seconds(() => {
    cluster.apply({ ...deployment('agent', 1), kind: 'DaemonSet', spec: daemonSpec() });
    cluster.run(60_000);
  });
}

function daemonSpec(): object {
  const { selector, template } = deployment('agent', 1)['spec'] as { selector: object; template: object };
  return { selector, template };
}

for (const [what, measure] of [
  ['a NoExecute taint on every node', storm],
  ['a DaemonSet on every node', daemons],
] as const) {
  const part = measure(NODES / PART);
  const all = measure(NODES);
  const ratio = { to: `${NODES / PART} nodes`, value: all / part };
  report({ what: `${what} of ${NODES}`, value: Number(all.toFixed(2)), unit: 's', ratio });
}
