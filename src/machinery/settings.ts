/** One point of the shape of RequestedToCapacityRatio: utilization 0 … 100 gives a score 0 … 10. */
export interface UtilizationPoint {
  utilization: number;
  score: number;
}

/** KubeSchedulerConfiguration: NodeResourcesFitArgs.scoringStrategy. */
export interface ScoringStrategy {
  type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  resources: readonly { name: string; weight: number }[];
  /** For RequestedToCapacityRatio, by rising utilization. */
  shape?: readonly UtilizationPoint[];
}

/**
 * The options of a cluster's control plane and kubelets that a user may set at `createCluster`. Defaults are those of
 * Kubernetes v1.36 (kube-controller-manager, kube-scheduler and kubelet reference pages). Durations are milliseconds.
 */
export interface ClusterSettings {
  /** kube-controller-manager --node-monitor-grace-period */
  nodeMonitorGracePeriodMs: number;
  /** kube-controller-manager --node-startup-grace-period */
  nodeStartupGracePeriodMs: number;
  /** kube-controller-manager --node-eviction-rate: nodes a second that are given up in a zone */
  nodeEvictionRate: number;
  /** kube-controller-manager --secondary-node-eviction-rate: the same in a large zone that is partly down */
  secondaryNodeEvictionRate: number;
  /** kube-controller-manager --unhealthy-zone-threshold: the share of lost nodes that makes a zone partly down */
  unhealthyZoneThreshold: number;
  /** kube-controller-manager --large-cluster-size-threshold: a zone of more nodes is large */
  largeClusterSizeThreshold: number;
  /** kube-controller-manager --horizontal-pod-autoscaler-sync-period */
  hpaSyncPeriodMs: number;
  /** kube-controller-manager --horizontal-pod-autoscaler-downscale-stabilization */
  hpaDownscaleStabilizationMs: number;
  /** kube-controller-manager --horizontal-pod-autoscaler-cpu-initialization-period */
  hpaCpuInitializationPeriodMs: number;
  /** kube-controller-manager --horizontal-pod-autoscaler-initial-readiness-delay */
  hpaInitialReadinessDelayMs: number;
  /** kube-controller-manager --horizontal-pod-autoscaler-tolerance */
  hpaTolerance: number;
  /** kube-controller-manager --terminated-pod-gc-threshold */
  terminatedPodGcThreshold: number;
  /** kube-apiserver --default-not-ready-toleration-seconds */
  defaultNotReadyTolerationSeconds: number;
  /** kube-apiserver --default-unreachable-toleration-seconds */
  defaultUnreachableTolerationSeconds: number;
  /** kube-apiserver --event-ttl */
  eventTtlMs: number;
  /** kube-apiserver --service-cluster-ip-range; two ranges of different families, by a comma, for both */
  serviceCidr: string;
  /** kube-controller-manager --cluster-cidr; every node gets a /24 (IPv4) or /64 (IPv6) of each range, by commas */
  clusterCidr: string;
  /** kube-apiserver --service-node-port-range */
  nodePortRange: [number, number];
  /** kubelet clusterDomain */
  clusterDomain: string;
  /** kube-proxy iptables.minSyncPeriod: so long after a change of endpoints the nodes still route by the old ones. */
  kubeProxyMinSyncPeriodMs: number;
  /** kubelet maxContainerBackOff */
  maxContainerRestartPeriodMs: number;
  /** kubelet kubeReserved, by resource: what pods cannot have of a machine */
  kubeReserved: Readonly<Record<string, string>>;
  /** kubelet systemReserved, by resource: the same */
  systemReserved: Readonly<Record<string, string>>;
  /** kubelet maxPods: how many pods a new machine takes, unless it says so itself */
  maxPods: number;
  /**
   * kubelet evictionHard, by signal: a quantity, or a share of the capacity ("10%"). Upstream has no default for
   * pid.available; the one here lets PID pressure be modelled.
   */
  evictionHard: Readonly<Record<string, string>>;
  /** kubelet evictionSoft, by signal: as evictionHard, but only after the signal's grace period */
  evictionSoft: Readonly<Record<string, string>>;
  /** kubelet evictionSoftGracePeriod, by signal, in milliseconds; every signal of evictionSoft has one */
  evictionSoftGracePeriodMs: Readonly<Record<string, number>>;
  /** kubelet evictionMaxPodGracePeriod: the grace of a pod that a soft threshold evicts, at most */
  evictionMaxPodGracePeriodSeconds: number;
  /** kubelet evictionMinimumReclaim, by signal: a quantity or a share; pods go until so much more is free */
  evictionMinimumReclaim: Readonly<Record<string, string>>;
  /** kubelet evictionPressureTransitionPeriod */
  evictionPressureTransitionPeriodMs: number;
  /** kubelet shutdownGracePeriod: 0 turns the machine off at once */
  shutdownGracePeriodMs: number;
  /** kubelet shutdownGracePeriodCriticalPods: the part of it that is kept for critical pods */
  shutdownGracePeriodCriticalPodsMs: number;
  /** kube-scheduler NodeResourcesFitArgs.scoringStrategy */
  schedulerScoringStrategy: ScoringStrategy;
  /** kube-scheduler podInitialBackoffSeconds */
  schedulerInitialBackoffMs: number;
  /** kube-scheduler podMaxBackoffSeconds */
  schedulerMaxBackoffMs: number;
  /** kube-scheduler feature gate SchedulerPopFromBackoffQ: pods that back off are tried when nothing else waits. */
  schedulerPopFromBackoff: boolean;
  /** kube-scheduler --pod-max-in-unschedulable-pods-duration */
  schedulerMaxUnschedulableMs: number;
  /** kube-scheduler InterPodAffinityArgs.hardPodAffinityWeight */
  schedulerHardPodAffinityWeight: number;
}

