import { describe, expect, it } from 'vitest';
import { IngressClass } from '../../src/kinds/ingressclass/types.ts';
import type { IngressSpec } from '../../src/kinds/ingress/types.ts';
import { backend, classOf, cluster, ingressOf, refusal, rule, stored } from './support.ts';

/** Cases of pkg/apis/networking/validation/validation_test.go. */

const path = (entry: object) => ({ rules: [{ host: 'foo.bar.com', http: { paths: [entry as never] } }] });
const prefix = (text: string) => path({ pathType: 'Prefix', path: text, backend: backend('web') });
const AT = 'spec.rules[0].http.paths[0]';

const rows: [string, IngressSpec, RegExp | string | undefined][] = [
  ['a default backend alone', { defaultBackend: backend('web') }, undefined],
  ['a rule without paths of its own', { rules: [{ host: 'a.com' }] }, undefined],
  ['a wildcard host', { rules: [rule('*.bar.com', 'Prefix / → web')] }, undefined],
  ['a path of any kind without text', path({ pathType: 'ImplementationSpecific', backend: backend('web') }), undefined],
  ['a named port', { defaultBackend: backend('web', 'http') }, undefined],
  ['a Service whose name starts with a digit', { defaultBackend: backend('1-web') }, undefined],
  ['nothing', {}, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  [
    'a backend without Service',
    { defaultBackend: {} },
    'spec.defaultBackend: Invalid value: "": resource or service backend is required',
  ],
  [
    'two backends in one',
    { defaultBackend: { ...backend('web'), resource: { kind: 'Bucket', name: 'b' } } },
    'spec.defaultBackend: Invalid value: "": cannot set both resource and service backends',
  ],
  [
    'a resource without a name',
    { defaultBackend: { resource: { kind: 'Bucket', name: '' } } },
    'spec.defaultBackend.resource.name: Required value',
  ],
  ['a Service without a name', { defaultBackend: backend('') }, 'spec.defaultBackend.service.name: Required value'],
  [
    'a Service name that is none',
    { defaultBackend: backend('Web') },
    /^spec\.defaultBackend\.service\.name: Invalid value: "Web": a lowercase RFC 1123 label/,
  ],
  [
    'no port',
    { defaultBackend: { service: { name: 'web' } } },
    'spec.defaultBackend: Required value: port name or number is required',
  ],
  [
    'two ports in one',
    { defaultBackend: { service: { name: 'web', port: { name: 'http', number: 80 } } } },
    'spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
  ],
  [
    'a port that is none',
    { defaultBackend: backend('web', 70000) },
    'spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  ['no paths', { rules: [{ http: { paths: [] } }] }, 'spec.rules[0].http.paths: Required value'],
  [
    'no kind of path',
    path({ path: '/', backend: backend('web') }),
    `${AT}.pathType: Required value: pathType must be specified`,
  ],
  [
    'an unknown kind of path',
    path({ pathType: 'Regex', path: '/', backend: backend('web') }),
    `${AT}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
  ],
  ['a relative path', prefix('foo'), `${AT}.path: Invalid value: "foo": must be an absolute path`],
  ['two slashes', prefix('/foo//bar'), `${AT}.path: Invalid value: "/foo//bar": must not contain '//'`],
  ['a dot', prefix('/foo/./bar'), `${AT}.path: Invalid value: "/foo/./bar": must not contain '/./'`],
  ['an escaped slash', prefix('/foo%2fbar'), `${AT}.path: Invalid value: "/foo%2fbar": must not contain '%2f'`],
  ['two dots at the end', prefix('/foo/..'), `${AT}.path: Invalid value: "/foo/..": cannot end with '/..'`],
  [
    'an address for a host',
    { rules: [rule('127.0.0.1', 'Prefix / → web')] },
    'spec.rules[0].host: Invalid value: "127.0.0.1": must be a DNS name, not an IP address',
  ],
  [
    'a port in the host',
    { rules: [rule('foobar:80', 'Prefix / → web')] },
    /^spec\.rules\[0\]\.host: Invalid value: "foobar:80": a lowercase RFC 1123 subdomain/,
  ],
  [
    'a wildcard in the middle',
    { rules: [rule('foo.*.com', 'Prefix / → web')] },
    /^spec\.rules\[0\]\.host: Invalid value: "foo\.\*\.com": a wildcard DNS-1123 subdomain must start with/,
  ],
  ['a bare star', { rules: [rule('*', 'Prefix / → web')] }, /^spec\.rules\[0\]\.host: Invalid value: "\*": a wildcard/],
  [
    'a wildcard certificate',
    { defaultBackend: backend('web'), tls: [{ hosts: ['*.bar.*'] }] },
    /^spec\.tls\[0\]\.hosts\[0\]: Invalid value: "\*\.bar\.\*": a wildcard/,
  ],
  [
    'a Secret name that is none',
    { defaultBackend: backend('web'), tls: [{ secretName: 'name with space' }] },
    /^spec\.tls\[0\]\.secretName: Invalid value: "name with space"/,
  ],
  [
    'a class name that is none',
    { defaultBackend: backend('web'), ingressClassName: 'foo/bar' },
    /^spec\.ingressClassName: Invalid value: "foo\/bar"/,
  ],
];

describe('an Ingress with', () => {
  it.each(rows)('%s', (_what, spec, words) => {
    const answer = refusal(cluster(), ingressOf('web', spec));
    if (words === undefined || typeof words === 'string') expect(answer).toBe(words);
    else expect(answer).toMatch(words);
  });

  it('a class in the annotation and another in the field is refused, but only when it is created', () => {
    const model = cluster();
    const spec = { defaultBackend: backend('web'), ingressClassName: 'b' };
    expect(refusal(model, ingressOf('web', spec, { 'kubernetes.io/ingress.class': 'a' }))).toBe(
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    );
    model.create(ingressOf('web', spec, { 'kubernetes.io/ingress.class': 'b' }));
    model.do((api) => {
      const known = stored(model, 'web');
      expect(api.update({ ...known, spec: { ...known.spec, ingressClassName: 'c' } }).ok).toBe(true);
    });
  });
});

describe('an IngressClass with', () => {
  const classRows: [string, object, string | undefined][] = [
    ['a controller', { controller: 'foo.co/bar' }, undefined],
    ['no controller', {}, 'spec.controller: Required value'],
    [
      'a controller without a domain',
      { controller: 'foo' },
      'spec.controller: Invalid value: "foo": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      'a controller that is too long',
      { controller: `foo.co/${'a'.repeat(250)}` },
      'spec.controller: Too long: may not be more than 250 bytes',
    ],
    [
      'parameters of another scope',
      { controller: 'foo.co/bar', parameters: { kind: 'C', name: 'n', scope: 'Fleet' } },
      'spec.parameters.scope: Unsupported value: "Fleet": supported values: "Cluster", "Namespace"',
    ],
    [
      'parameters of the cluster in a namespace',
      { controller: 'foo.co/bar', parameters: { kind: 'C', name: 'n', namespace: 'x' } },
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    ],
    [
      'parameters of a namespace without one',
      { controller: 'foo.co/bar', parameters: { kind: 'C', name: 'n', scope: 'Namespace' } },
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
    [
      'parameters without a name',
      { controller: 'foo.co/bar', parameters: { kind: 'C', name: '' } },
      'spec.parameters.name: Required value',
    ],
  ];
  it.each(classRows)('%s', (_what, spec, words) => {
    expect(refusal(cluster(), { ...classOf('c'), spec })).toBe(words);
  });

  it('another controller than before is refused', () => {
    const model = cluster();
    model.create(classOf('c'));
    model.do((api) => {
      const known = api.get(IngressClass, undefined, 'c')!;
      const answer = api.update({ ...known, spec: { controller: 'other.io/c' } });
      expect(answer).toMatchObject({
        error: {
          message:
            'IngressClass.networking.k8s.io "c" is invalid: spec.controller: Invalid value: "other.io/c": field is immutable',
        },
      });
    });
  });
});

describe('the default class', () => {
  const cases: [string, string[], object, string | undefined][] = [
    ['is given to an Ingress without one', ['a'], {}, 'a'],
    ['is not given where the field names another', ['a'], { spec: 'b' }, 'b'],
    ['is not given where the annotation names one', ['a'], { annotation: 'b' }, undefined],
    ['is none where no class is marked', [], {}, undefined],
    ['is the newest of several', ['b', 'a'], {}, 'a'],
  ];
  it.each(cases)('%s', (_what, defaults, { spec, annotation }: { spec?: string; annotation?: string }, expected) => {
    const model = cluster();
    model.create(classOf('other'));
    for (const name of defaults) {
      model.create(classOf(name, undefined, true));
      model.run(1000);
    }
    const own = { defaultBackend: backend('web'), ...(spec && { ingressClassName: spec }) };
    model.create(ingressOf('web', own, annotation ? { 'kubernetes.io/ingress.class': annotation } : undefined));
    expect(stored(model, 'web').spec.ingressClassName).toBe(expected);
  });
});
