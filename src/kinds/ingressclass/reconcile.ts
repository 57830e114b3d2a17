import { watchSelf, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { isServed } from './queries.ts';
import { classesByAddress, IngressClass } from './types.ts';

/**
 * Gives each served class the address of its controller: one of the network that is reserved for benchmarks (RFC 2544),
 * so that nobody takes it for a real one and none is the address of a load balancer of this model.
 */
export const ingressClassController: Controller = {
  name: 'ingress-class-controller',
  watches: [watchSelf(IngressClass)],
  reconcile(key, api) {
    const ingressClass = api.getByKey(IngressClass, key);
    if (!ingressClass || ingressClass.runtime || !isServed(ingressClass)) return;
    const address = freeAddress(ingressClass, api);
    if (address !== undefined) api.updateStatus({ ...ingressClass, runtime: { address } });
  },
};

const NETWORK = '198.18';
const ADDRESSES = 65_534;

/** The first free address from a place of its own on. */
function freeAddress({ metadata }: IngressClass, api: ControllerApi): string | undefined {
  const start = Math.floor(api.random('ingress-class', metadata.uid) * ADDRESSES);
  for (let step = 0; step < ADDRESSES; step++) {
    const place = ((start + step) % ADDRESSES) + 1;
    const address = `${NETWORK}.${place >> 8}.${place & 255}`;
    if (api.countBy(classesByAddress, address) === 0) return address;
  }
  return undefined;
}
