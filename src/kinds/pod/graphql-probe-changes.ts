import { builder } from '../../api/builder.ts';
import type { Catalog } from '../../api/catalog.ts';
import { liveScope } from '../../api/cluster-source.ts';
import { Handle } from '../../api/handle.ts';
import { PodFilter, podPredicate, type PodFilterInput } from '../../api/pod-filter.ts';
import { ProbeTypeEnum } from '../../api/probe-type.ts';
import { kubeRef } from '../../api/refs.ts';
import { replicaOf } from '../../api/subscriptions.ts';
import { commitTopic, subscribeTo, topicOf } from '../../api/topics.ts';
import type { ClusterReplica } from '../../machinery/ports.ts';
import type { Version } from '../../machinery/version.ts';
import { containersOf, initContainersOf } from './graphql-container.ts';
import { ContainerType, keyOfWord, probesOf, ProbeType, type ProbeSource, type ProbeWord } from './graphql-probe.ts';
import { probeResults } from './probe-schedule.ts';
import { initialCounts } from './probes.ts';
import type { ProbeType as ProbeKey } from './runtime.ts';
import { Pod } from './types.ts';

interface ProbeStatusChange {
  probe: ProbeSource;
  pod: Handle<Pod>;
  passing: boolean;
  time: number;
  revision: number;
}

/** What the kubelet took a probe for when the pod was written, and of which run of the container. */
function passingIn(
  pod: Pod | undefined,
  container: string,
  type: ProbeKey,
): { run: number; passing: boolean | undefined } {
  const step = pod?.runtime?.containers?.[container]?.step;
  if (step?.step !== 'running') return { run: -1, passing: undefined };
  return { run: step.since, passing: (step.probes?.[type] ?? initialCounts(type)).passing };
}

/** The probes whose judgement changed in a version. A run begins with the judgement that Kubernetes begins with. */
function changesOf(replica: ClusterReplica, version: Version, types: readonly ProbeWord[] | null): ProbeStatusChange[] {
  if (version.type === 'DELETED') return [];
  const pod = new Handle(liveScope(replica), version.object as Pod);
  const { time, revision } = version;
  return [...initContainersOf(pod), ...containersOf(pod)].flatMap((source) =>
    probesOf(source).flatMap((probe) => {
      if (types && !types.includes(probe.word)) return [];
      const type = keyOfWord(probe.word);
      const after = passingIn(pod.object, source.container.name, type);
      const known = passingIn(version.previous as Pod | undefined, source.container.name, type);
      const before = known.run === after.run ? known.passing : initialCounts(type).passing;
      if (after.run < 0 || after.passing === undefined || after.passing === before) return [];
      return { probe, pod, passing: after.passing, time, revision };
    }),
  );
}

const ProbeStatusChangeType = builder.objectRef<ProbeStatusChange>('ProbeStatusChange').implement({
  description: 'The kubelet takes a probe for passing or failing from now on.',
  fields: (t) => ({
    probe: t.field({ type: ProbeType, resolve: ({ probe }) => probe }),
    container: t.field({ type: ContainerType, resolve: ({ probe }) => probe.source }),
    pod: t.field({ type: kubeRef(Pod), resolve: ({ pod }) => pod }),
    passing: t.exposeBoolean('passing'),
    time: t.expose('time', { type: 'DateTime' }),
    message: t.string({
      nullable: true,
      description: 'What the last attempt said.',
      resolve: ({ probe: { source, word }, pod, time }) => {
        const [last] = probeResults(pod.object, source.container.name, keyOfWord(word), pod.view, 1, time);
        return last?.message || null;
      },
    }),
    revision: t.expose('revision', { type: 'Revision' }),
  }),
});

function probeTopic(
  replica: ClusterReplica,
  filter: PodFilterInput | null | undefined,
  types: readonly ProbeWord[] | null,
  catalog: Catalog,
) {
  return topicOf(replica, 'probeStatusChanged', { filter: filter ?? null, types }, () => {
    const matches = podPredicate(filter, liveScope(replica), catalog);
    return commitTopic<ProbeStatusChange>(replica, {
      eventsOf: ({ versions }) =>
        versions.flatMap((version) => {
          if (version.kindKey !== Pod.key || (matches && !matches(version.object as Pod))) return [];
          return changesOf(replica, version, types);
        }),
    });
  });
}

builder.subscriptionField('probeStatusChanged', (t) =>
  t.field({
    type: ProbeStatusChangeType,
    description: 'Probes that begin to pass or to fail, by their thresholds.',
    args: {
      cluster: t.arg.string({ defaultValue: 'default' }),
      filter: t.arg({ type: PodFilter }),
      types: t.arg({ type: [ProbeTypeEnum] }),
    },
    subscribe: (_root, { cluster, filter, types }, context) =>
      subscribeTo(probeTopic(replicaOf(context, cluster), filter, types ?? null, context.catalog)),
    resolve: (change) => change,
  }),
);
