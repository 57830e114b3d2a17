import { containerOf, execProblem, fileSystemOf } from '../../src/kinds/pod/container-files.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { Model } from '../support/model.ts';
import { apply, cluster, found, MINUTE_MS } from './cluster.ts';

/** What a volume's test pod is given beside the volume: YAML in flow style. */
export interface ReaderOptions {
  /** Of the pod: "securityContext: {fsGroup: 1001}". */
  pod?: string;
  /** Of the container. */
  container?: string;
  /** Of the mount: "subPath: key". */
  mount?: string;
}

/** The pod `reader`, which has one volume at /etc/vol. */
export function readerPod(volume: string, { pod, container, mount }: ReaderOptions = {}): string {
  const [more, own, part] = [pod, container, mount].map((text) => (text ? `, ${text}` : ''));
  return `
apiVersion: v1
kind: Pod
metadata: {name: reader, labels: {key1: value1}, annotations: {builder: bar}}
spec: {restartPolicy: Never, volumes: [{name: vol, ${volume}}]${more}, containers: [
  {name: c, image: agnhost, command: [sleep, infinity], volumeMounts: [{name: vol, mountPath: /etc/vol${part}}]${own}}]}
`;
}

/** A cluster with some objects and the pod `reader`, which runs. */
export function reading(objects: string, volume: string, options?: ReaderOptions): Model {
  const model = cluster(1);
  if (objects) apply(model, objects);
  apply(model, readerPod(volume, options));
  model.run(MINUTE_MS);
  return model;
}

/** A file as a container of a pod sees it now: "content 0644"; "none" where there is none. */
export function fileIn(model: Model, path: string, pod = 'reader', container = 'c'): string {
  const entry = systemOf(model, pod, container).files.get(path);
  return entry ? `${entry.content ?? '?'} 0${entry.mode.toString(8)}` : 'none';
}

export function contentIn(model: Model, path: string, pod = 'reader', container = 'c'): string | undefined {
  return systemOf(model, pod, container).files.get(path)?.content;
}

/** The paths of all files below a directory. */
export function pathsBelow(model: Model, directory: string, pod = 'reader'): string[] {
  return [...systemOf(model, pod, 'c').files.keys()].filter((path) => path.startsWith(`${directory}/`)).sort();
}

export function systemOf(model: Model, name: string, container: string) {
  const pod = found(model, Pod, name);
  const problem = execProblem(model.view, pod, container);
  const spec = containerOf(pod, container);
  if (problem !== undefined || !spec) throw new Error(problem);
  return fileSystemOf(model.view, pod, spec);
}
