import { watch, watchSelf, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { randomUid } from '../../machinery/random.ts';
import { KUBERNETES_VERSION } from '../../machinery/settings.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { silentSince } from '../fault/queries.ts';
import { Fault, silentNodes } from '../fault/types.ts';
import { freeNodeAddress } from './addresses.ts';
import { allocatableOf } from './allocatable.ts';
import { nodeCondition } from './queries.ts';
import { HOSTNAME_LABEL, Node, type NodeCondition } from './types.ts';

/**
 * What a kubelet posts when it registers its node: labels, addresses, capacity, node information, conditions. Anything
 * the object has already (a manifest with a status) is kept. Source: pkg/kubelet/kubelet_node_status.go and nodestatus/.
 */
export const nodeRegistration: Controller = {
  name: 'node-registration',
  watches: [
    watchSelf(Node),
    watch(Fault, ({ old, new: fault }) => [old, fault].flatMap((changed) => (changed ? silentNodes(changed) : []))),
  ],
  reconcile(key, api) {
    const node = api.getByKey(Node, key);
    if (node && !node.metadata.deletionTimestamp && silentSince(api, key) === undefined) register(node, api);
  },
};

function register(node: Node, api: ControllerApi): void {
  const labelled = withLabels(node);
  const stored = labelled === node ? node : valueOr(api.update(labelled), node);
  const status = reportedStatus(stored, api);
  if (status === stored.status) return;
  const wasReady = nodeCondition(stored, 'Ready')?.status === 'True';
  const updated = api.updateStatus({ ...stored, status });
  if (!updated.ok || wasReady) return;
  const ready = nodeCondition(updated.value, 'Ready')?.status === 'True';
  if (ready) {
    const { name } = node.metadata;
    const message = `Node ${name} status is now: NodeReady`;
    api.event(updated.value, 'Normal', 'NodeReady', message, { source: 'kubelet', host: name });
  }
}

function valueOr<T>(result: { ok: true; value: T } | { ok: false }, fallback: T): T {
  return result.ok ? result.value : fallback;
}

/** The labels a kubelet gives its node, and the beta ones that the node controller keeps equal to them. */
function withLabels(node: Node): Node {
  const labels = node.metadata.labels ?? {};
  const os = labels['kubernetes.io/os'] ?? 'linux';
  const arch = labels['kubernetes.io/arch'] ?? 'amd64';
  const wanted: Record<string, string> = {
    'beta.kubernetes.io/arch': arch,
    'beta.kubernetes.io/os': os,
    'kubernetes.io/arch': arch,
    [HOSTNAME_LABEL]: labels[HOSTNAME_LABEL] ?? node.metadata.name,
    'kubernetes.io/os': os,
  };
  if (Object.keys(wanted).every((key) => labels[key] === wanted[key])) return node;
  return { ...node, metadata: { ...node.metadata, labels: { ...labels, ...wanted } } };
}

/** A node of which nothing else is said. */
export const DEFAULT_CAPACITY = {
  cpu: '4',
  'ephemeral-storage': '100Gi',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '16Gi',
  pods: '110',
} as const;

function reportedStatus(node: Node, api: ControllerApi): Node['status'] {
  const { status } = node;
  const conditions = reportedConditions(node, api.now);
  const complete =
    status.capacity?.pods !== undefined &&
    status.allocatable !== undefined &&
    status.addresses !== undefined &&
    status.nodeInfo !== undefined;
  if (complete && conditions === status.conditions) return status;
  const capacity = { ...DEFAULT_CAPACITY, pods: String(api.settings.maxPods), ...status.capacity };
  return {
    ...status,
    capacity,
    allocatable: { ...allocatableOf(capacity, api.settings), ...status.allocatable },
    addresses: status.addresses ?? reportedAddresses(node, api),
    conditions,
    daemonEndpoints: status.daemonEndpoints ?? { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: status.nodeInfo ?? reportedInfo(node, api),
  };
}

function reportedAddresses(node: Node, api: ControllerApi): { type: string; address: string }[] {
  const internal = freeNodeAddress(api);
  const hostname = { type: 'Hostname', address: node.metadata.labels?.[HOSTNAME_LABEL] ?? node.metadata.name };
  return internal === undefined ? [hostname] : [{ type: 'InternalIP', address: internal }, hostname];
}

function reportedInfo(node: Node, api: ControllerApi): NonNullable<Node['status']['nodeInfo']> {
  const { uid, labels } = node.metadata;
  return {
    architecture: labels?.['kubernetes.io/arch'] ?? 'amd64',
    bootID: randomUid(api.seed, 'boot', uid),
    containerRuntimeVersion: 'containerd://2.2.0',
    kernelVersion: '6.12.0-model',
    kubeProxyVersion: '',
    kubeletVersion: KUBERNETES_VERSION,
    machineID: randomUid(api.seed, 'machine', uid).replaceAll('-', ''),
    operatingSystem: labels?.['kubernetes.io/os'] ?? 'linux',
    osImage: 'Orrery (a model, runs nothing)',
    systemUUID: randomUid(api.seed, 'system', uid),
  };
}

const HEALTHY: readonly Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
];

/** The kubelet's four conditions: those that are missing or unknown are posted anew, the others stay as they are. */
function reportedConditions(node: Node, now: number): NodeCondition[] {
  const conditions = node.status.conditions ?? [];
  const stale = HEALTHY.filter(({ type }) => {
    const condition = conditions.find((entry) => entry.type === type);
    return !condition || condition.status === 'Unknown';
  });
  if (stale.length === 0 && node.status.conditions) return node.status.conditions;
  const time = toTimestamp(now);
  const kept = conditions.filter((condition) => !stale.some(({ type }) => type === condition.type));
  const posted = stale.map(({ type, status, reason, message }) => ({
    type,
    status,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
    reason: reason ?? '',
    message: message ?? '',
  }));
  const order = (condition: NodeCondition) => HEALTHY.findIndex(({ type }) => type === condition.type);
  return [...kept, ...posted].sort((left, right) => order(left) - order(right));
}
