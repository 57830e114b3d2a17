import type { ClusterSettings } from '../machinery/settings.ts';
import { parseDuration } from '../machinery/time.ts';
import { builder } from './builder.ts';

/** The options of a new cluster's control plane and kubelets: `settings` of createCluster (machinery/settings.ts). */

const ScoringStrategyType = builder.enumType('ScoringStrategyType', {
  description: 'How the scheduler scores what is free on a node.',
  values: {
    LEAST_ALLOCATED: { value: 'LeastAllocated' },
    MOST_ALLOCATED: { value: 'MostAllocated' },
    REQUESTED_TO_CAPACITY_RATIO: { value: 'RequestedToCapacityRatio' },
  } as const,
});

const ResourceWeight = builder.inputType('ResourceWeight', {
  fields: (t) => ({ name: t.string({ required: true }), weight: t.int({ required: true }) }),
});

const UtilizationPoint = builder.inputType('UtilizationPoint', {
  fields: (t) => ({
    utilization: t.int({ required: true, description: '0 to 100 percent.' }),
    score: t.int({ required: true, description: '0 to 10.' }),
  }),
});

const ScoringStrategy = builder.inputType('ScoringStrategy', {
  description: 'NodeResourcesFitArgs.scoringStrategy of kube-scheduler.',
  fields: (t) => ({
    type: t.field({ type: ScoringStrategyType, required: true }),
    resources: t.field({ type: [ResourceWeight], description: 'Default: cpu 1, memory 1.' }),
    shape: t.field({
      type: [UtilizationPoint],
      description: 'For REQUESTED_TO_CAPACITY_RATIO, by rising utilization.',
    }),
  }),
});

export const ClusterSettingsInput = builder.inputType('ClusterSettingsInput', {
  description:
    'What is not given is as kube-apiserver, -controller-manager, -scheduler and kubelet have it by default.',
  fields: (t) => ({
    nodeMonitorGracePeriod: t.field({ type: 'Duration', description: 'kube-controller-manager; default 50s.' }),
    nodeStartupGracePeriod: t.field({
      type: 'Duration',
      description: 'kube-controller-manager; for a node never heard of. Default 1m.',
    }),
    nodeEvictionRate: t.float({ description: 'kube-controller-manager: nodes a second in a zone; default 0.1.' }),
    secondaryNodeEvictionRate: t.float({
      description: 'kube-controller-manager: the same in a large zone that is partly down; default 0.01.',
    }),
    unhealthyZoneThreshold: t.float({
      description: 'kube-controller-manager: the share of lost nodes that makes a zone partly down; default 0.55.',
    }),
    largeClusterSizeThreshold: t.int({
      description: 'kube-controller-manager: a zone of more nodes is large; default 50.',
    }),
    hpaSyncPeriod: t.field({
      type: 'Duration',
      description: 'kube-controller-manager: how often autoscalers look; default 15s.',
    }),
    hpaDownscaleStabilization: t.field({ type: 'Duration', description: 'kube-controller-manager; default 5m.' }),
    hpaCpuInitializationPeriod: t.field({ type: 'Duration', description: 'kube-controller-manager; default 5m.' }),
    hpaInitialReadinessDelay: t.field({ type: 'Duration', description: 'kube-controller-manager; default 30s.' }),
    hpaTolerance: t.float({ description: 'kube-controller-manager; default 0.1.' }),
    terminatedPodGcThreshold: t.int({ description: 'kube-controller-manager; default 12500.' }),
    defaultNotReadyTolerationSeconds: t.int({ description: 'kube-apiserver; default 300.' }),
    defaultUnreachableTolerationSeconds: t.int({ description: 'kube-apiserver; default 300.' }),
    eventTtl: t.field({ type: 'Duration', description: 'kube-apiserver; default 1h.' }),
    maxContainerRestartPeriod: t.field({ type: 'Duration', description: 'kubelet; default 5m.' }),
    kubeReserved: t.field({
      type: 'StringMap',
      description: 'kubelet: what pods cannot have of a machine: {"cpu": "200m", "memory": "1Gi"}. Default none.',
    }),
    systemReserved: t.field({ type: 'StringMap', description: 'kubelet: the same; default none.' }),
    maxPods: t.int({ description: 'kubelet: how many pods a machine takes; default 110.' }),
    evictionHard: t.field({
      type: 'StringMap',
      description:
        'kubelet, by signal; default {"memory.available": "100Mi", "nodefs.available": "10%", "pid.available": "2000" …}.',
    }),
    evictionSoft: t.field({
      type: 'StringMap',
      description: 'kubelet, by signal: as evictionHard, after the grace period of the signal. Default none.',
    }),
    evictionSoftGracePeriod: t.field({
      type: 'StringMap',
      description: 'kubelet, by signal: {"memory.available": "90s"}. Every signal of evictionSoft needs one.',
    }),
    evictionMaxPodGracePeriodSeconds: t.int({
      description: 'kubelet: the grace of a pod that a soft threshold evicts, at most; default 0.',
    }),
    evictionMinimumReclaim: t.field({
      type: 'StringMap',
      description: 'kubelet, by signal: pods go until so much more is free. Default none.',
    }),
    evictionPressureTransitionPeriod: t.field({ type: 'Duration', description: 'kubelet; default 5m.' }),
    shutdownGracePeriod: t.field({ type: 'Duration', description: 'kubelet; default 0s: off at once.' }),
    shutdownGracePeriodCriticalPods: t.field({ type: 'Duration', description: 'kubelet; default 0s.' }),
    clusterDomain: t.string({ description: 'kubelet; default cluster.local.' }),
    kubeProxyMinSyncPeriod: t.field({
      type: 'Duration',
      description: 'kube-proxy: so long after a change of endpoints requests still go to the old ones; default 1s.',
    }),
    serviceCidr: t.string({
      description: 'kube-apiserver; default 10.96.0.0/12. For two IP families: "10.96.0.0/12,fd00:10:96::/112".',
    }),
    nodePortRange: t.string({ description: 'kube-apiserver; default 30000-32767.' }),
    clusterCidr: t.string({
      description:
        'kube-controller-manager; every node gets a /24 of it. Default 10.128.0.0/9. For two IP families: "10.128.0.0/9,fd00:10:128::/48".',
    }),
    schedulerScoringStrategy: t.field({
      type: ScoringStrategy,
      description: 'kube-scheduler; default LEAST_ALLOCATED.',
    }),
    schedulerInitialBackoff: t.field({ type: 'Duration', description: 'kube-scheduler; default 1s.' }),
    schedulerMaxBackoff: t.field({ type: 'Duration', description: 'kube-scheduler; default 10s.' }),
    schedulerPopFromBackoff: t.boolean({
      description: 'kube-scheduler: pods that back off are tried while nothing else waits; default true.',
    }),
    schedulerMaxUnschedulable: t.field({
      type: 'Duration',
      description: 'kube-scheduler: a pod is tried again after this even if nothing happened; default 5m.',
    }),
    schedulerHardPodAffinityWeight: t.int({ description: 'kube-scheduler; default 1.' }),
  }),
});

