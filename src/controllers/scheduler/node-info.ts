import type { Node } from '../../kinds/node/types.ts';
import type { PodInfo } from './pod-info.ts';
import { addAmounts, amountsOf, cloneAmounts, noAmounts, type Amounts } from '../../kinds/pod/amounts.ts';
import { UsedPorts } from '../../kinds/pod/host-ports.ts';
import { wholeValue } from '../../machinery/quantity.ts';

/**
 * A node with the sums over the pods on it. Source: pkg/scheduler/framework/types.go (NodeInfo).
 * It counts pods only; whoever changes a shared one tells the snapshot it belongs to.
 */
export class NodeInfo {
  node: Node;
  allocatable: Amounts = noAmounts();
  allowedPods = 0;
  requested: Amounts = noAmounts();
  nonZeroMilliCpu = 0;
  nonZeroMemory = 0;
  usedPorts = new UsedPorts();
  /** In the order in which they came. */
  readonly pods = new Map<string, PodInfo>();
  readonly podsWithAffinity = new Map<string, PodInfo>();
  readonly podsWithRequiredAntiAffinity = new Map<string, PodInfo>();

  constructor(node: Node) {
    this.node = node;
    this.setNode(node);
  }

  get name(): string {
    return this.node.metadata.name;
  }

  setNode(node: Node): void {
    this.node = node;
    const allocatable = node.status?.allocatable;
    this.allocatable = amountsOf(allocatable);
    this.allowedPods = wholeValue(allocatable?.['pods']);
  }

  addPod(info: PodInfo): void {
    this.pods.set(info.uid, info);
    if (info.hasAffinity) this.podsWithAffinity.set(info.uid, info);
    if (info.requiredAntiAffinity.length > 0) this.podsWithRequiredAntiAffinity.set(info.uid, info);
    for (const port of info.hostPorts) this.usedPorts.add(port);
    this.count(info, 1);
  }

  /** Takes a pod away by its uid; returns what was known of it. */
  removePod(uid: string): PodInfo | undefined {
    const info = this.pods.get(uid);
    if (!info) return undefined;
    this.pods.delete(uid);
    this.podsWithAffinity.delete(uid);
    this.podsWithRequiredAntiAffinity.delete(uid);
    for (const port of info.hostPorts) this.usedPorts.remove(port);
    this.count(info, -1);
    return info;
  }

  clone(): NodeInfo {
    const copy = new NodeInfo(this.node);
    copy.requested = cloneAmounts(this.requested);
    copy.nonZeroMilliCpu = this.nonZeroMilliCpu;
    copy.nonZeroMemory = this.nonZeroMemory;
    copy.usedPorts = this.usedPorts.clone();
    for (const [uid, info] of this.pods) copy.pods.set(uid, info);
    for (const [uid, info] of this.podsWithAffinity) copy.podsWithAffinity.set(uid, info);
    for (const [uid, info] of this.podsWithRequiredAntiAffinity) copy.podsWithRequiredAntiAffinity.set(uid, info);
    return copy;
  }

  private count(info: PodInfo, sign: 1 | -1): void {
    const { requests, nonZeroMilliCpu, nonZeroMemory } = info.resources;
    addAmounts(this.requested, requests, sign);
    this.nonZeroMilliCpu += sign * nonZeroMilliCpu;
    this.nonZeroMemory += sign * nonZeroMemory;
  }
}
