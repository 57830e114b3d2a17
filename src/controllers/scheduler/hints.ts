import type { ClusterEvent, Hint } from './cluster-events.ts';
import { plugins } from './plugins/registry.ts';

interface PluginHint {
  readonly plugin: string;
  readonly hint: Hint;
}

const byResource = new Map<string, PluginHint[]>();
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
