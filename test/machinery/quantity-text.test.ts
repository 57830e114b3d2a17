import { describe, expect, it } from 'vitest';
import { canonicalQuantity } from '../../src/machinery/quantity-text.ts';
import { Model, parseObjects } from '../support/model.ts';

describe('quantities', () => {
  it.each([
    [1, '1'],
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1000m', '1'],
    ['1e3', '1e3'],
    ['no quantity', 'no quantity'],
  ])('%j is kept as %j', (written, kept) => {
    expect(canonicalQuantity(written)).toBe(kept);
  });

  it.each([
    [
      'a quota',
      'v1, kind: ResourceQuota, spec: {hard: {cpu: 1, memory: 1024Mi}}',
      { spec: { hard: { cpu: '1', memory: '1Gi' } } },
    ],
    [
      'a limit range',
      'v1, kind: LimitRange, spec: {limits: [{type: Container, max: {cpu: 2}, maxLimitRequestRatio: {cpu: 4}}]}',
      { spec: { limits: [{ max: { cpu: '2' }, default: { cpu: '2' }, maxLimitRequestRatio: { cpu: '4' } }] } },
    ],
    [
      'a claim',
      'v1, kind: PersistentVolumeClaim, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}',
      { spec: { resources: { requests: { storage: '1Gi' } } } },
    ],
    [
      'a volume',
      'v1, kind: PersistentVolume, spec: {capacity: {storage: 1024Mi}, accessModes: [ReadWriteOnce], hostPath: {path: /a}}',
      { spec: { capacity: { storage: '1Gi' } } },
    ],
    [
      'a runtime class',
      'node.k8s.io/v1, kind: RuntimeClass, handler: a, overhead: {podFixed: {cpu: 1}}',
      { overhead: { podFixed: { cpu: '1' } } },
    ],
  ])('of %s are kept in their canonical form', (_what, manifest, kept) => {
    const [object] = parseObjects(`{apiVersion: ${manifest}, metadata: {name: one}}`);
    expect(new Model().create(object as never)[0]).toMatchObject(kept);
  });
});
