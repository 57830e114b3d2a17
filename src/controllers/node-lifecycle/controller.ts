import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { Fault, silentNodes } from '../../kinds/fault/types.ts';
import { isNodeReady } from '../../kinds/node/queries.ts';
import { Node, NOT_READY_NODES, nodesByReadiness, READY_NODES, zoneKey } from '../../kinds/node/types.ts';
import { monitorHealth } from './health.ts';
import { outageTaint, withConditionTaints, withOutageTaint, withTaints } from './taints.ts';
import { reconcileZone } from './zone.ts';

const ZONE_PREFIX = 'zone\n';
const REMOVED_PREFIX = 'removed\n';

/**
 * The node controller: conditions of nodes that are silent, taints for conditions and for cordons, and who is given up
 * when zones fail. Keys are names of nodes and `zone\n<zone>`. Source: pkg/controller/nodelifecycle.
 */
export const nodeLifecycle: Controller = {
  name: 'node-lifecycle-controller',
  watches: [watch(Node, nodeKeys), watch(Fault, faultKeys)],
  reconcile(key, api) {
    if (key.startsWith(ZONE_PREFIX)) reconcileZone(key.slice(ZONE_PREFIX.length), api);
    else if (key.startsWith(REMOVED_PREFIX)) recordRemoval(key.slice(REMOVED_PREFIX.length), api);
    else reconcileNode(key, api);
  },
};

function reconcileNode(name: string, api: ControllerApi): void {
  let node = api.getByKey(Node, name);
  if (!node) return;
  node = recordRegistration(node, api);
  node = monitorHealth(node, api);
  const time = toTimestamp(api.now);
  let taints = withConditionTaints(node, time);
  if (isNodeReady(node) && outageTaint(node)) taints = withOutageTaint(withTaints(node, taints), undefined, time);
  if (taints !== node.spec.taints) api.update(withTaints(node, taints));
}

/** Said once in the life of a node, so that a restart does not repeat it. */
function recordRegistration(node: Node, api: ControllerApi): Node {
  if (node.runtime?.registered) return node;
  const { name } = node.metadata;
  const updated = api.updateStatus<Node>({ ...node, runtime: { ...node.runtime, registered: true } });
  if (!updated.ok) return node;
  const message = `Node ${name} event: Registered Node ${name} in Controller`;
  api.event(node, 'Normal', 'RegisteredNode', message, { source: 'node-controller' });
  return updated.value;
}

function recordRemoval(nameAndUid: string, api: ControllerApi): void {
  const [name = '', uid = ''] = nameAndUid.split('\n');
  const metadata = { name, uid, resourceVersion: '', creationTimestamp: '' };
  const message = `Node ${name} event: Removing Node ${name} from Controller`;
  const node: Node = { apiVersion: Node.apiVersion, kind: Node.kind, metadata, spec: {}, status: {} };
  api.event(node, 'Normal', 'RemovingNode', message, { source: 'node-controller' });
}

function nodeKeys({ old, new: node }: Change<Node>, view: ClusterView): string[] {
  const keys: string[] = [];
  if (node) keys.push(node.metadata.name);
  else if (old) keys.push(`${REMOVED_PREFIX}${old.metadata.name}\n${old.metadata.uid}`);
  const before = old && readiness(old);
  const after = node && readiness(node);
  if (before !== after) {
    for (const changed of [old, node]) if (changed) keys.push(ZONE_PREFIX + zoneKey(changed));
    // The first node to be ready again, or the last to go, changes what holds for every zone.
    const readyNodes = view.countBy(nodesByReadiness, READY_NODES);
    const wasLast = readyNodes === 0 && old !== undefined && isNodeReady(old);
    const isFirst = readyNodes === 1 && node !== undefined && isNodeReady(node);
    if (wasLast || isFirst) {
      const zones = new Set(view.by(nodesByReadiness, NOT_READY_NODES).map(zoneKey));
      for (const zone of zones) keys.push(ZONE_PREFIX + zone);
    }
  } else if (node && old?.spec.taints !== node.spec.taints && !isNodeReady(node)) {
    keys.push(ZONE_PREFIX + zoneKey(node));
  }
  return keys;
}

/** What the health of a zone is made of. */
function readiness(node: Node): string {
  return `${node.status.conditions?.find((condition) => condition.type === 'Ready')?.status} ${zoneKey(node)}`;
}

function faultKeys({ old, new: fault }: Change<Fault>): string[] {
  return [old, fault].flatMap((changed) => (changed ? silentNodes(changed) : []));
}
