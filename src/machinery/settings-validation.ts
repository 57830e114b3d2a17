import { parseRange } from './ip-address.ts';
import { parseQuantity } from './quantity.ts';
import type { ClusterSettings, ScoringStrategy } from './settings.ts';
import { formatDuration } from './time.ts';

/**
 * What the components of a control plane refuse to start with. Sources: pkg/kubelet/apis/config/validation,
 * pkg/kubelet/eviction/helpers.go (ParseThresholdConfig), pkg/scheduler/apis/config/validation,
 * cmd/kube-controller-manager/app/options.
 */

export interface SettingProblem {
  /** The setting as `createCluster` names it. */
  setting: string;
  value: string;
  message: string;
}

const NOT_NEGATIVE = 'must be greater than or equal to 0';

/** Settings that are lengths of time and may be nothing, and those that may not. */
const DURATIONS = [
  'nodeMonitorGracePeriodMs',
  'nodeStartupGracePeriodMs',
  'eventTtlMs',
  'maxContainerRestartPeriodMs',
  'evictionPressureTransitionPeriodMs',
  'shutdownGracePeriodMs',
  'shutdownGracePeriodCriticalPodsMs',
  'kubeProxyMinSyncPeriodMs',
  'hpaDownscaleStabilizationMs',
  'hpaCpuInitializationPeriodMs',
  'hpaInitialReadinessDelayMs',
] as const;
const PERIODS = [
  'hpaSyncPeriodMs',
  'schedulerInitialBackoffMs',
  'schedulerMaxBackoffMs',
  'schedulerMaxUnschedulableMs',
] as const;
const NUMBERS = [
  'nodeEvictionRate',
  'secondaryNodeEvictionRate',
  'largeClusterSizeThreshold',
  'hpaTolerance',
  'terminatedPodGcThreshold',
  'defaultNotReadyTolerationSeconds',
  'defaultUnreachableTolerationSeconds',
  'evictionMaxPodGracePeriodSeconds',
  'maxPods',
] as const;

/** What is wrong with settings, in the order in which it is looked at; empty where nothing is. */
export function validateSettings(settings: ClusterSettings): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const add = (setting: string, value: unknown, message: string) =>
    problems.push({ setting, value: typeof value === 'string' ? JSON.stringify(value) : String(value), message });
  for (const name of DURATIONS)
    if (!(settings[name] >= 0)) add(plain(name), formatDuration(settings[name]), NOT_NEGATIVE);
  for (const name of PERIODS) {
    if (!(settings[name] > 0)) add(plain(name), formatDuration(settings[name]), 'must be greater than 0');
  }
  for (const name of NUMBERS) if (!(settings[name] >= 0)) add(name, settings[name], NOT_NEGATIVE);
  const { unhealthyZoneThreshold: share, schedulerHardPodAffinityWeight: weight, nodePortRange } = settings;
  if (!(share >= 0 && share <= 1)) add('unhealthyZoneThreshold', share, 'must be between 0 and 1');
  if (!(weight >= 0 && weight <= 100)) add('schedulerHardPodAffinityWeight', weight, 'must be between 0 and 100');
  if (settings.schedulerMaxBackoffMs < settings.schedulerInitialBackoffMs) {
    const message = 'must be greater than or equal to schedulerInitialBackoff';
    add('schedulerMaxBackoff', formatDuration(settings.schedulerMaxBackoffMs), message);
  }
  if (settings.shutdownGracePeriodCriticalPodsMs > settings.shutdownGracePeriodMs) {
    const message = 'must be less than or equal to shutdownGracePeriod';
    add('shutdownGracePeriodCriticalPods', formatDuration(settings.shutdownGracePeriodCriticalPodsMs), message);
  }
  if (!isPortRange(nodePortRange))
    add('nodePortRange', nodePortRange.join('-'), 'must be a range of ports: 30000-32767');
  for (const name of ['serviceCidr', 'clusterCidr'] as const) {
    const families = settings[name].split(',').map((text) => parseRange(text.trim())?.family);
    if (families.includes(undefined)) add(name, settings[name], 'must be a range of addresses: 10.96.0.0/12');
    else if (new Set(families).size < families.length) {
      add(name, settings[name], 'must be one range of addresses, or one of each IP family');
    }
  }
  for (const setting of ['kubeReserved', 'systemReserved'] as const) {
    for (const [resource, text] of Object.entries(settings[setting])) {
      if (!((parseQuantity(text) ?? -1) >= 0)) add(setting, `${resource}: ${text}`, 'must be a quantity');
    }
  }
  problems.push(...validateThresholds(settings), ...validateStrategy(settings.schedulerScoringStrategy));
  return problems;
}

function plain(name: string): string {
  return name.replace(/Ms$/, '');
}

function isPortRange(range: readonly number[]): boolean {
  const [first = 0, last = 0] = range;
  return (
    range.length === 2 && range.every((port) => Number.isInteger(port)) && first >= 1 && first <= last && last < 65_536
  );
}

const SIGNALS = new Set([
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'containerfs.available',
  'containerfs.inodesFree',
  'allocatableMemory.available',
  'pid.available',
]);

function validateThresholds(settings: ClusterSettings): SettingProblem[] {
  const problems: SettingProblem[] = [];
  for (const setting of ['evictionHard', 'evictionSoft', 'evictionMinimumReclaim'] as const) {
    for (const [signal, text] of Object.entries(settings[setting])) {
      const value = JSON.stringify(`${signal}: ${text}`);
      if (!SIGNALS.has(signal)) problems.push({ setting, value, message: `unsupported eviction signal ${signal}` });
      else if (!isAmount(text)) problems.push({ setting, value, message: 'must be a quantity or a percentage' });
    }
  }
  const grace = settings.evictionSoftGracePeriodMs;
  for (const signal of Object.keys(settings.evictionSoft)) {
    const message = `grace period must be specified for the soft eviction threshold ${signal}`;
    if (grace[signal] === undefined) problems.push({ setting: 'evictionSoft', value: JSON.stringify(signal), message });
  }
  for (const [signal, ms] of Object.entries(grace)) {
    if (ms > 0) continue;
    const message = 'must be a duration greater than 0';
    problems.push({ setting: 'evictionSoftGracePeriod', value: JSON.stringify(signal), message });
  }
  return problems;
}

function isAmount(text: string): boolean {
  if (!text.endsWith('%')) return (parseQuantity(text) ?? -1) >= 0;
  const percent = Number(text.slice(0, -1));
  return percent >= 0 && percent <= 100;
}

const MAX_UTILIZATION = 100;
const MAX_SHAPE_SCORE = 10;

function validateStrategy({ type, resources, shape = [] }: ScoringStrategy): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const add = (value: unknown, message: string) =>
    problems.push({ setting: 'schedulerScoringStrategy', value: String(value), message });
  for (const { name, weight } of resources) {
    if (!(weight >= 1 && weight <= 100)) add(weight, `weight of ${name} must be between 1 and 100`);
  }
  if (type !== 'RequestedToCapacityRatio') return problems;
  if (shape.length === 0) add('[]', 'at least one point must be specified');
  for (const [index, { utilization, score }] of shape.entries()) {
    if (!(utilization >= 0 && utilization <= MAX_UTILIZATION))
      add(utilization, 'utilization must be between 0 and 100');
    if (!(score >= 0 && score <= MAX_SHAPE_SCORE)) add(score, 'score must be between 0 and 10');
    const before = shape[index - 1];
    if (before && before.utilization >= utilization)
      add(utilization, 'utilization values must be sorted in increasing order');
  }
  return problems;
}
