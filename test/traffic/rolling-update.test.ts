import { describe, expect, it } from 'vitest';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import { counted, total, traffic, webCluster, type WebOptions } from './support.ts';

const STARTING = 'connection refused: the container is still starting';
const STOPPING = 'connection refused: the container is shutting down';

/**
 * Four pods, 100 requests each second, so 25 each second for each pod. A pod answers 5 s after its start; what the
 * endpoints say reaches the nodes after 1 s. Without readiness probe each of the four new pods is sent requests for 4 s
 * before it answers: 4 × 4 × 25 = 400. Without preStop each of the four old ones refuses for 1 s: 4 × 1 × 25 = 100.
 */
const CASES: [string, WebOptions, Record<string, number>][] = [
  ['without readiness probe and without preStop', {}, { [STARTING]: 400, [STOPPING]: 100 }],
  ['without readiness probe, with preStop', { preStopSeconds: 5 }, { [STARTING]: 400 }],
  ['with a readiness probe, without preStop', { readiness: true }, { [STOPPING]: 100 }],
  ['with a readiness probe and with preStop', { readiness: true, preStopSeconds: 5 }, {}],
];

describe('a rolling update of four pods under 100 requests per second', () => {
  it.each(CASES)('%s', (_name, options, reasons) => {
    const model = webCluster(options);
    model.create(traffic(100));
    model.run(10_000);
    expect(total(model)).toEqual({ requests: 1000, failed: 0, reasons: {} });
    model.do((api) => {
      const found = api.get(Deployment, 'default', 'web');
      if (!found) throw new Error('no deployment');
      const { template } = found.spec;
      const containers = template.spec.containers.map((container) => ({ ...container, image: 'web:2' }));
      const spec = { ...found.spec, template: { ...template, spec: { ...template.spec, containers } } };
      api.update<Deployment>({ ...found, spec });
    });
    model.run(90_000);
    expect(model.view.get(Deployment, 'default', 'web')?.status).toMatchObject({ updatedReplicas: 4, replicas: 4 });
    const { requests, failed, reasons: found } = total(model);
    expect(found).toEqual(reasons);
    expect(requests).toBe(10_000);
    expect(failed).toBe(Object.values(reasons).reduce((sum, count) => sum + count, 0));
    const parts = counted(model, 97);
    expect(parts.reduce((sum, part) => sum + part.requests, 0)).toBeCloseTo(requests, 3);
    expect(parts.reduce((sum, part) => sum + part.failed, 0)).toBeCloseTo(failed, 3);
  });
});
