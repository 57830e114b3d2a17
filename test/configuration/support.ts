import { environmentOf, type Variable } from '../../src/kinds/pod/environment.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { StringMap } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';

export { kubeletModel, podManifest, podNamed, seconds, statusOf } from '../kubelet/support.ts';

/** A pod of one container whose fields are the YAML given, indented by four. */
export function podWith(container: string, more = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web, tier: front}
  annotations: {note: first}
spec:
  nodeName: node-1
${more}
  containers:
  - name: web
    image: app:1
${container}`;
}

export function configMap(name: string, data: StringMap, more: object = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data, ...more };
}

export function secret(name: string, stringData: StringMap) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, stringData };
}

export function variables(model: Model, container = 'web', pod = 'web', namespace = 'default'): readonly Variable[] {
  const object = model.view.get(Pod, namespace, pod);
  const found = [...(object?.spec.initContainers ?? []), ...(object?.spec.containers ?? [])].find(
    ({ name }) => name === container,
  );
  if (!object || !found) throw new Error(`no container ${container} of ${pod}`);
  return environmentOf(model.view, object, found).variables;
}

/** The variables that do not come from Services, as a shell's `env` would print them. */
export function env(model: Model, container = 'web'): string[] {
  return variables(model, container)
    .filter(({ origin }) => origin.type !== 'SERVICE')
    .map(({ name, value }) => `${name}=${value}`);
}

export function serviceEnv(model: Model, pod = 'web', namespace = 'default'): string[] {
  return variables(model, 'web', pod, namespace)
    .filter(({ origin }) => origin.type === 'SERVICE')
    .map(({ name, value }) => `${name}=${value}`);
}

/** Makes the container exit once, so that it is started again a second later. */
export function crash(model: Model): void {
  const { errors } = model.command('injectFault', {
    fault: { containerExit: { pods: 'app=web', exitCode: 1 } },
    durationMs: 500,
  });
  if (errors?.[0]) throw new Error(errors[0].message);
}
