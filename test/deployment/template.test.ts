import { describe, expect, it } from 'vitest';
import { podTemplateHash, replicaSetName } from '../../src/kinds/deployment/hash.ts';
import { splitFamily } from '../../src/kinds/deployment/replica-sets.ts';
import { sameTemplate } from '../../src/kinds/deployment/template.ts';
import type { PodTemplateSpec } from '../../src/kinds/pod/types.ts';
import { deploymentOf, replicaSetOf } from './objects.ts';

function template(labels: Record<string, string>, nodeName = 'node', annotations?: Record<string, string>) {
  return { metadata: { labels, ...(annotations ? { annotations } : {}) }, spec: { nodeName, containers: [] } };
}

const HASH = 'pod-template-hash';

/** Cases of deployment_util_test.go (TestEqualIgnoreHash, TestFindNewReplicaSet, TestFindOldReplicaSets). */
describe('two templates are the same', () => {
  const rows: [string, PodTemplateSpec, PodTemplateSpec, boolean][] = [
    ['with equal labels', template({ [HASH]: '1', some: 'x' }), template({ [HASH]: '1', some: 'x' }), true],
    ['whatever their hash', template({ [HASH]: '1', some: 'x' }), template({ [HASH]: '2', some: 'x' }), true],
    ['when only one has a hash', template({ some: 'x' }), template({ [HASH]: '2', some: 'x' }), true],
    ['not when another label is missing', template({ some: 'x' }), template({ [HASH]: '2' }), false],
    [
      'not with more labels beside an equal hash',
      template({ [HASH]: '1' }),
      template({ [HASH]: '1', some: 'x' }),
      false,
    ],
    ['not with other annotations', template({}, 'node', { a: '1' }), template({}, 'node', { b: '1' }), false],
    ['not with another spec', template({ [HASH]: '1' }, 'one'), template({ [HASH]: '2' }, 'two'), false],
    ['not with other labels', template({ some: 'x' }), template({ other: 'x' }), false],
    ['when one has an empty map where the other has none', template({}, 'n', {}), template({}, 'n'), true],
  ];
  it.each(rows)('%s', (_sentence, left, right, expected) => {
    expect(sameTemplate(left, right)).toBe(expected);
    expect(sameTemplate(right, left)).toBe(expected);
  });

  it('but an empty volume source is a choice and not nothing', () => {
    const withVolume = (source: object): PodTemplateSpec => ({
      spec: { containers: [], volumes: [{ name: 'v', ...source }] },
    });
    expect(sameTemplate(withVolume({ emptyDir: {} }), withVolume({}))).toBe(false);
  });
});

describe('the newest ReplicaSet', () => {
  const deployment = deploymentOf(3);
  const old = replicaSetOf('old', 1, { image: 'web:0' });

  it('is the one with the template of the Deployment', () => {
    const newest = replicaSetOf('new', 1, { minute: 2 });
    expect(splitFamily(deployment, [newest, old])).toEqual({ newest, old: [old] });
  });

  it('is the oldest of several with that template', () => {
    const newest = replicaSetOf('new', 1, { minute: 2 });
    const twin = replicaSetOf('twin', 1, { minute: 1 });
    expect(splitFamily(deployment, [newest, old, twin])).toEqual({ newest: twin, old: [newest, old] });
  });

  it('is missing when none has that template', () => {
    expect(splitFamily(deployment, [old])).toEqual({ newest: undefined, old: [old] });
  });
});

describe('the hash of a template', () => {
  it('depends on the template and on the collision count, and on nothing else', () => {
    const hash = podTemplateHash(template({ app: 'web' }), undefined);
    expect(podTemplateHash(template({ app: 'web' }), undefined)).toBe(hash);
    expect(podTemplateHash(template({ app: 'api' }), undefined)).not.toBe(hash);
    expect(podTemplateHash(template({ app: 'web' }), 1)).not.toBe(hash);
    expect(podTemplateHash(template({ app: 'web' }), 2)).not.toBe(podTemplateHash(template({ app: 'web' }), 1));
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{6,10}$/);
  });

  it('names the ReplicaSet, whose Deployment’s part is cut where it is too long', () => {
    expect(replicaSetName('web', 'abc')).toBe('web-abc');
    expect(replicaSetName('w'.repeat(253), '2456789')).toHaveLength(253);
  });
});
