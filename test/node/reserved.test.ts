import { describe, expect, it } from 'vitest';
import type { ClusterSettings } from '../../src/machinery/settings.ts';
import { Model } from '../support/model.ts';
import { nodeNamed } from './support.ts';

const RESERVED: Partial<ClusterSettings> = {
  kubeReserved: { cpu: '250m', memory: '512Mi', 'ephemeral-storage': '1Gi' },
  systemReserved: { cpu: '250m', memory: '512Mi' },
  maxPods: 30,
};

describe('what kubelets and systems reserve', () => {
  it.each([
    ['of machines that are added', (model: Model) => void model.command('addNodes', { count: 1 }), 'node-1'],
    [
      'of machines that come as objects',
      (model: Model) => void model.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'own' } }),
      'own',
    ],
  ])('pods cannot have %s', (_sentence, add, name) => {
    const model = new Model({ settings: RESERVED });
    add(model);
    const { capacity, allocatable } = nodeNamed(model, name).status;
    expect(capacity).toMatchObject({ cpu: '4', memory: '16Gi', 'ephemeral-storage': '100Gi', pods: '30' });
    expect(allocatable).toMatchObject({ cpu: '3500m', memory: '15Gi', 'ephemeral-storage': '99Gi', pods: '30' });
    expect(model.restarted().versions).toEqual([]);
  });

  it('is nothing where nothing is said', () => {
    const model = new Model();
    model.command('addNodes', { count: 1 });
    const { capacity, allocatable } = nodeNamed(model, 'node-1').status;
    expect(allocatable).toEqual(capacity);
    expect(capacity?.['pods']).toBe('110');
  });

  it('leaves nothing where more is reserved than there is, and does not touch what a machine says itself', () => {
    const model = new Model({ settings: { systemReserved: { cpu: '8' } } });
    model.create({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'own' },
      status: { capacity: { cpu: '4' }, allocatable: { cpu: '2' } },
    });
    model.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'small' } });
    expect(nodeNamed(model, 'own').status.allocatable?.['cpu']).toBe('2');
    expect(nodeNamed(model, 'small').status.allocatable?.['cpu']).toBe('0');
  });
});
