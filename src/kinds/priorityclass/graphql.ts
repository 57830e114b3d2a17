import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { Pod, podClassKey, podsByClass } from '../pod/types.ts';
import { PriorityClass } from './types.ts';

const PreemptionPolicyType = builder.enumType('PreemptionPolicy', {
  description: 'Whether a pod may take the room of pods of lower priority.',
  values: {
    PREEMPT_LOWER_PRIORITY: {
      value: 'PreemptLowerPriority',
      description: 'Pods of lower priority are ended for it where it would fit then.',
    },
    NEVER: { value: 'Never', description: 'It goes before others in the queue, but ends none.' },
  } as const,
});

defineKubeType(PriorityClass, {
  description: 'A name for how important pods are: what goes first, and what may be ended for it.',
  fields: (t) => ({
    value: t.int({ description: 'The priority of its pods.', resolve: ({ object }) => object.value }),
    globalDefault: t.boolean({
      description: 'Whether pods that name no class get this one.',
      resolve: ({ object }) => object.globalDefault ?? false,
    }),
    description: t.string({
      description: 'When to use it, in the words of who made it.',
      resolve: ({ object }) => object.description ?? '',
    }),
    preemptionPolicy: t.field({
      type: PreemptionPolicyType,
      description: 'Whether its pods may take the room of others.',
      resolve: ({ object }) => object.preemptionPolicy ?? 'PreemptLowerPriority',
    }),
    pods: t.field({
      type: connectionOf(Pod),
      description: 'The pods that name it, or got it by default.',
      args: { filter: t.arg({ type: PodFilter, description: 'Only pods that match.' }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) =>
        paginate(scope, view.by(podsByClass, podClassKey('PriorityClass', object.metadata.name)), args, {
          matches: podPredicate(args.filter, scope, catalog),
        }),
    }),
  }),
});

builder.objectFields(kubeRef(Pod), (t) => ({
  priority: t.int({
    description: 'Pods of higher priority are scheduled first, and may preempt it.',
    resolve: ({ object }) => object.spec.priority ?? 0,
  }),
  priorityClass: t.field({
    type: kubeRef(PriorityClass),
    nullable: true,
    description: 'The class that its priority came from; null where it names none, or the class is gone.',
    resolve: (handle) => handle.find(PriorityClass, undefined, handle.object.spec.priorityClassName),
  }),
  preemptionPolicy: t.field({
    type: PreemptionPolicyType,
    description: 'Whether it may take the room of pods of lower priority.',
    resolve: ({ object }) => (object.spec.preemptionPolicy === 'Never' ? 'Never' : 'PreemptLowerPriority'),
  }),
}));
