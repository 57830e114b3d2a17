import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { rootCaPublisher, serviceAccountController } from './reconcile.ts';
import { ServiceAccount } from './types.ts';

export const serviceAccount: KindDefinition<ServiceAccount> = {
  kind: ServiceAccount,
  statusSubresource: false,
  hasGeneration: false,
  controllers: [serviceAccountController, rootCaPublisher],
  columns: [
    { name: 'SECRETS', cell: ({ secrets }) => String(secrets?.length ?? 0) },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health: () => 'HEALTHY',
};
