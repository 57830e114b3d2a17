import { parseDuration } from '../machinery/time.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';
import { ClockType } from './clock.ts';
import { ClusterSource } from './cluster-source.ts';
import { refusal, refusedPayload, submit, type PayloadSource } from './commands.ts';
import type { ApiContext } from './context.ts';
import { Payload } from './mutations.ts';

const ClockPayload = builder.objectRef<PayloadSource>('ClockPayload').implement({
  interfaces: [Payload],
  fields: (t) => ({
    clock: t.field({
      type: ClockType,
      nullable: true,
      resolve: ({ scope }) => (scope ? new ClusterSource(scope) : null),
    }),
  }),
});

const StepBy = builder.inputType('StepBy', {
  description: 'How far a clock goes on.',
  isOneOf: true,
  fields: (t) => ({
    duration: t.field({ type: 'Duration' }),
    events: t.int({ description: 'So many timers.' }),
    untilQuiescent: t.boolean({ description: 'Until nothing is left to happen by itself.' }),
  }),
});

function clockCommand(
  context: ApiContext,
  cluster: string | null | undefined,
  command: string,
  input: object,
): Promise<PayloadSource> | PayloadSource {
  const name = cluster ?? 'default';
  const replica = context.clusters.get(name);
  if (!replica) return refusedPayload(refusal('NOT_FOUND', `clusters "${name}" not found`, ['cluster']));
  return submit({ replica, command, input, guard: undefined }, context);
}

/** The longest step that one mutation may take: a simulated year. */
const LONGEST_STEP_MS = parseDuration('8784h') ?? 0;

function stepInput(by: typeof StepBy.$inferInput): object {
  if (typeof by.duration === 'number') {
    if (by.duration < 0 || by.duration > LONGEST_STEP_MS) throw badInput('by.duration must be between 0s and 8784h');
    return { durationMs: by.duration };
  }
  if (typeof by.events === 'number') {
    if (by.events < 1 || by.events > 1_000_000) throw badInput('by.events must be between 1 and 1000000');
    return { events: by.events };
  }
  if (!by.untilQuiescent) throw badInput('by.untilQuiescent can only be true');
  return { untilQuiescent: true };
}

builder.mutationFields((t) => {
  const cluster = t.arg.string({ defaultValue: 'default' });
  return {
    pauseClock: t.field({
      type: ClockPayload,
      description: 'Simulated time stands.',
      args: { cluster },
      resolve: (_root, args, context) => clockCommand(context, args.cluster, 'pauseClock', {}),
    }),
    resumeClock: t.field({
      type: ClockPayload,
      description: 'Simulated time runs.',
      args: { cluster },
      resolve: (_root, args, context) => clockCommand(context, args.cluster, 'resumeClock', {}),
    }),
    setClockSpeed: t.field({
      type: ClockPayload,
      description: 'Simulated seconds per second, above 0.',
      args: { cluster, speed: t.arg.float({ required: true }) },
      resolve: (_root, { cluster: name, speed }, context) => {
        if (!(speed > 0) || speed > 1_000_000) {
          return refusedPayload(
            refusal('INVALID', `speed: Invalid value: ${speed}: must be above 0 and at most 1000000`, ['speed']),
          );
        }
        return clockCommand(context, name, 'setClockSpeed', { speed });
      },
    }),
    stepClock: t.field({
      type: ClockPayload,
      description: 'Time goes on at once, as fast as the machine can, and then stands or runs as before.',
      args: { cluster, by: t.arg({ type: StepBy, required: true }) },
      resolve: (_root, args, context) => clockCommand(context, args.cluster, 'stepClock', stepInput(args.by)),
    }),
  };
});