const DURATIONS = {
  nodeMonitorGracePeriod: 'nodeMonitorGracePeriodMs',
  nodeStartupGracePeriod: 'nodeStartupGracePeriodMs',
  hpaSyncPeriod: 'hpaSyncPeriodMs',
  hpaDownscaleStabilization: 'hpaDownscaleStabilizationMs',
  hpaCpuInitializationPeriod: 'hpaCpuInitializationPeriodMs',
  hpaInitialReadinessDelay: 'hpaInitialReadinessDelayMs',
  schedulerMaxUnschedulable: 'schedulerMaxUnschedulableMs',
  eventTtl: 'eventTtlMs',
  maxContainerRestartPeriod: 'maxContainerRestartPeriodMs',
  evictionPressureTransitionPeriod: 'evictionPressureTransitionPeriodMs',
  kubeProxyMinSyncPeriod: 'kubeProxyMinSyncPeriodMs',
  shutdownGracePeriod: 'shutdownGracePeriodMs',
  shutdownGracePeriodCriticalPods: 'shutdownGracePeriodCriticalPodsMs',
  schedulerInitialBackoff: 'schedulerInitialBackoffMs',
  schedulerMaxBackoff: 'schedulerMaxBackoffMs',
} as const;

const DEFAULT_RESOURCES = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

type SettingsInput = typeof ClusterSettingsInput.$inferInput;

/** The settings of the model that an input stands for; durations are milliseconds there. */
export function settingsOf(input: SettingsInput | null | undefined): Partial<ClusterSettings> | undefined {
  if (!input) return undefined;
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    if (value === null || value === undefined) continue;
    if (name in DURATIONS) settings[DURATIONS[name as keyof typeof DURATIONS]] = value;
    else settings[name] = value;
  }
  const { schedulerScoringStrategy: strategy, evictionSoftGracePeriod: grace, nodePortRange: ports } = input;
  if (strategy) settings['schedulerScoringStrategy'] = scoringStrategyOf(strategy);
  if (grace) {
    delete settings['evictionSoftGracePeriod'];
    const parsed = Object.entries(grace).map(([signal, text]) => [signal, parseDuration(text) ?? Number.NaN]);
    settings['evictionSoftGracePeriodMs'] = Object.fromEntries(parsed);
  }
  if (ports) settings['nodePortRange'] = ports.split('-').map(Number);
  return settings;
}

function scoringStrategyOf({ type, resources, shape }: NonNullable<SettingsInput['schedulerScoringStrategy']>): object {
  return { type, resources: resources ?? DEFAULT_RESOURCES, ...(shape ? { shape } : {}) };
}
