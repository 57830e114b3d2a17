import { describe, expect, it } from 'vitest';
import { cgroupOf } from '../../src/kinds/pod/cgroup.ts';
import { imageLayers } from '../../src/kinds/node/image-layers.ts';
import type { Container, ContainerStatus, Pod } from '../../src/kinds/pod/types.ts';

const GIBIBYTE = 1024 ** 3;
const RUNNING = { state: { running: {} }, containerID: 'containerd://abc' } as ContainerStatus;

function cgroup(resources: object, pod: { priority?: number; status?: Partial<ContainerStatus> } = {}) {
  const container = { name: 'main', resources } as Container;
  const spec = { containers: [container], ...(pod.priority === undefined ? {} : { priority: pod.priority }) };
  const about = { metadata: { uid: 'u' }, spec } as unknown as Pod;
  return cgroupOf(about, container, { ...RUNNING, ...pod.status }, 4 * GIBIBYTE);
}

describe('the cgroup of a container', () => {
  it.each([
    ['nothing asked for: the least share, no limits', {}, [2, undefined, undefined, 1000]],
    ['a request of CPU is a share', { requests: { cpu: '500m' } }, [512, undefined, undefined, 999]],
    ['a tiny request is the least share', { requests: { cpu: '1m' } }, [2, undefined, undefined, 999]],
    ['a huge request is the greatest share', { requests: { cpu: '500' } }, [262_144, undefined, undefined, 999]],
    ['a limit of CPU is a quota of each 100 ms', { limits: { cpu: '250m' } }, [256, 25_000, undefined, 999]],
    ['a quota is at least 1 ms', { requests: { cpu: '1m' }, limits: { cpu: '1m' } }, [2, 1_000, undefined, 999]],
    ['a quarter of the memory of the node', { requests: { memory: '1Gi' } }, [2, undefined, undefined, 750]],
    ['all memory of the node', { requests: { memory: '4Gi' } }, [2, undefined, undefined, 3]],
    [
      'a limit of memory',
      { requests: { memory: '1Gi' }, limits: { memory: '2Gi' } },
      [2, undefined, 2 * GIBIBYTE, 750],
    ],
    [
      'guaranteed: killed last',
      { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } },
      [1024, 100_000, GIBIBYTE, -997],
    ],
  ])('%s', (_name, resources, [cpuShares, cpuQuotaMicros, memoryLimitBytes, oomScoreAdj]) => {
    expect(cgroup(resources)).toMatchObject({ cpuShares, cpuQuotaMicros, memoryLimitBytes, oomScoreAdj });
  });

  it('of a pod the node cannot do without is killed last', () => {
    expect(cgroup({}, { priority: 2_000_001_000 })?.oomScoreAdj).toBe(-997);
    expect(cgroup({}, { priority: 2_000_000_000 })?.oomScoreAdj).toBe(1000);
  });

  it('stands below the class of its pod', () => {
    expect(cgroup({})?.path).toBe('/kubepods/besteffort/podu/abc');
    expect(cgroup({ requests: { cpu: '1' } })?.path).toBe('/kubepods/burstable/podu/abc');
    const all = { cpu: '1', memory: '1Gi' };
    expect(cgroup({ requests: all, limits: all })?.path).toBe('/kubepods/podu/abc');
  });

  it('follows what a resize has brought into effect', () => {
    const status = { resources: { limits: { memory: '3Gi' } } } as Partial<ContainerStatus>;
    expect(cgroup({ limits: { memory: '1Gi' } }, { status })?.memoryLimitBytes).toBe(3 * GIBIBYTE);
  });

  it('is not there while the container does not run', () => {
    const status = { state: { waiting: { reason: 'CrashLoopBackOff' } } } as Partial<ContainerStatus>;
    expect(cgroup({}, { status })).toBeUndefined();
  });
});

describe('the layers of an image', () => {
  const MEBIBYTE = 1024 ** 2;
  const first = imageLayers('shop/web:1', 100 * MEBIBYTE);
  const second = imageLayers('shop/web:2', 120 * MEBIBYTE);

  it('add up to its size', () => {
    expect(first.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(100 * MEBIBYTE);
  });

  it('are shared by the tags of a repository, but for the last', () => {
    expect(first[0]).toEqual(second[0]);
    expect(first[1]?.digest).not.toBe(second[1]?.digest);
    expect(imageLayers('shop/db:1', 100 * MEBIBYTE)[0]?.digest).not.toBe(first[0]?.digest);
  });

  it('are one for a very small image', () => {
    expect(imageLayers('tiny:1', 1000)).toMatchObject([{ sizeBytes: 1000 }]);
  });
});
