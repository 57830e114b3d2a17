import type { Pod, Container } from '../kinds/pod/types.ts';
import { milliValue, wholeValue } from '../machinery/quantity.ts';
import type { RequestedAmounts } from './resources.ts';

interface Amounts {
  cpu: number;
  memory: number;
}

function requestsOf(container: Container): Amounts {
  const requests = container.resources?.requests;
  return { cpu: milliValue(requests?.['cpu']), memory: wholeValue(requests?.['memory']) };
}

/**
 * What a pod asks for: its containers and sidecars together, or its largest init container with the sidecars started
 * before it. Source: component-helpers/resource/helpers.go.
 */
export function podRequests(pod: Pod): Amounts {
  const overhead = pod.spec.overhead;
  const total = { cpu: 0, memory: 0 };
  for (const container of pod.spec.containers) add(total, requestsOf(container));
  const sidecars = { cpu: 0, memory: 0 };
  const largest = { cpu: 0, memory: 0 };
  for (const container of pod.spec.initContainers ?? []) {
    const requests = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      add(total, requests);
      add(sidecars, requests);
      raise(largest, sidecars);
    } else {
      raise(largest, { cpu: sidecars.cpu + requests.cpu, memory: sidecars.memory + requests.memory });
    }
  }
  raise(total, largest);
  add(total, { cpu: milliValue(overhead?.['cpu']), memory: wholeValue(overhead?.['memory']) });
  return total;
}

/** What the pods that still hold their resources ask for together. */
export function requestedBy(pods: Iterable<Pod>): RequestedAmounts {
  const total = { cpu: 0, memory: 0 };
  let count = 0;
  for (const pod of pods) {
    if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') continue;
    add(total, podRequests(pod));
    count++;
  }
  return { cpuMillis: total.cpu, memoryBytes: total.memory, pods: count };
}

function add(total: Amounts, amount: Amounts): void {
  total.cpu += amount.cpu;
  total.memory += amount.memory;
}

function raise(total: Amounts, to: Amounts): void {
  total.cpu = Math.max(total.cpu, to.cpu);
  total.memory = Math.max(total.memory, to.memory);
}
