import { event } from '../../src/kinds/event/definition.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { Registry } from '../../src/engine/registry.ts';
import { watchSelf, type CommandHandler, type Controller } from '../../src/machinery/controller.ts';
import type { KindDefinition } from '../../src/machinery/definition.ts';
import { defineKind } from '../../src/machinery/kind.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { findTarget, outcomeOf, type TargetInput } from '../../src/machinery/command-target.ts';

/**
 * A small world for tests of what is around the engine: a Counter counts up to its target, one at a time, with a random
 * pause between, and says so in an Event. It is done when `status.count` is `spec.target`.
 */
export interface Counter extends KubeObject {
  spec: { target: number; everyMs: number; note?: string };
  status?: { count: number };
  runtime?: { nextAt: number };
}

export const Counter = defineKind<Counter>({
  apiVersion: 'test.orrery.dev/v1',
  kind: 'Counter',
  plural: 'counters',
  namespaced: true,
});

const controller: Controller = {
  name: 'counter-controller',
  watches: [watchSelf(Counter)],
  reconcile(key, api) {
    const counter = api.getByKey(Counter, key);
    if (!counter) return;
    const { target, everyMs } = counter.spec;
    const count = counter.status?.count ?? 0;
    if (count >= target) return;
    const nextAt = counter.runtime?.nextAt;
    if (nextAt !== undefined && api.now < nextAt) return api.requeueAt(nextAt);
    const next = nextAt === undefined ? 0 : count + 1;
    const pauseMs = everyMs + Math.floor(api.random(counter.metadata.uid, next) * everyMs);
    const updated = api.updateStatus<Counter>({
      ...counter,
      status: { count: next },
      runtime: { nextAt: api.now + pauseMs },
    });
    if (!updated.ok) throw new Error(updated.error.message);
    api.event(counter, 'Normal', 'Counted', `counted to ${next}`);
    if (next < target) api.requeueAt(api.now + pauseMs);
  },
};

const counter: KindDefinition<Counter> = { kind: Counter, controllers: [controller] };

export interface CreateCounterInput {
  name: string;
  target?: number;
  everyMs?: number;
  note?: string;
}

const createCounter: CommandHandler<CreateCounterInput> = {
  name: 'createCounter',
  handle({ name, target = 3, everyMs = 100, note }, api) {
    return outcomeOf(
      api.create<Counter>({
        apiVersion: Counter.apiVersion,
        kind: Counter.kind,
        metadata: { name, namespace: 'default', labels: { zebra: 'first', apple: 'second' } },
        spec: note === undefined ? { target, everyMs } : { target, everyMs, note },
      }),
    );
  },
};

const setTarget: CommandHandler<TargetInput & { targetCount: number }> = {
  name: 'setTarget',
  handle(input, api) {
    const found = findTarget(api, Counter, input);
    if (!found.ok) return { errors: [found.error] };
    const spec = { ...found.value.spec, target: input.targetCount };
    return outcomeOf(api.update<Counter>({ ...found.value, spec }));
  },
};

const deleteCounter: CommandHandler<TargetInput> = {
  name: 'deleteCounter',
  handle(input, api) {
    const found = findTarget(api, Counter, input);
    return found.ok ? outcomeOf(api.delete(found.value)) : { errors: [found.error] };
  },
};

const createNamespace: CommandHandler<{ name: string }> = {
  name: 'createNamespace',
  handle({ name }, api) {
    return outcomeOf(api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} }));
  },
};

/** Fails as no command should. */
const explode: CommandHandler = {
  name: 'explode',
  handle() {
    throw new Error('boom');
  },
};

export const countingRegistry = new Registry([{ ...namespace, controllers: [] }, counter, event], [], [
  createCounter,
  setTarget,
  deleteCounter,
  createNamespace,
  explode,
] as CommandHandler<never>[]);

/** What `setTarget` and `deleteCounter` are about. */
export function counterTarget(name: string): TargetInput {
  return { target: { kindKey: Counter.key, namespace: 'default', name } };
}
