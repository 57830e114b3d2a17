import { describe, expect, it } from 'vitest';
import { chooseRoute } from '../../src/kinds/ingress/routes.ts';
import type { Ingress, IngressSpec } from '../../src/kinds/ingress/types.ts';
import { backend, cluster, ingressOf, rule, stored } from './support.ts';

/** Chooses among Ingresses that were created in this order; gives "ingress: service", or undefined for 404. */
function choose(specs: IngressSpec[], host: string, path: string): string | undefined {
  const model = cluster();
  const ingresses = specs.map((spec, index): Ingress => {
    model.create(ingressOf(`i${index}`, spec));
    return stored(model, `i${index}`);
  });
  const chosen = chooseRoute(ingresses, host, path);
  return chosen && `${chosen.ingress.metadata.name}: ${chosen.backend.service?.name}`;
}

describe('a path', () => {
  /** The table of examples in the documentation of Ingress. */
  const rows: [kind: string, paths: string, request: string, matches: string | undefined][] = [
    ['Prefix', '/', '/any/thing', '/'],
    ['Exact', '/foo', '/foo', '/foo'],
    ['Exact', '/foo', '/bar', undefined],
    ['Exact', '/foo', '/foo/', undefined],
    ['Exact', '/foo/', '/foo', undefined],
    ['Prefix', '/foo', '/foo', '/foo'],
    ['Prefix', '/foo', '/foo/', '/foo'],
    ['Prefix', '/foo/', '/foo', '/foo/'],
    ['Prefix', '/foo/', '/foo/', '/foo/'],
    ['Prefix', '/aaa/bb', '/aaa/bbb', undefined],
    ['Prefix', '/aaa/bbb', '/aaa/bbb', '/aaa/bbb'],
    ['Prefix', '/aaa/bbb/', '/aaa/bbb', '/aaa/bbb/'],
    ['Prefix', '/aaa/bbb', '/aaa/bbb/', '/aaa/bbb'],
    ['Prefix', '/aaa/bbb', '/aaa/bbb/ccc', '/aaa/bbb'],
    ['Prefix', '/aaa/bbb', '/aaa/bbbxyz', undefined],
    ['Prefix', '/ /aaa', '/aaa/ccc', '/aaa'],
    ['Prefix', '/ /aaa /aaa/bbb', '/aaa/bbb', '/aaa/bbb'],
    ['Prefix', '/ /aaa /aaa/bbb', '/ccc', '/'],
    ['Prefix', '/aaa', '/ccc', undefined],
    ['Prefix', '/foo', '/FOO', undefined],
    ['Prefix', '/foo', '/foo?next=/bar', '/foo'],
    ['ImplementationSpecific', '/foo', '/foo/bar', '/foo'],
  ];
  it.each(rows)('%s %s for the request %s: %s', (pathType, paths, request, matches) => {
    const spec = {
      rules: [
        {
          http: {
            paths: paths.split(' ').map((path) => ({ path, pathType, backend: backend(`s${path.length}`) })),
          },
        },
      ],
    };
    const expected = matches && `i0: s${matches.length}`;
    expect(choose([spec], 'any.host', request)).toBe(expected);
  });

  it('that is exact goes before a prefix of the same length', () => {
    const spec = { rules: [rule(undefined, 'Prefix /foo → prefix', 'Exact /foo → exact')] };
    expect(choose([spec], 'h', '/foo')).toBe('i0: exact');
    expect(choose([spec], 'h', '/foo/bar')).toBe('i0: prefix');
  });

  it('without text is all of them', () => {
    const spec = { rules: [{ http: { paths: [{ pathType: 'ImplementationSpecific', backend: backend('web') }] } }] };
    expect(choose([spec], 'h', '/deep/down')).toBe('i0: web');
  });
});

describe('a host', () => {
  const spec = {
    rules: [
      rule('*.foo.com', 'Prefix / → wildcard'),
      rule('bar.foo.com', 'Prefix /only → exact'),
      rule(undefined, 'Prefix / → any'),
    ],
  };
  const rows: [string, string, string | undefined][] = [
    ['bar.foo.com', '/only', 'i0: exact'],
    ['BAR.foo.com:8080', '/only', 'i0: exact'],
    ['bar.foo.com', '/other', undefined],
    ['new.foo.com', '/', 'i0: wildcard'],
    ['baz.bar.foo.com', '/', 'i0: any'],
    ['foo.com', '/', 'i0: any'],
    ['elsewhere.org', '/x', 'i0: any'],
  ];
  it.each(rows)('%s%s goes to %s', (host, path, service) => {
    expect(choose([spec], host, path)).toBe(service);
  });
});

describe('several Ingresses', () => {
  it('share a host; of equal rules the older one wins', () => {
    const older = { rules: [rule('h.com', 'Prefix /a → old-a', 'Prefix /b → old-b')] };
    const newer = { rules: [rule('h.com', 'Prefix /b → new-b', 'Prefix /b/c → new-c')] };
    expect(choose([older, newer], 'h.com', '/a')).toBe('i0: old-a');
    expect(choose([older, newer], 'h.com', '/b')).toBe('i0: old-b');
    expect(choose([older, newer], 'h.com', '/b/c/d')).toBe('i1: new-c');
  });

  it('fall back to the default backend of those that have the host, then of those without rules', () => {
    const withHost = { rules: [rule('h.com', 'Prefix /a → a')], defaultBackend: backend('own') };
    const alone = { defaultBackend: backend('all') };
    expect(choose([alone, withHost], 'h.com', '/x')).toBe('i1: own');
    expect(choose([withHost, alone], 'other.com', '/x')).toBe('i1: all');
    expect(choose([withHost], 'other.com', '/x')).toBe('i0: own');
    expect(choose([{ rules: [rule('h.com', 'Prefix /a → a')] }], 'h.com', '/x')).toBeUndefined();
  });

  it('send all of a host without paths to the default backend', () => {
    const spec = { rules: [{ host: 'h.com' }, rule(undefined, 'Prefix / → any')], defaultBackend: backend('own') };
    expect(choose([spec], 'h.com', '/x')).toBe('i0: own');
    expect(choose([spec], 'other.com', '/x')).toBe('i0: any');
  });
});
