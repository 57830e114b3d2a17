import { invalid, invalidObject, type Result } from '../../machinery/api-error.ts';
import { findTarget, outcomeOf, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler, CommandOutcome, ObjectApi } from '../../machinery/controller.ts';
import type { NewObject, StringMap } from '../../machinery/object.ts';
import { parseLabelSelector } from '../../machinery/selector-parser.ts';
import type { LabelSelector, LabelSelectorRequirement, Selector } from '../../machinery/selector.ts';
import { parseDuration } from '../../machinery/time.ts';
import { preciseTimestamp } from './admission.ts';
import { Fault, type FaultSpec, type FaultTarget } from './types.ts';

/** `pods` names them as kubectl would: `[namespace/]name` or `[namespace/]label selector`; `*` is every pod. */
interface PodsInput {
  pods: string;
  container?: string | undefined;
}

/** The fault as the GraphQL input gives it: exactly one kind. */
export interface FaultInput {
  probe?: PodsInput & { type: 'STARTUP' | 'READINESS' | 'LIVENESS'; succeed: boolean; message?: string | undefined };
  containerExit?: PodsInput & {
    exitCode?: number | undefined;
    oom?: boolean | undefined;
    repeat?: boolean | undefined;
  };
  imagePull?: { image: string; message?: string | undefined };
  nodeDown?: { node: string };
  partition?: { a: string[]; b: string[] };
  latency?: Partial<PodsInput> & { component: string; delay: string };
  pressure?: { node: string; resource: string; available?: string | undefined };
  storage?: {
    driver: string;
    operation?: string | undefined;
    message?: string | undefined;
    delay?: string | undefined;
  };
}

export interface InjectFaultInput {
  name?: string | undefined;
  fault: FaultInput;
  /** Go duration text; without it the fault acts until it is cleared. */
  duration?: string | undefined;
}

/** Breaks something from now on. A container exit with a duration meets every start within it. */
export const injectFault: CommandHandler<InjectFaultInput> = {
  name: 'injectFault',
  handle(input, api) {
    const spec = faultSpec(input, api);
    if (!spec.ok) return outcomeOf(spec, ['input', 'fault']);
    const metadata = input.name ? { name: input.name } : { generateName: `${kindOf(input.fault)}-` };
    const fault: NewObject<Fault> = {
      apiVersion: Fault.apiVersion,
      kind: Fault.kind,
      metadata,
      spec: spec.value,
      status: {},
    };
    return outcomeOf(api.create(fault));
  },
};

/** Ends a fault now; its object stays as a record until it is deleted. */
export const clearFault: CommandHandler<TargetInput> = {
  name: 'clearFault',
  handle(input, api): CommandOutcome {
    const target = findTarget(api, Fault, input);
    if (!target.ok) return outcomeOf(target);
    const fault = target.value;
    return outcomeOf(api.update<Fault>({ ...fault, spec: { ...fault.spec, endTime: preciseTimestamp(api.now) } }));
  },
};

function kindOf(fault: FaultInput): string {
  const kind = Object.entries(fault).find(([, value]) => value !== undefined && value !== null)?.[0] ?? 'fault';
  return kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function faultSpec({ fault, duration }: InjectFaultInput, api: ObjectApi): Result<FaultSpec> {
  const { probe, containerExit, imagePull, nodeDown, partition, latency, pressure, storage } = fault;
  const pods = probe?.pods ?? containerExit?.pods ?? latency?.pods;
  const container = probe?.container ?? containerExit?.container ?? latency?.container;
  const target = podsTarget(pods);
  if (!target.ok) return target;
  const spec: FaultSpec = { startTime: preciseTimestamp(api.now) };
  if (pods !== undefined) spec.target = { ...target.value, ...(container ? { container } : {}) };
  if (duration !== undefined && duration !== null) {
    const lengthMs = parseDuration(duration);
    if (lengthMs === undefined || lengthMs <= 0) return refused(`${JSON.stringify(duration)} is no positive duration`);
    spec.endTime = preciseTimestamp(api.now + lengthMs);
  }
  if (probe) {
    const { type, succeed, message } = probe;
    spec.probe = message ? { type, succeed, message } : { type, succeed };
  }
  if (containerExit) {
    const { exitCode, oom, repeat } = containerExit;
    spec.containerExit = {
      exitCode: oom ? 137 : (exitCode ?? 1),
      oom: oom ?? false,
      repeat: repeat ?? spec.endTime !== undefined,
    };
  }
  if (imagePull)
    spec.imagePull = imagePull.message
      ? { image: imagePull.image, message: imagePull.message }
      : { image: imagePull.image };
  if (nodeDown) spec.nodeDown = { node: nodeDown.node };
  if (partition) spec.partition = { a: partition.a, b: partition.b };
  if (latency) spec.latency = { component: latency.component as never, delay: latency.delay };
  if (pressure) {
    const { node, resource, available } = pressure;
    spec.pressure = { node, resource: resource as never, ...(available === undefined ? {} : { available }) };
  }
  if (storage) spec.storage = storage as NonNullable<FaultSpec['storage']>;
  return { ok: true, value: spec };
}

function refused(detail: string): Result<never> {
  return { ok: false, error: invalidObject('Fault', 'orrery.dev', '', [invalid('spec', '', detail)]) };
}

function podsTarget(text: string | undefined): Result<FaultTarget> {
  if (text === undefined || text === '*' || text === '') return { ok: true, value: {} };
  const slash = /^([a-z0-9-]+)\/(.*)$/.exec(text);
  const isSelector = /[=!(),]|\s(in|notin)\s/.test(text);
  // The slash of a label's prefix (app.kubernetes.io/name=web) is not that of a namespace.
  const namespace = slash && !(isSelector && slash[1]?.includes('.')) ? slash[1] : undefined;
  const rest = namespace === undefined ? text : (slash?.[2] ?? '');
  const base: FaultTarget = namespace === undefined ? {} : { namespace };
  if (rest === '*' || rest === '') return { ok: true, value: base };
  if (!isSelector) return { ok: true, value: { ...base, name: rest } };
  const parsed = parseLabelSelector(rest);
  if (!parsed.ok) return parsed;
  return { ok: true, value: { ...base, labelSelector: asLabelSelector(parsed.value) } };
}

/** The selector as a manifest would have it: equalities as labels, the rest as expressions. */
function asLabelSelector({ requirements }: Selector): LabelSelector {
  const matchLabels: StringMap = {};
  const matchExpressions: LabelSelectorRequirement[] = [];
  for (const { key, operator, values } of requirements) {
    const [value] = values;
    const isEquality = operator === 'In' && values.length === 1 && value !== undefined;
    if (isEquality && !Object.hasOwn(matchLabels, key)) matchLabels[key] = value;
    else matchExpressions.push({ key, operator, values });
  }
  const selector: LabelSelector = {};
  if (Object.keys(matchLabels).length > 0) selector.matchLabels = matchLabels;
  if (matchExpressions.length > 0) selector.matchExpressions = matchExpressions;
  return selector;
}
