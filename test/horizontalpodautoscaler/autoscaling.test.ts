import { describe, expect, it } from 'vitest';
import { columns } from '../../src/kinds/horizontalpodautoscaler/table.ts';
import { HorizontalPodAutoscaler } from '../../src/kinds/horizontalpodautoscaler/types.ts';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import { ImageProfile } from '../../src/kinds/imageprofile/types.ts';
import type { ClusterSettings } from '../../src/machinery/settings.ts';
import { Model } from '../support/model.ts';
import { eventsOf, newDeployment } from '../replicaset/replica-model.ts';

const NODE = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-0' } };

function profile(cpu: string) {
  return {
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'ImageProfile',
    metadata: { name: 'web' },
    spec: { image: 'web', pullTime: '1s', startupTime: '1s', usage: [{ cpu, memory: '50M' }] },
  };
}

function autoscaler(spec: Record<string, unknown> = {}, name = 'web') {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 10,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
      ...spec,
    },
  };
}

function scene(
  cpu: string,
  spec: Record<string, unknown> = {},
  replicas = 1,
  settings: Partial<ClusterSettings> = {},
): Model {
  const model = new Model({ settings });
  const containers = [{ name: 'web', image: 'web:1', resources: { requests: { cpu: '200m', memory: '100M' } } }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
  model.create(NODE, profile(cpu), newDeployment({ replicas, template }));
  model.run(60_000);
  model.create(autoscaler(spec));
  return model;
}

function hpa(model: Model): HorizontalPodAutoscaler {
  return model.view.get(HorizontalPodAutoscaler, 'default', 'web')!;
}

function replicas(model: Model): number | undefined {
  return model.view.get(Deployment, 'default', 'web')?.spec.replicas;
}

function use(model: Model, cpu: string): void {
  model.do((api) => {
    const stored = api.get(ImageProfile, undefined, 'web')!;
    api.update({ ...stored, spec: { ...stored.spec, usage: [{ cpu }] } });
  });
}

function condition(model: Model, type: string): string | undefined {
  const found = hpa(model).status.conditions?.find((each) => each.type === type);
  return found && `${found.status} ${found.reason}: ${found.message}`;
}

describe('an autoscaler', () => {
  it('looks at the metrics after 15 s and scales its target up', () => {
    const model = scene('160m');
    model.run(14_999);
    expect(hpa(model).status.conditions).toBeUndefined();
    model.run(1);
    expect(replicas(model)).toBe(2);
    expect(hpa(model).status).toMatchObject({
      currentReplicas: 1,
      desiredReplicas: 2,
      lastScaleTime: '2026-01-01T00:01:15Z',
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 80, averageValue: '160m' } } },
      ],
    });
    expect(condition(model, 'AbleToScale')).toBe(
      'True SucceededRescale: the HPA controller was able to update the target scale to 2',
    );
    expect(condition(model, 'ScalingActive')).toBe(
      'True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
    );
    expect(eventsOf(model, 'HorizontalPodAutoscaler')).toEqual([
      'SuccessfulRescale: New size: 2; reason: cpu resource utilization (percentage of request) above target',
    ]);
  });

  it('goes up by double at most, and no further than its maximum', () => {
    const model = scene('2', { maxReplicas: 6 });
    const seen: (number | undefined)[] = [];
    for (let minute = 0; minute < 30; minute++) {
      model.run(15_000);
      if (seen.at(-1) !== replicas(model)) seen.push(replicas(model));
    }
    expect(seen).toEqual([4, 6]);
    expect(condition(model, 'ScalingLimited')).toContain('True TooManyReplicas');
  });

  it('goes down after five minutes of lower recommendations', () => {
    const model = scene('100m', {}, 4);
    model.run(60_000);
    expect(replicas(model)).toBe(4);
    use(model, '20m');
    model.run(270_000);
    expect(replicas(model)).toBe(4);
    expect(condition(model, 'AbleToScale')).toContain('True ScaleDownStabilized');
    model.run(60_000);
    expect(replicas(model)).toBe(1);
    expect(eventsOf(model, 'HorizontalPodAutoscaler')).toEqual([
      'SuccessfulRescale: New size: 1; reason: All metrics below target',
    ]);
  });

  it('goes down as its behaviour says', () => {
    const scaleDown = { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] };
    const model = scene('10m', { behavior: { scaleDown } }, 4);
    const seen: (number | undefined)[] = [];
    for (let step = 0; step < 8; step++) {
      model.run(15_000);
      seen.push(replicas(model));
    }
    expect(seen).toEqual([3, 3, 3, 3, 2, 2, 2, 2]);
    expect(condition(model, 'ScalingLimited')).toContain('True ScaleDownLimit');
  });

  it('keeps its target within its bounds without any metric', () => {
    const above = scene('100m', { maxReplicas: 2 }, 5);
    above.run(15_000);
    expect(replicas(above)).toBe(2);
    expect(eventsOf(above, 'HorizontalPodAutoscaler')).toEqual([
      'SuccessfulRescale: New size: 2; reason: Current number of replicas above Spec.MaxReplicas',
    ]);
    const below = scene('100m', { minReplicas: 3 });
    below.run(15_000);
    expect(replicas(below)).toBe(3);
  });

  it('leaves a target of no replicas alone', () => {
    const model = scene('100m', {}, 0);
    model.run(60_000);
    expect(replicas(model)).toBe(0);
    expect(condition(model, 'ScalingActive')).toBe(
      'False ScalingDisabled: scaling is disabled since the replica count of the target is zero',
    );
  });

  it('says what it lacks: its target, or requests', () => {
    const model = scene('100m', { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nobody' } });
    model.run(15_000);
    expect(condition(model, 'AbleToScale')).toBe(
      'False FailedGetScale: the HPA controller was unable to get the target\'s current scale: deployments/scale.apps "nobody" not found',
    );
    const lacking = new Model();
    lacking.create(NODE, profile('1'), newDeployment({ replicas: 1 }), autoscaler());
    lacking.run(90_000);
    expect(condition(lacking, 'ScalingActive')).toMatch(
      /^False FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container web of Pod web-/,
    );
    expect(
      eventsOf(lacking, 'HorizontalPodAutoscaler').some((text) =>
        text.startsWith(
          'FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ',
        ),
      ),
    ).toBe(true);
  });

  it.each([
    ['a ReplicaSet', 'apps/v1', 'ReplicaSet', 'replicasets/scale.apps "nobody" not found'],
    ['a StatefulSet', 'apps/v1', 'StatefulSet', 'statefulsets.apps "nobody" not found'],
    [
      'a ReplicationController',
      'v1',
      'ReplicationController',
      'replicationcontrollers/scale.autoscaling "nobody" not found',
    ],
    ['what has no scale', 'apps/v1', 'Pump', 'no matches for kind "Pump" in group "apps"'],
  ])('misses %s in the words of its scale', (_sentence, apiVersion, kind, message) => {
    const model = scene('100m', { scaleTargetRef: { apiVersion, kind, name: 'nobody' } });
    model.run(15_000);
    expect(eventsOf(model, 'HorizontalPodAutoscaler')).toContain(`FailedGetScale: ${message}`);
  });

  it('may be written as autoscaling/v1, and is kept as v2', () => {
    const model = new Model();
    model.create(NODE, profile('160m'), newDeployment({ replicas: 1 }));
    const object = {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 3,
        targetCPUUtilizationPercentage: 40,
      },
    };
    const apply = (percent: number) => {
      object.spec.targetCPUUtilizationPercentage = percent;
      const documents = [{ index: 0, line: 1, object }];
      return model.command('applyManifest', { documents, namespace: 'default', fieldManager: 'test', force: true });
    };
    const metric = (averageUtilization: number) => [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
    ];
    apply(40);
    expect(hpa(model)).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { minReplicas: 1, metrics: metric(40) } });
    const { resourceVersion } = hpa(model).metadata;
    apply(40);
    expect(hpa(model).metadata.resourceVersion).toBe(resourceVersion);
    apply(70);
    expect(hpa(model).spec).toEqual({
      scaleTargetRef: object.spec.scaleTargetRef,
      minReplicas: 1,
      maxReplicas: 3,
      metrics: metric(70),
    });
    expect(apply(0).data).toMatchObject({
      documents: [{ errors: [{ message: expect.stringContaining('must be greater than 0') }] }],
    });
  });

  it('goes by the settings of its cluster', () => {
    const quick = scene('160m', {}, 1, { hpaSyncPeriodMs: 5_000, hpaCpuInitializationPeriodMs: 10_000 });
    quick.run(5_000);
    expect(replicas(quick)).toBe(2);
    const patient = scene('115m', {}, 1, { hpaTolerance: 0.2 });
    patient.run(120_000);
    expect(replicas(patient)).toBe(1);
    const down = scene('10m', {}, 4, { hpaDownscaleStabilizationMs: 0 });
    down.run(30_000);
    expect(replicas(down)).toBe(1);
  });

  it('goes by memory as an average', () => {
    const target = { type: 'AverageValue', averageValue: '20M' };
    const model = scene('1m', { metrics: [{ type: 'Resource', resource: { name: 'memory', target } }] });
    model.run(15_000);
    expect(replicas(model)).toBe(3);
    expect(hpa(model).status.currentMetrics).toEqual([
      { type: 'Resource', resource: { name: 'memory', current: { averageValue: '50M' } } },
    ]);
  });

  it('does not share its target', () => {
    const model = scene('160m');
    model.create(autoscaler({}, 'other'));
    model.run(15_000);
    expect(replicas(model)).toBe(1);
    expect(condition(model, 'ScalingActive')).toBe(
      'False AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [{other default} {web default}]',
    );
  });

  it('writes nothing while nothing changes, nor on a restart', () => {
    const model = scene('100m');
    model.run(120_000);
    const { resourceVersion } = hpa(model).metadata;
    model.run(3_600_000);
    expect(hpa(model).metadata.resourceVersion).toBe(resourceVersion);
    for (const ms of [0, 4_000, 11_000, 15_000]) {
      model.run(ms);
      const again = model.restarted();
      expect(again.versions.filter(({ kindKey }) => kindKey === 'HorizontalPodAutoscaler')).toEqual([]);
      expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    }
  });

  it('has the defaults of Kubernetes', () => {
    const model = new Model();
    const spec = { minReplicas: undefined, metrics: undefined, behavior: { scaleUp: { selectPolicy: 'Min' } } };
    const [created] = model.create(autoscaler(spec));
    expect(created?.spec).toMatchObject({
      minReplicas: 1,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Min', policies: [{ value: 4 }, { value: 100 }] },
        scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
      },
    });
  });

  it.each([
    ['has no room', { maxReplicas: 0 }, 'spec.maxReplicas: Invalid value: 0: must be greater than 0'],
    ['may go to nothing', { minReplicas: 0 }, 'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1'],
    ['has its bounds crossed', { minReplicas: 5, maxReplicas: 3 }, 'must be greater than or equal to `minReplicas`'],
    [
      'scales nothing',
      { scaleTargetRef: { kind: 'Deployment', name: '' } },
      'spec.scaleTargetRef.name: Required value',
    ],
    [
      'has a behaviour without policies',
      { behavior: { scaleUp: { policies: [] } } },
      'spec.behavior.scaleUp.policies: Required value: must specify at least one Policy',
    ],
  ])('is none that %s', (_sentence, spec, message) => {
    expect(() => new Model().create(autoscaler(spec))).toThrow(message);
  });

  it('shows as kubectl shows it', () => {
    const model = scene('160m');
    model.run(60_000);
    expect(columns.map(({ name, cell }) => `${name}=${cell(hpa(model), model.view)}`)).toEqual([
      'REFERENCE=Deployment/web',
      'TARGETS=cpu: 80%/50%',
      'MINPODS=1',
      'MAXPODS=10',
      expect.stringMatching(/^REPLICAS=[2-9]/),
      'AGE=60s',
    ]);
  });
});
