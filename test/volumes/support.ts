import { containerOf, execProblem, fileSystemOf, listDirectory, pathIn } from '../../src/kinds/pod/container-files.ts';
import type { WriteFileInput } from '../../src/kinds/pod/commands-files.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { CommandOutcome } from '../../src/machinery/controller.ts';
import { podNamed } from '../kubelet/support.ts';
import type { Model } from '../support/model.ts';

/** A file as a person gives it: pod and container as `pod` or `pod/container`. */
type Written = Omit<WriteFileInput, 'target' | 'container' | 'path'>;

export function write(model: Model, where: string, path: string, content: string | Written = 'x'): string {
  const fields = typeof content === 'string' ? { content } : content;
  return sentence(model.command('writeFile', { ...targetOf(where), path, ...fields }));
}

export function remove(model: Model, where: string, path: string): string {
  return sentence(model.command('deleteFile', { ...targetOf(where), path }));
}

/** 'ok', or the sentence of the refusal. */
export function sentence(outcome: CommandOutcome): string {
  return outcome.errors?.[0]?.message ?? 'ok';
}

export function targetOf(where: string): Pick<WriteFileInput, 'target' | 'container'> {
  const [name = '', container] = where.split('/');
  const target = { kindKey: Pod.key, namespace: 'default', name };
  return container === undefined ? { target } : { target, container };
}

/** The content of a file as a container sees it now; undefined where there is none, an error where it does not run. */
export function read(model: Model, where: string, path: string): string | undefined {
  return entry(model, where, path)?.content;
}

export function entry(model: Model, where: string, path: string) {
  const { pod, container } = running(model, where);
  return fileSystemOf(model.view, pod, container).files.get(pathIn(container, path));
}

/** All files that a container sees, but for those that every container has, as `path=content`. */
export function all(model: Model, where: string): string[] {
  const { pod, container } = running(model, where);
  return [...fileSystemOf(model.view, pod, container).files.values()]
    .filter(({ path }) => !/^\/etc\/(hosts|hostname|resolv\.conf)$/.test(path))
    .map(({ path, content }) => `${path}=${content ?? '?'}`)
    .sort();
}

export function list(model: Model, where: string, path: string): string[] {
  const { pod, container } = running(model, where);
  const listed = listDirectory(fileSystemOf(model.view, pod, container), path);
  if (!listed.ok) return [listed.error];
  return [...listed.directories.map((directory) => `${directory}/`), ...listed.files.map((file) => file.path)];
}

function running(model: Model, where: string) {
  const [name = '', wanted] = where.split('/');
  const pod = podNamed(model, name);
  if (!pod) throw new Error(`there is no pod ${name}`);
  const container = containerOf(pod, wanted ?? pod.spec.containers[0]?.name ?? '');
  const problem = execProblem(model.view, pod, wanted ?? pod.spec.containers[0]?.name ?? '');
  if (problem !== undefined || !container) throw new Error(problem);
  return { pod, container };
}
