import type { AnyDefinition } from '../machinery/definition.ts';
import { cronJob } from './cronjob/definition.ts';
import { event } from './event/definition.ts';
import { fault } from './fault/definition.ts';
import { job } from './job/definition.ts';
import { namespace } from './namespace/definition.ts';
import { node } from './node/definition.ts';
import { pod } from './pod/definition.ts';

/** Every kind the model knows, one line each. Their controllers run in this order within an instant. */
export const definitions: readonly AnyDefinition[] = [namespace, node, cronJob, job, pod, fault, event];
