import type { AnyDefinition } from '../machinery/definition.ts';
import { cronJob } from './cronjob/definition.ts';
import { deployment } from './deployment/definition.ts';
import { endpoints } from './endpoints/definition.ts';
import { endpointSlice } from './endpointslice/definition.ts';
import { event } from './event/definition.ts';
import { fault } from './fault/definition.ts';
import { job } from './job/definition.ts';
import { namespace } from './namespace/definition.ts';
import { node } from './node/definition.ts';
import { pod } from './pod/definition.ts';
import { service } from './service/definition.ts';
import { podDisruptionBudget } from './poddisruptionbudget/definition.ts';
import { replicaSet } from './replicaset/definition.ts';
import { replicationController } from './replicationcontroller/definition.ts';

/** Every kind the model knows, one line each. Their controllers run in this order within an instant. */
export const definitions: readonly AnyDefinition[] = [
  namespace,
  node,
  cronJob,
  job,
  deployment,
  replicaSet,
  replicationController,
  pod,
  service,
  endpointSlice,
  endpoints,
  podDisruptionBudget,
  fault,
  event,
];
