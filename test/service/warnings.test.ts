import { describe, expect, it } from 'vitest';
import type { ApplyManifestData } from '../../src/machinery/apply/types.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { Model } from '../support/model.ts';

/** Each time a new cluster; the second time shows that nothing is said where nothing changes. */
function warnings(manifest: string, times = 1): readonly string[] {
  const model = new Model({ settings: { serviceCidr: '10.96.0.0/16,fd00::/108' } });
  let said: readonly string[] = [];
  for (let time = 0; time < times; time++) {
    const documents = parseManifest(manifest);
    const { data } = model.command('applyManifest', { documents, namespace: 'default', fieldManager: 'kubectl' });
    const [document] = (data as ApplyManifestData).documents;
    if (document?.errors.length) throw new Error(document.errors[0]?.message);
    said = document?.warnings ?? [];
  }
  return said;
}

const service = (spec: string, metadata = '') =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: web${metadata} }\nspec: { ports: [{ port: 80 }], ${spec} }`;

describe('applying', () => {
  const cases: [string, string, string[]][] = [
    ['a Service without fault', service('selector: { app: web }'), []],
    [
      'a headless Service with affinity',
      service('clusterIP: None, sessionAffinity: ClientIP, externalIPs: [192.0.2.1], loadBalancerIP: 192.0.2.2'),
      [
        'spec.loadBalancerIP is ignored for headless services',
        'spec.externalIPs is ignored for headless services',
        'spec.SessionAffinity is ignored for headless services',
      ],
    ],
    [
      'a Service with external addresses',
      service('externalIPs: [192.0.2.1]'),
      ['spec.externalIPs is deprecated and may no longer be implemented in some clusters'],
    ],
    [
      'a Service with a name elsewhere that is none',
      service('externalName: example.org'),
      ['spec.externalName is ignored when spec.type is not "ExternalName"'],
    ],
    [
      'a Service that prefers what is close',
      service('trafficDistribution: PreferClose'),
      ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
    ],
    [
      'a Service with the older annotation',
      service('', ', annotations: { service.kubernetes.io/topology-aware-hints: Auto }'),
      [
        'annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead',
      ],
    ],
    [
      'Endpoints',
      'apiVersion: v1\nkind: Endpoints\nmetadata: { name: web }\nsubsets: [{ addresses: [{ ip: 192.0.2.1 }] }]',
      ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
    ],
  ];

  it.each(cases)('%s is answered with the warnings of the API server', (_what, manifest, wanted) => {
    expect(warnings(manifest)).toEqual(wanted);
  });

  it('what is there already is answered with none', () => {
    expect(warnings(service('trafficDistribution: PreferClose'), 2)).toEqual([]);
  });
});
