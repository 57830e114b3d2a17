import { invalid, invalidObject } from '../../machinery/api-error.ts';
import { findTarget, outcomeOf, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler } from '../../machinery/controller.ts';
import type { Kind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

export interface ScaleInput extends TargetInput {
  replicas: number;
}

/** An object with the scale subresource. */
interface Scalable extends KubeObject {
  spec: { replicas?: number };
}

/**
 * The command that sets `spec.replicas` of one kind, as `kubectl scale` does through the scale subresource. A number
 * below zero is refused in the words of autoscaling/v1 Scale.
 * Source: pkg/apis/autoscaling/validation/validation.go (ValidateScale).
 */
export function scaleCommand<T extends Scalable>(name: string, kind: Kind<T>): CommandHandler<ScaleInput> {
  return {
    name,
    handle(input, api) {
      const found = findTarget(api, kind, input);
      if (!found.ok) return outcomeOf(found);
      if (!Number.isInteger(input.replicas) || input.replicas < 0) {
        const problem = invalid('spec.replicas', input.replicas, 'must be greater than or equal to 0');
        const error = invalidObject('Scale', 'autoscaling', input.target.name, [problem]);
        return outcomeOf({ ok: false, error }, ['input', 'replicas']);
      }
      const object = found.value;
      return outcomeOf(api.update<T>({ ...object, spec: { ...object.spec, replicas: input.replicas } }));
    },
  };
}
