import { ADD, type ClusterEvent, type Hint } from './cluster-events.ts';
import { plugins } from './plugins/registry.ts';

interface PluginHint {
  readonly plugin: string;
  readonly hint: Hint;
}

/**
 * Stands for the plugin that refused a pod while there was no node. Upstream tries such pods again and again with a
 * back-off; as nothing can come of it before there is a node, they wait for one here.
 */
export const NO_NODES = 'NoNodes';

const byResource = new Map<string, PluginHint[]>([
  ['Node', [{ plugin: NO_NODES, hint: { resource: 'Node', actions: ADD } }]],
]);
for (const plugin of plugins) {
  for (const hint of plugin.hints ?? []) {
    const known = byResource.get(hint.resource);
    if (known) known.push({ plugin: plugin.name, hint });
    else byResource.set(hint.resource, [{ plugin: plugin.name, hint }]);
  }
}

/** The hints of all plugins that an event concerns. */
export function hintsFor(event: ClusterEvent): readonly PluginHint[] {
  return (byResource.get(event.resource) ?? []).filter(({ hint }) => (hint.actions & event.action) !== 0);
}
