import { forbidden, invalid, invalidObject, notFoundField, type FieldProblem } from '../../machinery/api-error.ts';
import { findTarget, outcomeOf, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import type { StringMap } from '../../machinery/object.ts';
import { qualityOfService } from './quality-of-service.ts';
import { Pod, type Container } from './types.ts';

type ContainerResources = NonNullable<Container['resources']>;

export interface ResizePodInput extends TargetInput {
  /** The name of a container or sidecar. */
  container: string;
  /** Amounts that change; what is not named stays. */
  requests?: StringMap | undefined;
  limits?: StringMap | undefined;
}

/**
 * The resize subresource (kubectl patch --subresource resize): asks the kubelet for other CPU and memory of a container.
 * Source: pkg/apis/core/validation/validation.go (ValidatePodResize).
 */
export const resizePod: CommandHandler<ResizePodInput> = {
  name: 'resizePod',
  handle(input, api) {
    const target = findTarget(api, Pod, input);
    if (!target.ok) return outcomeOf(target);
    const old = target.value;
    const place = placeOf(old, input.container);
    if (!place) return refused(old, [notFoundField('container', input.container)]);
    const list = [...(old.spec[place.list] ?? [])];
    const before = list[place.index];
    if (!before) return refused(old, [notFoundField('container', input.container)]);
    const resources = merged(before.resources ?? {}, input);
    if (deepEqual(resources, before.resources ?? {})) return outcomeOf(target);
    list[place.index] = { ...before, resources };
    const pod: Pod = { ...old, spec: { ...old.spec, [place.list]: list } };
    const runtime = { ...old.runtime, resizes: (old.runtime?.resizes ?? 0) + 1 };
    return outcomeOf(api.update<Pod>({ ...pod, runtime }));
  },
};

function refused(pod: Pod, problems: readonly FieldProblem[]) {
  return { errors: [invalidObject('Pod', '', pod.metadata.name, problems)] };
}

interface Place {
  list: 'containers' | 'initContainers';
  index: number;
}

function placeOf({ spec }: Pod, name: string): Place | undefined {
  for (const list of ['containers', 'initContainers'] as const) {
    const index = spec[list]?.findIndex((container) => container.name === name) ?? -1;
    if (index >= 0) return { list, index };
  }
  return undefined;
}

function merged(before: ContainerResources, { requests, limits }: ResizePodInput): ContainerResources {
  return {
    ...before,
    ...(limits ? { limits: { ...before.limits, ...limits } } : {}),
    ...(requests ? { requests: { ...before.requests, ...requests } } : {}),
  };
}

/** What a resize may change, and into what: called for every update that is one. */
export function validateResize(pod: Pod, old: Pod): FieldProblem[] {
  const { resources: ofPod, os } = old.spec;
  if (Object.keys({ ...ofPod?.requests, ...ofPod?.limits }).length > 0) {
    return [forbidden('', 'pods with pod-level resources cannot be resized')];
  }
  if (old.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) {
    return [forbidden('', 'static pods cannot be resized')];
  }
  if (os?.name === 'windows') return [forbidden('', 'windows pods cannot be resized')];
  const problems: FieldProblem[] = [];
  const was = old.status.qosClass ?? qualityOfService(old.spec);
  if (was !== qualityOfService(pod.spec)) {
    problems.push(invalid('spec', was, 'Pod QOS Class may not change as a result of resizing'));
  }
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (pod.spec[list] ?? []).entries()) {
      const before = old.spec[list]?.[index]?.resources ?? {};
      const after = container.resources ?? {};
      if (deepEqual(before, after)) continue;
      if (list === 'initContainers' && container.restartPolicy !== 'Always') {
        const words = 'resources for non-sidecar init containers are immutable';
        problems.push(forbidden(`spec.${list}[${index}].resources`, words));
      } else if (changesOthers(before, after)) {
        problems.push(forbidden('spec', 'only cpu and memory resources are mutable'));
      }
    }
  }
  return problems;
}

function changesOthers(before: ContainerResources, after: ContainerResources): boolean {
  return (['requests', 'limits'] as const).some((part) => {
    const { cpu: _, memory: __, ...was }: Record<string, unknown> = before[part] ?? {};
    const { cpu: ___, memory: ____, ...is }: Record<string, unknown> = after[part] ?? {};
    return !deepEqual(was, is);
  });
}
