import { builder } from '../../api/builder.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { canonicalQuantity } from '../../machinery/quantity-text.ts';
import { profileMs } from './queries.ts';
import { ImageProfile, type ProbeProfile, type UsageProfile } from './types.ts';

const UsageProfileType = builder.objectRef<UsageProfile>('UsageProfile').implement({
  description: 'What a container uses, from a time after its start on.',
  fields: (t) => ({
    after: t.field({ type: 'Duration', resolve: ({ after }) => profileMs(after) ?? 0 }),
    cpu: t.field({
      type: 'Quantity',
      nullable: true,
      resolve: ({ cpu }) => (cpu === undefined ? null : canonicalQuantity(cpu)),
    }),
    memory: t.field({
      type: 'Quantity',
      nullable: true,
      resolve: ({ memory }) => (memory === undefined ? null : canonicalQuantity(memory)),
    }),
  }),
});

const ProbeProfileType = builder.objectRef<ProbeProfile>('ProbeProfile').implement({
  description: 'How probes end in a stretch of a container’s life.',
  fields: (t) => ({
    type: t.string({ nullable: true, resolve: ({ type }) => type }),
    from: t.field({ type: 'Duration', resolve: ({ from }) => profileMs(from) ?? 0 }),
    to: t.field({ type: 'Duration', nullable: true, resolve: ({ to }) => profileMs(to) }),
    succeed: t.exposeBoolean('succeed'),
    message: t.string({ nullable: true, resolve: ({ message }) => message }),
  }),
});

defineKubeType(ImageProfile, {
  description: 'How containers of an image behave: data that stands for the processes that are not there.',
  fields: (t) => ({
    image: t.string({
      description: 'Which images: * stands for any text.',
      resolve: ({ object }) => object.spec.image,
    }),
    pullTime: t.field({ type: 'Duration', nullable: true, resolve: ({ object }) => profileMs(object.spec.pullTime) }),
    startupTime: t.field({
      type: 'Duration',
      nullable: true,
      description: 'From start until it answers its probes.',
      resolve: ({ object }) => profileMs(object.spec.startupTime),
    }),
    runTime: t.field({
      type: 'Duration',
      nullable: true,
      description: 'From start until it exits by itself.',
      resolve: ({ object }) => profileMs(object.spec.runTime),
    }),
    shutdownTime: t.field({
      type: 'Duration',
      nullable: true,
      description: 'From SIGTERM until it has ended.',
      resolve: ({ object }) => profileMs(object.spec.shutdownTime),
    }),
    exitCodes: t.intList({
      description: 'Exit codes of its starts in turn; the last for all that follow.',
      resolve: ({ object: { spec } }) =>
        spec.exitCodes ? [...spec.exitCodes] : spec.exitCode === undefined ? [] : [spec.exitCode],
    }),
    usage: t.field({ type: [UsageProfileType], resolve: ({ object }) => [...(object.spec.usage ?? [])] }),
    probes: t.field({ type: [ProbeProfileType], resolve: ({ object }) => [...(object.spec.probes ?? [])] }),
  }),
});
