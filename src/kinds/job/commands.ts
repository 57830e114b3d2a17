import { findTarget, outcomeOf, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler, CommandOutcome, ObjectApi } from '../../machinery/controller.ts';
import { Job } from './types.ts';

/** Suspending a job ends its pods; resuming starts it again, with a new start time. */
export const suspendJob: CommandHandler<TargetInput> = {
  name: 'suspendJob',
  handle: (input, api) => setSuspend(input, api, true),
};

export const resumeJob: CommandHandler<TargetInput> = {
  name: 'resumeJob',
  handle: (input, api) => setSuspend(input, api, false),
};

function setSuspend(input: TargetInput, api: ObjectApi, suspend: boolean): CommandOutcome {
  const found = findTarget(api, Job, input);
  if (!found.ok) return outcomeOf(found);
  const job = found.value;
  return outcomeOf(api.update({ ...job, spec: { ...job.spec, suspend } }));
}