export const DEFAULT_SETTINGS: ClusterSettings = {
  nodeMonitorGracePeriodMs: 50_000,
  nodeStartupGracePeriodMs: 60_000,
  nodeEvictionRate: 0.1,
  secondaryNodeEvictionRate: 0.01,
  unhealthyZoneThreshold: 0.55,
  largeClusterSizeThreshold: 50,
  hpaSyncPeriodMs: 15_000,
  hpaDownscaleStabilizationMs: 300_000,
  hpaCpuInitializationPeriodMs: 300_000,
  hpaInitialReadinessDelayMs: 30_000,
  hpaTolerance: 0.1,
  terminatedPodGcThreshold: 12_500,
  defaultNotReadyTolerationSeconds: 300,
  defaultUnreachableTolerationSeconds: 300,
  eventTtlMs: 3_600_000,
  serviceCidr: '10.96.0.0/12',
  clusterCidr: '10.128.0.0/9',
  nodePortRange: [30_000, 32_767],
  clusterDomain: 'cluster.local',
  kubeProxyMinSyncPeriodMs: 1_000,
  maxContainerRestartPeriodMs: 300_000,
  kubeReserved: {},
  systemReserved: {},
  maxPods: 110,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
    'pid.available': '2000',
  },
  evictionSoft: {},
  evictionSoftGracePeriodMs: {},
  evictionMaxPodGracePeriodSeconds: 0,
  evictionMinimumReclaim: {},
  evictionPressureTransitionPeriodMs: 300_000,
  shutdownGracePeriodMs: 0,
  shutdownGracePeriodCriticalPodsMs: 0,
  schedulerScoringStrategy: {
    type: 'LeastAllocated',
    resources: [
      { name: 'cpu', weight: 1 },
      { name: 'memory', weight: 1 },
    ],
  },
  schedulerInitialBackoffMs: 1_000,
  schedulerMaxBackoffMs: 10_000,
  schedulerPopFromBackoff: true,
  schedulerMaxUnschedulableMs: 300_000,
  schedulerHardPodAffinityWeight: 1,
};

/** The Kubernetes version whose behaviour is modelled, and which nodes report. */
export const KUBERNETES_VERSION = 'v1.36.0';
