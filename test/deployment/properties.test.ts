import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desiredReplicas, maxSurge, maxUnavailable } from '../../src/kinds/deployment/fenceposts.ts';
import { rolloutStatus } from '../../src/kinds/deployment/queries.ts';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import { isPodReady } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import type { Model } from '../support/model.ts';
import { about, BROKEN, newDeployment, replicaModel, setReady } from '../replicaset/replica-model.ts';

/** What people and fate do to a Deployment. */
type Step =
  | { do: 'image'; image: string }
  | { do: 'scale'; replicas: number }
  | { do: 'pause' | 'resume' | 'rollback' | 'restart' }
  | { do: 'killPod' | 'unreadyPod' | 'relabelPod'; which: number }
  | { do: 'wait'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('image' as const), image: fc.constantFrom('web:1', 'web:2', 'web:3', `${BROKEN}:1`) }),
  fc.record({ do: fc.constant('scale' as const), replicas: fc.integer({ min: 0, max: 12 }) }),
  fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'rollback' as const, 'restart' as const) }),
  fc.record({
    do: fc.constantFrom('killPod' as const, 'unreadyPod' as const, 'relabelPod' as const),
    which: fc.nat(20),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(100, 1_900, 2_000, 5_000, 31_000) }),
);

const scenario = fc.record({
  seed: fc.string({ minLength: 1, maxLength: 5 }),
  replicas: fc.integer({ min: 0, max: 10 }),
  maxSurge: fc.constantFrom(0, 1, 3, '25%', '100%'),
  maxUnavailable: fc.constantFrom(1, 2, '25%', '100%'),
  minReadySeconds: fc.constantFrom(0, 3),
  recreate: fc.boolean(),
  steps: fc.array(step, { maxLength: 25 }),
});

function web(model: Model): Deployment {
  return model.view.get(Deployment, 'default', 'web')!;
}

function take(model: Model, step: Step): void {
  const running = model.view.list(Pod).filter((pod) => !pod.metadata.deletionTimestamp);
  switch (step.do) {
    case 'image':
      return void model.command('setImage', about(web(model), { container: 'web', image: step.image }));
    case 'scale':
      return void model.command('scaleDeployment', about(web(model), { replicas: step.replicas }));
    case 'wait':
      return;
    case 'killPod':
    case 'unreadyPod':
    case 'relabelPod': {
      const pod = running[step.which % Math.max(1, running.length)];
      if (!pod) return;
      model.do((api) => {
        if (step.do === 'killPod') api.delete(pod);
        else if (step.do === 'unreadyPod') setReady(pod, false, (changed) => api.updateStatus(changed), api.now);
        else api.update({ ...pod, metadata: { ...pod.metadata, labels: { app: 'debug' } } });
      });
      return;
    }
    default:
      model.command(`${step.do}Deployment`, about(web(model)));
  }
}

function owned(model: Model): Pod[] {
  return model.view.list(Pod).filter((pod) => pod.metadata.ownerReferences?.some(({ controller }) => controller));
}

function oneControllerEach(model: Model): void {
  for (const pod of model.view.list(Pod)) {
    const controllers = (pod.metadata.ownerReferences ?? []).filter(({ controller }) => controller);
    expect(controllers.length).toBeLessThanOrEqual(1);
    expect(controllers.length).toBe(pod.metadata.labels?.app === 'web' ? 1 : 0);
  }
}

/** A rolling update never asks for more than surge allows, unless the size was lowered since. */
function withinSurge(model: Model, mostEver: number): void {
  const asked = model.view.list(ReplicaSet).reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
  expect(asked).toBeLessThanOrEqual(mostEver);
  expect(owned(model).filter((pod) => !pod.metadata.deletionTimestamp).length).toBeLessThanOrEqual(mostEver);
}

function availableOf(model: Model): number {
  return owned(model).filter((pod) => !pod.metadata.deletionTimestamp && isPodReady(pod)).length;
}

/** Everything that happens in `ms`, instant by instant. */
function eachInstant(model: Model, ms: number, check: () => void): void {
  const end = model.engine.now + ms;
  for (let next = model.engine.nextTimer(); next !== undefined && next <= end; next = model.engine.nextTimer()) {
    model.runTo(next);
    check();
  }
  model.runTo(end);
  check();
}

describe('whatever happens to a Deployment', () => {
  it('stays within its bounds, its pods have one controller, a restart changes nothing, and it converges', () => {
    fc.assert(
      fc.property(
        scenario,
        ({ seed, replicas, maxSurge: surge, maxUnavailable: unavailable, minReadySeconds, recreate, steps }) => {
          const model = replicaModel({ seed });
          const strategy = recreate
            ? { type: 'Recreate' }
            : { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } };
          model.create(newDeployment({ replicas, minReadySeconds, strategy }));
          let most = 0;
          const check = () => {
            most = Math.max(most, desiredReplicas(web(model)) + maxSurge(web(model)));
            oneControllerEach(model);
            withinSurge(model, most);
          };
          check();
          for (const each of steps) {
            take(model, each);
            check();
            eachInstant(model, each.do === 'wait' ? each.ms : 0, check);
          }
          const again = model.restarted();
          expect(again.versions).toEqual([]);
          expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
          take(model, { do: 'resume' });
          take(model, { do: 'image', image: 'web:9' });
          model.run(600_000);
          expect(rolloutStatus(web(model)).phase).toBe('COMPLETE');
          const pods = owned(model);
          expect(pods).toHaveLength(desiredReplicas(web(model)));
          expect(pods.every((pod) => pod.spec.containers[0]?.image === 'web:9')).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a rolling update by itself never leaves fewer available than allowed', () => {
    const rollout = fc.record({
      replicas: fc.integer({ min: 1, max: 12 }),
      maxSurge: fc.constantFrom(0, 1, 2, '25%', '50%', '100%'),
      maxUnavailable: fc.constantFrom(0, 1, 2, '25%', '50%'),
      minReadySeconds: fc.constantFrom(0, 2),
      images: fc.array(fc.constantFrom('web:2', 'web:3', `${BROKEN}:1`), { minLength: 1, maxLength: 4 }),
      waits: fc.array(fc.constantFrom(0, 500, 2_500, 9_000), { minLength: 4, maxLength: 4 }),
    });
    fc.assert(
      fc.property(
        rollout,
        ({ replicas, maxSurge: surge, maxUnavailable: unavailable, minReadySeconds, images, waits }) => {
          fc.pre(!(surge === 0 && unavailable === 0));
          const model = replicaModel();
          const rollingUpdate = { maxSurge: surge, maxUnavailable: unavailable };
          model.create(
            newDeployment({ replicas, minReadySeconds, strategy: { type: 'RollingUpdate', rollingUpdate } }),
          );
          model.run(10_000);
          const least = replicas - maxUnavailable(web(model));
          const check = () => expect(availableOf(model)).toBeGreaterThanOrEqual(least);
          images.forEach((image, index) => {
            take(model, { do: 'image', image });
            check();
            eachInstant(model, waits[index] ?? 0, check);
          });
          eachInstant(model, 120_000, check);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('the same seed and commands give the same versions', () => {
    const play = () => {
      const model = replicaModel({ seed: 'same' });
      model.create(newDeployment({ replicas: 4 }));
      for (const image of ['web:2', `${BROKEN}:1`, 'web:3']) {
        take(model, { do: 'image', image });
        model.run(7_000);
        take(model, { do: 'killPod', which: 1 });
      }
      model.run(60_000);
      return model.versions;
    };
    expect(play()).toEqual(play());
  });
});
