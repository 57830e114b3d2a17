import { describe, expect, it } from 'vitest';
import { EndpointSlice } from '../../src/kinds/endpointslice/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { routeRequests } from '../../src/kinds/service/routing.ts';
import { Service } from '../../src/kinds/service/types.ts';
import { unitRandom } from '../../src/machinery/random.ts';
import { boundPod, service } from '../support/service-manifests.ts';
import type { Model } from '../support/model.ts';
import { network, report } from './network.ts';

/** What the slices of a Service must list, by looking at every pod: name and whether it is ready. */
function wanted(model: Model, { metadata, spec }: Service): string[] {
  const selector = Object.entries(spec.selector ?? {});
  return model.view
    .list(Pod, metadata.namespace)
    .filter(({ metadata: { labels = {} } }) => selector.every(([key, value]) => labels[key] === value))
    .filter(({ status }) => status.podIP && status.phase !== 'Succeeded' && status.phase !== 'Failed')
    .map((pod) => {
      const ready = pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      return `${pod.metadata.name} ready=${ready && !terminating} serving=${ready} terminating=${terminating}`;
    })
    .sort();
}

function listed(model: Model, name: string): string[] {
  return model.view
    .list(EndpointSlice, 'default')
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap(({ endpoints }) => endpoints)
    .map(({ targetRef, conditions: { ready, serving, terminating } }) =>
      [targetRef?.name, `ready=${ready}`, `serving=${serving}`, `terminating=${terminating}`].join(' '),
    )
    .sort();
}

describe('slices over many changes', () => {
  it.each(['a', 'b', 'c', 'd'])('list exactly the pods that match (seed %s)', (seed) => {
    const model = network();
    let asked = 0;
    const next = (limit: number) => Math.floor(unitRandom(seed, ++asked) * limit);
    const labels = () => ({ app: `app-${next(3)}`, tier: `tier-${next(2)}` });
    const names = ['one', 'two', 'three'];
    names.forEach((name, index) => model.create(service(name, { selector: { app: `app-${index}` } })));
    for (let step = 0; step < 120; step++) {
      const name = `p${next(30)}`;
      const pod = model.view.get(Pod, 'default', name);
      const chance = next(6);
      if (!pod) model.create(boundPod({ name, labels: labels(), finalizers: next(2) ? ['example.com/hold'] : [] }));
      else if (chance === 0) model.do((api) => api.delete(pod));
      else if (chance === 1)
        model.do((api) => api.update<Pod>({ ...pod, metadata: { ...pod.metadata, labels: labels() } }));
      else if (chance === 2) report(model, name, false, { phase: 'Failed' });
      else if (pod.status.phase !== 'Failed') report(model, name, next(2) === 0);
      if (next(10) === 0) {
        const found = model.view.get(Service, 'default', names[next(3)] ?? '');
        const selector = { ...(next(2) ? { app: `app-${next(3)}` } : {}), tier: `tier-${next(2)}` };
        if (found) model.do((api) => api.update<Service>({ ...found, spec: { ...found.spec, selector } }));
      }
      for (const found of model.view.list(Service, 'default').filter(({ metadata }) => names.includes(metadata.name))) {
        expect(listed(model, found.metadata.name)).toEqual(wanted(model, found));
        const { requests, answered, failed, shares } = routeRequests(model.view, found, { requests: 17 });
        expect(answered + failed).toBe(requests);
        if (shares.length > 0) expect(shares.reduce((sum, share) => sum + share.requests, 0)).toBe(17);
      }
    }
    expect(model.restarted().versions).toEqual([]);
  });
});
