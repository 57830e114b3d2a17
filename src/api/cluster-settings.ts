import type { ClusterSettings } from '../machinery/settings.ts';
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
    terminatedPodGcThreshold: t.int({ description: 'kube-controller-manager; default 12500.' }),
    defaultNotReadyTolerationSeconds: t.int({ description: 'kube-apiserver; default 300.' }),
    defaultUnreachableTolerationSeconds: t.int({ description: 'kube-apiserver; default 300.' }),
    eventTtl: t.field({ type: 'Duration', description: 'kube-apiserver; default 1h.' }),
    maxContainerRestartPeriod: t.field({ type: 'Duration', description: 'kubelet; default 5m.' }),
    evictionHard: t.field({
      type: 'StringMap',
      description:
        'kubelet, by signal; default {"memory.available": "100Mi", "nodefs.available": "10%", "pid.available": "2000" …}.',
    }),
    evictionPressureTransitionPeriod: t.field({ type: 'Duration', description: 'kubelet; default 5m.' }),
    shutdownGracePeriod: t.field({ type: 'Duration', description: 'kubelet; default 0s: off at once.' }),
    shutdownGracePeriodCriticalPods: t.field({ type: 'Duration', description: 'kubelet; default 0s.' }),
    clusterDomain: t.string({ description: 'kubelet; default cluster.local.' }),
    kubeProxyMinSyncPeriod: t.field({
      type: 'Duration',
      description: 'kube-proxy: so long after a change of endpoints requests still go to the old ones; default 1s.',
    }),
    serviceCidr: t.string({ description: 'kube-apiserver; default 10.96.0.0/12.' }),
    clusterCidr: t.string({
      description: 'kube-controller-manager; every node gets a /24 of it. Default 10.128.0.0/9.',
    }),
    schedulerScoringStrategy: t.field({
      type: ScoringStrategy,
      description: 'kube-scheduler; default LEAST_ALLOCATED.',
    }),
    schedulerInitialBackoff: t.field({ type: 'Duration', description: 'kube-scheduler; default 1s.' }),
    schedulerMaxBackoff: t.field({ type: 'Duration', description: 'kube-scheduler; default 10s.' }),
    schedulerHardPodAffinityWeight: t.int({ description: 'kube-scheduler; default 1.' }),
  }),
});

const DURATIONS = {
  nodeMonitorGracePeriod: 'nodeMonitorGracePeriodMs',
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

/** The settings of the model that an input stands for; durations are milliseconds there. */
export function settingsOf(
  input: typeof ClusterSettingsInput.$inferInput | null | undefined,
): Partial<ClusterSettings> | undefined {
  if (!input) return undefined;
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    if (value === null || value === undefined) continue;
    if (name === 'schedulerScoringStrategy') {
      const strategy = value as NonNullable<typeof input.schedulerScoringStrategy>;
      const resources = strategy.resources ?? DEFAULT_RESOURCES;
      settings[name] = { type: strategy.type, resources, ...(strategy.shape ? { shape: strategy.shape } : {}) };
    } else {
      settings[name in DURATIONS ? DURATIONS[name as keyof typeof DURATIONS] : name] = value;
    }
  }
  return settings;
}
