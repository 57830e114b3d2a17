import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { HealthWord, KindDefinition } from '../../machinery/definition.ts';
import { isServed } from '../ingressclass/queries.ts';
import { IngressClass } from '../ingressclass/types.ts';
import { defaultIngressClassPlugin, validateIngress, validateIngressCreate } from './admission.ts';
import { ingressController } from './reconcile.ts';
import { ingressColumns } from './table.ts';
import { addressesOf, classNameOf, Ingress, ingressesByClass, ingressesByService } from './types.ts';

export const ingress: KindDefinition<Ingress> = {
  kind: Ingress,
  indexes: [ingressesByService, ingressesByClass],
  plugins: [defaultIngressClassPlugin],
  controllers: [ingressController],
  applyDefaults(object) {
    object.spec ??= {};
  },
  prepareCreate(object) {
    object.status = { loadBalancer: {} };
    return undefined;
  },
  validate: validateIngress,
  validateCreate: validateIngressCreate,
  columns: ingressColumns,
  health,
};

/** Nobody serves it: nothing can be said. Otherwise it is done when it has an address. */
function health(object: Ingress, view: ClusterView): HealthWord {
  const ingressClass = view.get(IngressClass, undefined, classNameOf(object) ?? '');
  if (!ingressClass || !isServed(ingressClass)) return 'UNKNOWN';
  return addressesOf(object).length > 0 ? 'HEALTHY' : 'PROGRESSING';
}
