import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { kubeletModel, podNamed, statusHistory } from './support.ts';

const USAGE = `
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: greedy}
spec:
  image: greedy
  pullTime: 2s
  startupTime: 0s
  runTime: 1h
  usage: [{memory: 50Mi}, {after: 60s, memory: 200Mi}]
`;

function podWith(limit: string | undefined, rest = ''): string {
  const resources = limit === undefined ? '{}' : `{limits: {memory: ${limit}}}`;
  return `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeName: node-1
  ${rest}
  containers: [{name: web, image: greedy, resources: ${resources}}]
`;
}

function start(limit: string | undefined, rest = '') {
  const model = kubeletModel();
  model.create(USAGE, podWith(limit, rest));
  return model;
}

const stateOf = (pod: Pod | undefined) => pod?.status.containerStatuses?.[0];

describe('a container whose image uses more memory than its limit', () => {
  it('is killed when it does, with 137, and started again', () => {
    const model = start('100Mi');
    model.run(61_000);
    expect(stateOf(podNamed(model))?.restartCount).toBe(0);
    model.run(3_000);
    expect(stateOf(podNamed(model))?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    expect(stateOf(podNamed(model))?.restartCount).toBe(1);
    expect(statusHistory(model).map(({ status }) => status)).toContain('OOMKilled');
    expect(model.restarted().versions).toEqual([]);
  });

  it('fails its pod where nothing is restarted', () => {
    const model = start('100Mi', 'restartPolicy: Never');
    model.run(70_000);
    expect(podNamed(model)?.status.phase).toBe('Failed');
    expect(stateOf(podNamed(model))?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('crashes at once where it starts with too much', () => {
    const model = start('20Mi');
    model.run(60_000);
    expect(stateOf(podNamed(model))?.restartCount).toBeGreaterThan(1);
    expect(stateOf(podNamed(model))?.lastState?.terminated?.reason).toBe('OOMKilled');
  });

  it.each([
    ['that is higher than its usage', '200Mi'],
    ['of which nothing is said', undefined],
  ])('lives with a limit %s', (_sentence, limit) => {
    const model = start(limit);
    model.run(300_000);
    expect(stateOf(podNamed(model))).toMatchObject({ restartCount: 0, ready: true });
  });

  it('is spared by a resize in time, and killed by one that takes its memory away', () => {
    const resize = (model: ReturnType<typeof start>, memory: string) =>
      model.command('resizePod', {
        target: { kindKey: 'Pod', namespace: 'default', name: 'web' },
        container: 'web',
        limits: { memory },
        requests: { memory: '20Mi' },
      });
    const spared = start('100Mi');
    spared.run(30_000);
    expect(resize(spared, '300Mi').errors).toBeUndefined();
    spared.run(300_000);
    expect(stateOf(podNamed(spared))?.restartCount).toBe(0);
    expect(resize(spared, '150Mi').errors).toBeUndefined();
    spared.run(5_000);
    expect(stateOf(podNamed(spared))?.lastState?.terminated?.reason).toBe('OOMKilled');
  });
});
