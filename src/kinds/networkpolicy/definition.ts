import type { KindDefinition } from '../../machinery/definition.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { applyNetworkPolicyDefaults, validateNetworkPolicy } from './admission.ts';
import { NetworkPolicy, policiesBySelector } from './types.ts';

/** Who may talk to whom. Evaluated when it is asked for (connectivity.ts); nothing is stored with pods. */
export const networkPolicy: KindDefinition<NetworkPolicy> = {
  kind: NetworkPolicy,
  statusSubresource: false,
  indexes: [policiesBySelector],
  applyDefaults: applyNetworkPolicyDefaults,
  validate: validateNetworkPolicy,
  columns: [
    { name: 'POD-SELECTOR', cell: ({ spec }) => formatLabelSelector(spec.podSelector) },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health: () => 'HEALTHY',
};
