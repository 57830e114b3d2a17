import { builder } from '../../api/builder.ts';
import { wholeValue } from '../../machinery/quantity.ts';
import { Node } from '../node/types.ts';
import { cgroupOf, type ContainerCgroup } from './cgroup.ts';
import { ContainerType } from './graphql-probe.ts';

const ContainerCgroupType = builder.objectRef<ContainerCgroup>('ContainerCgroup').implement({
  description: 'The limits that the kernel keeps a running container to.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description: 'Where it is, as the driver cgroupfs names it: below `kubepods`, by the class of the pod.',
    }),
    cpuShares: t.exposeInt('cpuShares', {
      description: 'Its weight where CPU is short, by its request: 1024 for a whole CPU.',
    }),
    cpuQuotaMicros: t.exposeInt('cpuQuotaMicros', {
      nullable: true,
      description: 'CPU time of each period, by its limit; null: no limit.',
    }),
    cpuPeriodMicros: t.exposeInt('cpuPeriodMicros', { description: 'The length of a period.' }),
    memoryLimitBytes: t.exposeFloat('memoryLimitBytes', {
      nullable: true,
      description: 'More than this, and it is killed (OOMKilled); null: no limit of its own.',
    }),
    oomScoreAdj: t.exposeInt('oomScoreAdj', {
      description: 'Who is killed first where the memory of the node is short: the higher, the sooner.',
    }),
  }),
});

builder.objectField(ContainerType, 'cgroup', (t) =>
  t.field({
    type: ContainerCgroupType,
    nullable: true,
    description: 'Its limits as the kernel has them; null while it does not run.',
    resolve: ({ pod, container, status }) => {
      const node = pod.find(Node, undefined, pod.object.spec.nodeName);
      return cgroupOf(pod.object, container, status, wholeValue(node?.object.status.capacity?.['memory']));
    },
  }),
);
