import { watch, watchSelf, type Controller } from '../../machinery/controller.ts';
import { isBeingDeleted, keyOf } from '../../machinery/object.ts';
import { fromTimestamp, SECOND_MS } from '../../machinery/time.ts';
import { isServed } from '../ingressclass/queries.ts';
import { IngressClass } from '../ingressclass/types.ts';
import { addressesOf, classNameOf, Ingress, ingressesByClass } from './types.ts';

/** How long a controller takes until it says under which address it answers. */
const PUBLISHING_MS = 5 * SECOND_MS;

/** The part of ingress controllers that is simulated: the address in the status, the same for all of a class. */
export const ingressController: Controller = {
  name: 'ingress-controller',
  watches: [
    watchSelf(Ingress),
    watch(IngressClass, ({ old, new: current }, view) => {
      const name = (current ?? old)?.metadata.name ?? '';
      return view.by(ingressesByClass, name).map(keyOf);
    }),
  ],
  reconcile(key, api) {
    const ingress = api.getByKey(Ingress, key);
    if (!ingress || isBeingDeleted(ingress)) return;
    const ingressClass = api.get(IngressClass, undefined, classNameOf(ingress) ?? '');
    const address = ingressClass?.runtime?.address;
    if (!ingressClass || address === undefined || !isServed(ingressClass)) return;
    if (addressesOf(ingress)[0] === address) return;
    const seen = [ingress, ingressClass].map(({ metadata }) => fromTimestamp(metadata.creationTimestamp));
    const publishedAt = Math.max(...seen) + PUBLISHING_MS;
    if (api.now < publishedAt) {
      api.requeueAt(publishedAt);
      return;
    }
    api.updateStatus({ ...ingress, status: { loadBalancer: { ingress: [{ ip: address }] } } });
    if (ingressClass.spec.controller === INGRESS_NGINX) {
      api.event(ingress, 'Normal', 'Sync', 'Scheduled for sync', { source: 'nginx-ingress-controller' });
    }
  },
};

const INGRESS_NGINX = 'k8s.io/ingress-nginx';
