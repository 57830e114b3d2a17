import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { ingress as definition } from '../../src/kinds/ingress/definition.ts';
import { Ingress } from '../../src/kinds/ingress/types.ts';
import { IngressClass } from '../../src/kinds/ingressclass/types.ts';
import type { Model } from '../support/model.ts';
import { backend, classOf, cluster, ingressOf, rule, stored } from './support.ts';

const SPEC = { ingressClassName: 'nginx', defaultBackend: backend('web') };

function addressOf(model: Model, name: string): string | undefined {
  return stored(model, name).status?.loadBalancer?.ingress?.[0]?.ip;
}

describe('the address of an Ingress', () => {
  it('comes after some seconds, is the same for all of a class, and with an Event', () => {
    const model = cluster();
    model.create(classOf('nginx'), ingressOf('a', SPEC), ingressOf('b', SPEC));
    expect(addressOf(model, 'a')).toBeUndefined();
    model.run(4999);
    expect(addressOf(model, 'a')).toBeUndefined();
    expect(model.restarted().versions).toEqual([]);
    expect(model.restarted().engine.nextTimer()).toBe(model.engine.nextTimer());
    model.run(1);
    const address = addressOf(model, 'a');
    expect(address).toMatch(/^198\.18\.\d+\.\d+$/);
    expect(addressOf(model, 'b')).toBe(address);
    expect(model.view.list(Event).map(({ reason, message, source }) => [reason, message, source?.component])).toEqual([
      ['Sync', 'Scheduled for sync', 'nginx-ingress-controller'],
      ['Sync', 'Scheduled for sync', 'nginx-ingress-controller'],
    ]);
    expect(model.restarted().versions).toEqual([]);
  });

  it('differs between classes, and follows a change of the class', () => {
    const model = cluster();
    model.create(classOf('nginx'), classOf('traefik', 'traefik.io/ingress-controller'), ingressOf('a', SPEC));
    model.run(10_000);
    const before = addressOf(model, 'a');
    model.do((api) => {
      const known = api.get(Ingress, 'default', 'a')!;
      api.update({ ...known, spec: { ...known.spec, ingressClassName: 'traefik' } });
    });
    expect(addressOf(model, 'a')).not.toBe(before);
    expect(addressOf(model, 'a')).toBe(model.view.get(IngressClass, undefined, 'traefik')?.runtime?.address);
  });

  const never: [string, string, string][] = [
    ['a controller that is not simulated', 'example.com/controller', 'nginx'],
    ['a class that is not there', 'k8s.io/ingress-nginx', 'other'],
  ];
  it.each(never)('never comes for %s', (_what, controller, name) => {
    const model = cluster();
    model.create(classOf(name, controller), ingressOf('a', SPEC));
    model.run(3_600_000);
    expect(addressOf(model, 'a')).toBeUndefined();
    expect(definition.health?.(stored(model, 'a'), model.view)).toBe('UNKNOWN');
  });

  it('comes when the class does', () => {
    const model = cluster();
    model.create(ingressOf('a', SPEC));
    model.run(60_000);
    model.create(classOf('nginx'));
    expect(definition.health?.(stored(model, 'a'), model.view)).toBe('PROGRESSING');
    model.run(5000);
    expect(addressOf(model, 'a')).toBeDefined();
    expect(definition.health?.(stored(model, 'a'), model.view)).toBe('HEALTHY');
  });
});

describe("kubectl's columns", () => {
  const cell = (model: Model, name: string) =>
    Object.fromEntries(
      (definition.columns ?? []).map((column) => [column.name, column.cell(stored(model, name), model.view)]),
    );

  it('show class, hosts, address and ports', () => {
    const model = cluster();
    const rules = ['a.com', 'b.com', 'c.com', 'd.com', 'e.com'].map((host) => rule(host, 'Prefix / → web'));
    model.create(classOf('nginx'), ingressOf('many', { ...SPEC, rules, tls: [{ hosts: ['a.com'] }] }));
    model.create(ingressOf('none', { defaultBackend: backend('web') }));
    model.run(60_000);
    expect(cell(model, 'many')).toEqual({
      CLASS: 'nginx',
      HOSTS: 'a.com,b.com,c.com + 2 more...',
      ADDRESS: addressOf(model, 'many'),
      PORTS: '80, 443',
      AGE: '60s',
    });
    expect(cell(model, 'none')).toMatchObject({ CLASS: '<none>', HOSTS: '*', ADDRESS: '', PORTS: '80' });
  });
});
