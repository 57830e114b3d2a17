import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Version } from '../../src/machinery/version.ts';
import type { Model } from '../support/model.ts';
import { kubeletModel, podManifest, podNamed } from './support.ts';

/**
 * A process that is killed and started again has only what is stored. From there on everything must go as it would have
 * gone: the same versions at the same times.
 */

const POD_SPECS = [
  `  containers: [{name: web, image: 'app:1', command: [sh, -c, sleep 3; exit 1], resources: {requests: {cpu: 1}}}]`,
  `  containers:
  - name: web
    image: app:1
    resources: {requests: {cpu: 1}}
    resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]`,
  `  containers:
  - name: web
    image: app:1
    startupProbe: {httpGet: {port: 80}, periodSeconds: 3, failureThreshold: 2}
    readinessProbe: {httpGet: {port: 80}, periodSeconds: 2, failureThreshold: 2}
    livenessProbe: {httpGet: {port: 80}, periodSeconds: 4, failureThreshold: 2}`,
  `  initContainers:
  - {name: proxy, image: 'proxy:1', restartPolicy: Always, readinessProbe: {tcpSocket: {port: 1}}}
  - {name: first, image: 'init:1', command: [sh, -c, sleep 2; exit 0]}
  containers:
  - {name: web, image: 'app:1', lifecycle: {preStop: {sleep: {seconds: 4}}, postStart: {exec: {command: [sleep, '2']}}}}
  - {name: other, image: 'other:1', imagePullPolicy: Always}`,
  `  restartPolicy: OnFailure
  activeDeadlineSeconds: 40
  initContainers: [{name: proxy, image: 'proxy:1', restartPolicy: Always}]
  containers: [{name: web, image: 'app:1', command: [sh, -c, sleep 25; exit 1]}]`,
  `  volumes: [{name: config, configMap: {name: settings}}]
  containers: [{name: web, image: 'app:1', env: [{name: A, valueFrom: {configMapKeyRef: {name: other, key: a}}}]}]`,
];

const PROFILE = `
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: app}
spec:
  image: 'app:1'
  shutdownTime: 3s
  exitCodes: [1, 0, 2]
  probes: [{type: READINESS, from: 10s, to: 20s, succeed: false}, {type: LIVENESS, from: 30s, succeed: false}]
`;

const FAULTS = [
  { probe: { pods: '*', type: 'READINESS', succeed: false } },
  { probe: { pods: 'app=pod-1', type: 'LIVENESS', succeed: false } },
  { containerExit: { pods: '*', exitCode: 5 } },
  { imagePull: { image: 'app' } },
  { nodeDown: { node: 'node-1' } },
  { partition: { a: ['node-1'], b: [] } },
  { latency: { component: 'container-start', delay: '7s' } },
];

type Step =
  | { do: 'run'; ms: number }
  | { do: 'create'; spec: number }
  | { do: 'delete'; grace: number }
  | { do: 'fault'; fault: number; duration: number }
  | { do: 'clear' }
  | { do: 'configure'; name: string }
  | { do: 'resize'; cpu: string }
  | { do: 'image'; tag: number };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('run' as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('create' as const), spec: fc.nat(POD_SPECS.length - 1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), grace: fc.integer({ min: 1, max: 40 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('fault' as const),
        fault: fc.nat(FAULTS.length - 1),
        duration: fc.integer({ min: 1, max: 60 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('configure' as const), name: fc.constantFrom('settings', 'other') }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('resize' as const), cpu: fc.constantFrom('1', '2', '3', '5') }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('image' as const), tag: fc.integer({ min: 1, max: 3 }) }) },
  ),
  { minLength: 4, maxLength: 14 },
);

class Player {
  model: Model;
  private pods = 0;
  private objects = 0;

  constructor(profiled: boolean) {
    this.model = kubeletModel();
    if (profiled) this.model.create(PROFILE);
  }

  play(step: Step): void {
    switch (step.do) {
      case 'run':
        this.model.run(step.ms);
        break;
      case 'create':
        this.model.create(podManifest(POD_SPECS[step.spec] ?? '', `pod-${++this.pods}`));
        break;
      case 'delete':
        this.model.command('deletePod', {
          target: { kindKey: 'Pod', namespace: 'default', name: `pod-${this.pods}` },
          gracePeriodSeconds: step.grace,
        });
        break;
      case 'fault':
        this.model.command('injectFault', {
          name: `fault-${++this.objects}`,
          fault: FAULTS[step.fault],
          duration: `${step.duration}s`,
        });
        break;
      case 'clear':
        this.model.command('clearFault', { target: { kindKey: 'Fault', name: `fault-${this.objects}` } });
        break;
      case 'resize':
        this.model.command('resizePod', {
          target: { kindKey: 'Pod', namespace: 'default', name: `pod-${this.pods}` },
          container: 'web',
          requests: { cpu: step.cpu },
        });
        break;
      case 'image':
        this.model.do((api) => {
          const pod = podNamed(this.model, `pod-${this.pods}`);
          if (!pod) return;
          const containers = pod.spec.containers.map((one) => ({ ...one, image: `app:${step.tag}` }));
          api.update({ ...pod, spec: { ...pod.spec, containers } });
        });
        break;
      default:
        this.model.command('test.do', (api: never) =>
          (api as { create(object: object): unknown }).create({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: step.name, namespace: 'default' },
            data: { a: '1' },
          }),
        );
    }
  }
}

function written(versions: readonly Version[]): unknown[] {
  return versions.map(({ revision, type, time, object }) => ({ revision, type, time, object }));
}

describe('a restart in the middle of anything', () => {
  it('writes nothing, sets the same timers, and changes nothing of what follows', () => {
    fc.assert(
      fc.property(steps, steps, fc.boolean(), (before, after, profiled) => {
        const player = new Player(profiled);
        for (const step of before) player.play(step);
        const restarted = player.model.restarted();
        expect(written(restarted.versions)).toEqual([]);
        expect(restarted.engine.nextTimer()).toBe(player.model.engine.nextTimer());
        expect(restarted.engine.pendingTimers).toBe(player.model.engine.pendingTimers);
        const start = player.model.versions.length;
        for (const step of after) player.play(step);
        const other = Object.assign(Object.create(Player.prototype) as Player, player, { model: restarted });
        Object.assign(other, { pods: before.filter((step) => step.do === 'create').length });
        Object.assign(other, { objects: before.filter((step) => step.do === 'fault').length });
        for (const step of after) other.play(step);
        expect(written(restarted.versions)).toEqual(written(player.model.versions.slice(start)));
      }),
      { numRuns: 60 },
    );
  });
});
