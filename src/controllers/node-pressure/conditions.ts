import { withCondition } from '../../machinery/conditions.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { nodeCondition } from '../../kinds/node/queries.ts';
import {
  PRESSURE_CONDITIONS,
  type Node,
  type NodeCondition,
  type NodeRuntime,
  type PressureCondition,
} from '../../kinds/node/types.ts';

/** The pressure conditions of a node. Source: pkg/kubelet/nodestatus/setters.go (MemoryPressureCondition …). */

interface Words {
  reason: string;
  message: string;
  event: string;
}

const WORDS: Record<PressureCondition, { True: Words; False: Words }> = {
  MemoryPressure: {
    True: {
      reason: 'KubeletHasInsufficientMemory',
      message: 'kubelet has insufficient memory available',
      event: 'NodeHasInsufficientMemory',
    },
    False: {
      reason: 'KubeletHasSufficientMemory',
      message: 'kubelet has sufficient memory available',
      event: 'NodeHasSufficientMemory',
    },
  },
  DiskPressure: {
    True: { reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure', event: 'NodeHasDiskPressure' },
    False: {
      reason: 'KubeletHasNoDiskPressure',
      message: 'kubelet has no disk pressure',
      event: 'NodeHasNoDiskPressure',
    },
  },
  PIDPressure: {
    True: {
      reason: 'KubeletHasInsufficientPID',
      message: 'kubelet has insufficient PID available',
      event: 'NodeHasInsufficientPID',
    },
    False: {
      reason: 'KubeletHasSufficientPID',
      message: 'kubelet has sufficient PID available',
      event: 'NodeHasSufficientPID',
    },
  },
};

export interface PressureReport {
  node: Node;
  /** When the first of the conditions that are no longer driven turns False; undefined when none will. */
  nextAtMs: number | undefined;
}

/**
 * Brings a node's pressure conditions in line with the signals: True at once, False again when the signal has been above
 * its threshold for the transition period.
 */
export function reportPressure(api: ObjectApi, node: Node, driven: ReadonlySet<PressureCondition>): PressureReport {
  const pressure: NonNullable<NodeRuntime['pressure']> = {};
  let nextAtMs: number | undefined;
  for (const type of PRESSURE_CONDITIONS) {
    const before = node.runtime?.pressure?.[type];
    if (driven.has(type)) pressure[type] = {};
    else if (before) {
      const clearedAtMs = before.clearedAtMs ?? api.now;
      const endMs = clearedAtMs + api.settings.evictionPressureTransitionPeriodMs;
      if (endMs <= api.now) continue;
      pressure[type] = { clearedAtMs };
      nextAtMs = Math.min(nextAtMs ?? endMs, endMs);
    }
  }
  return { node: write(api, node, pressure), nextAtMs };
}

function write(api: ObjectApi, node: Node, pressure: NonNullable<NodeRuntime['pressure']>): Node {
  let conditions = node.status.conditions;
  const events: string[] = [];
  for (const type of PRESSURE_CONDITIONS) {
    const current = nodeCondition(node, type);
    const status = pressure[type] ? 'True' : 'False';
    if (!current || current.status === status || current.status === 'Unknown') continue;
    const { reason, message, event } = WORDS[type][status];
    const wanted: NodeCondition = { ...current, status, reason, message, lastHeartbeatTime: toTimestamp(api.now) };
    conditions = withCondition(conditions, wanted, api.now);
    events.push(event);
  }
  const { pressure: before, ...rest } = node.runtime ?? {};
  const wanted = Object.keys(pressure).length > 0 ? pressure : undefined;
  const same = deepEqual(before, wanted);
  if (same && conditions === node.status.conditions) return node;
  const runtime: NodeRuntime = same ? (node.runtime ?? {}) : { ...rest, ...(wanted ? { pressure: wanted } : {}) };
  const status = conditions ? { ...node.status, conditions } : node.status;
  const updated = api.updateStatus<Node>({ ...node, status, runtime });
  if (!updated.ok) return node;
  const { name } = node.metadata;
  for (const event of events) {
    api.event(node, 'Normal', event, `Node ${name} status is now: ${event}`, { source: 'kubelet', host: name });
  }
  return updated.value;
}
