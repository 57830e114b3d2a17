import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { serviceAccountAdmission } from './admission.ts';
import { rootCaPublisher, serviceAccountController } from './reconcile.ts';
import { tokensController } from './tokens.ts';
import { podsByAccount, ServiceAccount, tokensByAccount } from './types.ts';

export const serviceAccount: KindDefinition<ServiceAccount> = {
  kind: ServiceAccount,
  statusSubresource: false,
  hasGeneration: false,
  indexes: [tokensByAccount, podsByAccount],
  plugins: [serviceAccountAdmission],
  controllers: [serviceAccountController, rootCaPublisher, tokensController],
  columns: [
    { name: 'SECRETS', cell: ({ secrets }) => String(secrets?.length ?? 0) },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  health: () => 'HEALTHY',
};
