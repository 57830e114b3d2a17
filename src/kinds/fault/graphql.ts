import { builder } from '../../api/builder.ts';
import { refusal, refusedPayload, submit, Guard } from '../../api/commands.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation, payloadType } from '../../api/mutations.ts';
import { ProbeTypeEnum } from '../../api/probe-type.ts';
import { formatDuration } from '../../machinery/time.ts';
import { describeTarget } from './queries.ts';
import { Fault, FAULT_KINDS, PRESSURE_RESOURCES, STORAGE_OPERATIONS } from './types.ts';

defineKubeType(Fault, {
  description: 'Something that is broken for a while. An ordinary object: it can be applied, too.',
  fields: (t) => ({
    faultKind: t.string({
      description:
        '"probe", "containerExit", "imagePull", "nodeDown", "partition", "latency", "pressure" or "storage".',
      resolve: ({ object }) => FAULT_KINDS.find((kind) => object.spec[kind] !== undefined) ?? '',
    }),
    target: t.string({ description: 'What it hits, in one line.', resolve: ({ object }) => describeTarget(object) }),
    startedAt: t.field({
      type: 'DateTime',
      resolve: ({ object }) => object.status?.startedAt ?? object.spec.startTime ?? object.metadata.creationTimestamp,
    }),
    endsAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ object }) => object.spec.endTime }),
    active: t.boolean({ resolve: ({ object }) => object.status?.active ?? false }),
  }),
});

const PODS = '"web-0", "app=web", "shop/app=web", or "*" for every pod.';

const ProbeFaultInput = builder.inputType('ProbeFault', {
  fields: (t) => ({
    pods: t.string({ required: true, description: PODS }),
    container: t.string(),
    type: t.field({ type: ProbeTypeEnum, required: true }),
    succeed: t.boolean({ required: true }),
    message: t.string({ description: 'What a failing attempt says.' }),
  }),
});

const ExitFaultInput = builder.inputType('ExitFault', {
  fields: (t) => ({
    pods: t.string({ required: true, description: PODS }),
    container: t.string(),
    exitCode: t.int({ defaultValue: 1 }),
    oom: t.boolean({ defaultValue: false, description: 'Killed for its memory: exit code 137, OOMKilled.' }),
    repeat: t.boolean({ description: 'Each new start exits too, while the fault acts.' }),
  }),
});

const ImageFaultInput = builder.inputType('ImageFault', {
  fields: (t) => ({
    image: t.string({ required: true, description: 'A pattern in which * stands for any text.' }),
    message: t.string(),
  }),
});

const NodeFaultInput = builder.inputType('NodeFault', {
  fields: (t) => ({ node: t.string({ required: true }) }),
});

const PartitionFaultInput = builder.inputType('PartitionFault', {
  fields: (t) => ({
    a: t.stringList({ required: true, description: 'Names of nodes, or "control-plane".' }),
    b: t.stringList({ required: true, description: 'The other side; empty for everyone else.' }),
  }),
});

const LatencyFaultInput = builder.inputType('LatencyFault', {
  fields: (t) => ({
    component: t.string({ required: true, description: '"image-pull", "container-start" or "container-stop".' }),
    delay: t.field({ type: 'Duration', required: true }),
    pods: t.string({ description: PODS }),
    container: t.string(),
  }),
});

const PressureResourceEnum = builder.enumType('PressureResource', {
  description: 'What of a node is used up.',
  values: PRESSURE_RESOURCES,
});

const PressureFaultInput = builder.inputType('PressureFault', {
  fields: (t) => ({
    node: t.string({ required: true }),
    resource: t.field({ type: PressureResourceEnum, required: true }),
    available: t.field({
      type: 'Quantity',
      description: "What is left of it; default half of the kubelet's eviction threshold.",
    }),
  }),
});

const StorageOperationEnum = builder.enumType('StorageOperation', {
  description: 'What a driver of volumes does.',
  values: STORAGE_OPERATIONS,
});

const StorageFaultInput = builder.inputType('StorageFault', {
  description: 'A driver of volumes fails to do something, or takes longer over it.',
  fields: (t) => ({
    driver: t.string({ required: true, description: 'The provisioner: a pattern in which * stands for any text.' }),
    operation: t.field({
      type: StorageOperationEnum,
      defaultValue: 'PROVISION',
      description: 'What fails, or takes longer.',
    }),
    message: t.string({ description: 'What the driver answers; default: an internal error.' }),
    delay: t.field({ type: 'Duration', description: 'It does not fail but takes so much longer.' }),
  }),
});

export const FaultSpecInput = builder.inputType('FaultSpec', {
  description: 'What is broken.',
  isOneOf: true,
  fields: (t) => ({
    probe: t.field({ type: ProbeFaultInput }),
    containerExit: t.field({ type: ExitFaultInput }),
    imagePull: t.field({ type: ImageFaultInput }),
    nodeDown: t.field({ type: NodeFaultInput }),
    partition: t.field({ type: PartitionFaultInput }),
    latency: t.field({ type: LatencyFaultInput }),
    pressure: t.field({ type: PressureFaultInput }),
    storage: t.field({ type: StorageFaultInput, description: 'A driver of volumes that fails.' }),
  }),
});

const InjectFaultInput = builder.inputType('InjectFaultInput', {
  fields: (t) => ({
    cluster: t.string({ defaultValue: 'default' }),
    name: t.string({ description: 'Default: a name is made.' }),
    fault: t.field({ type: FaultSpecInput, required: true }),
    duration: t.field({ type: 'Duration', description: 'Default: until it is cleared.' }),
    guard: t.field({ type: Guard }),
  }),
});

/** The command takes durations as text, and no nulls. */
function faultInput(fault: typeof FaultSpecInput.$inferInput): object {
  const { latency, storage } = fault;
  let input: object = fault;
  if (latency) input = { latency: { ...latency, delay: formatDuration(latency.delay) } };
  else if (typeof storage?.delay === 'number') {
    input = { storage: { ...storage, delay: formatDuration(storage.delay) } };
  }
  return JSON.parse(JSON.stringify(input, (_key, value: unknown) => value ?? undefined)) as object;
}

builder.mutationField('injectFault', (t) =>
  t.field({
    type: payloadType(Fault),
    description: 'Breaks something.',
    args: { input: t.arg({ type: InjectFaultInput, required: true }) },
    resolve: (_root, { input }, context) => {
      const cluster = input.cluster ?? 'default';
      const replica = context.clusters.get(cluster);
      if (!replica)
        return refusedPayload(refusal('NOT_FOUND', `clusters "${cluster}" not found`, ['input', 'cluster']));
      const command = {
        fault: faultInput(input.fault),
        ...(input.name ? { name: input.name } : {}),
        ...(typeof input.duration === 'number' ? { duration: formatDuration(input.duration) } : {}),
      };
      return submit({ replica, command: 'injectFault', input: command, guard: input.guard }, context);
    },
  }),
);

defineMutation({ name: 'clearFault', description: 'Ends a fault.', kind: Fault });
