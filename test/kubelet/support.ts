import { Event } from '../../src/kinds/event/types.ts';
import { displayPod } from '../../src/kinds/pod/display.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Model, START_MS, type ModelOptions } from '../support/model.ts';

/**
 * Pods on one node. Images are pulled in 2 s and their containers answer at once, unless a test says otherwise, so that
 * every time is known.
 */
export const STEADY = `
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: steady}
spec: {image: '*', pullTime: 2s, startupTime: 0s, shutdownTime: 1s}
`;

export function kubeletModel(options: ModelOptions = {}): Model {
  const model = new Model(options);
  model.create(STEADY, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } });
  return model;
}

/** A pod bound to node-1 whose spec is the YAML given, indented by two. */
export function podManifest(spec: string, name = 'web'): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  nodeName: node-1
${spec}`;
}

export function podNamed(model: Model, name = 'web'): Pod | undefined {
  return model.view.get(Pod, 'default', name);
}

export function statusOf(model: Model, name = 'web'): string {
  const pod = podNamed(model, name);
  return pod ? displayPod(pod).status : 'gone';
}

export interface Moment {
  at: number;
  status: string;
}

/** kubectl's STATUS of a pod, each time it changed, with seconds since the start of the model. */
export function statusHistory(model: Model, name = 'web'): Moment[] {
  const history: Moment[] = [];
  for (const version of model.versions) {
    if (version.kindKey !== 'Pod' || version.object.metadata.name !== name) continue;
    const status = version.type === 'DELETED' ? 'gone' : displayPod(version.object as Pod).status;
    if (history.at(-1)?.status !== status) history.push({ at: (version.time - START_MS) / 1000, status });
  }
  return history;
}

/** The same as text: "0 ContainerCreating, 2 Running". */
export function historyText(model: Model, name = 'web'): string {
  return statusHistory(model, name)
    .map(({ at, status }) => `${at} ${status}`)
    .join(', ');
}

/** Seconds since the start at which the Ready condition changed, with its status. */
export function readyHistory(model: Model, name = 'web'): string {
  const history: string[] = [];
  let last = '';
  for (const version of model.versions) {
    if (version.kindKey !== 'Pod' || version.object.metadata.name !== name || version.type === 'DELETED') continue;
    const ready = (version.object as Pod).status.conditions?.find(({ type }) => type === 'Ready')?.status ?? '';
    if (ready !== last) history.push(`${(version.time - START_MS) / 1000} ${ready}`);
    last = ready;
  }
  return history.join(', ');
}

/** Events of the kubelet about a pod, in order: "Normal Pulled message (×count)". */
export function eventsOf(model: Model, name = 'web'): string[] {
  return model.view
    .list(Event)
    .filter(({ involvedObject, source }) => involvedObject.name === name && source.component === 'kubelet')
    .map(({ type, reason, message, count }) => `${type} ${reason} ${message}${count > 1 ? ` (×${count})` : ''}`);
}

export function seconds(model: Model, value: number): void {
  model.runTo(START_MS + value * 1000);
}
