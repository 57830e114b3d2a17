import { scaleCommand } from '../../controllers/replicas/scale.ts';
import type { Container, PodSpec, PodTemplateSpec } from '../pod/types.ts';
import { replicaSetsOf } from '../replicaset/queries.ts';
import { fail, ok, type Result } from '../../machinery/api-error.ts';
import { findTarget, outcomeOf, referenceTo, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler, CommandOutcome, ObjectApi } from '../../machinery/controller.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { RESTARTED_AT } from './annotations.ts';
import { revisionToRollBackTo, type Rollback } from './history-queries.ts';
import { rolledBackTo } from './rollback.ts';
import { sameTemplate } from './template.ts';
import { Deployment } from './types.ts';

/** What kubectl does to Deployments, with its refusals. Source: kubectl pkg/polymorphichelpers, pkg/cmd/set, pkg/cmd/rollout. */

/** A command that replaces a Deployment by another one made of it. */
function changing<Input extends TargetInput>(
  name: string,
  change: (deployment: Deployment, input: Input, api: ObjectApi) => Result<Deployment>,
): CommandHandler<Input> {
  return {
    name,
    handle(input, api) {
      const found = findTarget(api, Deployment, input);
      if (!found.ok) return outcomeOf(found);
      const changed = change(found.value, input, api);
      return outcomeOf(changed.ok ? api.update(changed.value) : changed);
    },
  };
}

function refusal(deployment: Deployment, why: string): Result<Deployment> {
  return fail('BadRequest', `deployments.apps "${deployment.metadata.name}" ${why}`);
}

function withTemplate(deployment: Deployment, template: PodTemplateSpec): Deployment {
  return { ...deployment, spec: { ...deployment.spec, template } };
}

/** kubectl scale deployment */
export const scaleDeployment = scaleCommand('scaleDeployment', Deployment);

export interface SetImageInput extends TargetInput {
  /** A container's name, an init container's included; `*` for all of them. */
  container: string;
  image: string;
}

/** kubectl set image deployment */
export const setImage = changing<SetImageInput>('setImage', (deployment, { container, image }) => {
  const { template } = deployment.spec;
  const isMeant = ({ name }: Container) => container === '*' || name === container;
  const { containers, initContainers } = template.spec;
  if (![...containers, ...(initContainers ?? [])].some(isMeant)) {
    return fail('BadRequest', `unable to find container named ${JSON.stringify(container)}`);
  }
  const replaced = (list: Container[]) => list.map((each) => (isMeant(each) ? { ...each, image } : each));
  const spec: PodSpec = { ...template.spec, containers: replaced(containers) };
  if (initContainers) spec.initContainers = replaced(initContainers);
  return ok(withTemplate(deployment, { ...template, spec }));
});

/** kubectl rollout restart deployment */
export const restartDeployment = changing<TargetInput>('restartDeployment', (deployment, _input, api) => {
  const { name } = deployment.metadata;
  if (deployment.spec.paused) {
    return refusal(deployment, "can't restart paused deployment (run rollout resume first)");
  }
  const { template } = deployment.spec;
  const now = toTimestamp(api.now);
  if (template.metadata?.annotations?.[RESTARTED_AT] === now) {
    const why = `failed to create patch for ${name}: if restart has already been triggered within the past second, please wait before attempting to trigger another`;
    return fail('BadRequest', why);
  }
  const annotations = { ...template.metadata?.annotations, [RESTARTED_AT]: now };
  return ok(withTemplate(deployment, { ...template, metadata: { ...template.metadata, annotations } }));
});

/** kubectl rollout pause deployment */
export const pauseDeployment = changing<TargetInput>('pauseDeployment', (deployment) => {
  if (deployment.spec.paused) return refusal(deployment, 'is already paused');
  return ok({ ...deployment, spec: { ...deployment.spec, paused: true } });
});

/** kubectl rollout resume deployment */
export const resumeDeployment = changing<TargetInput>('resumeDeployment', (deployment) => {
  if (!deployment.spec.paused) return refusal(deployment, 'is not paused');
  const { paused: _paused, ...spec } = deployment.spec;
  return ok({ ...deployment, spec });
});

export interface RollbackInput extends TargetInput {
  /** The revision to go back to; 0 or none: the one before the current one. */
  toRevision?: number | undefined;
}

/**
 * kubectl rollout undo deployment. Where the template is that of the revision already nothing is done, and the outcome's
 * `data.message` says so in kubectl's words.
 */
export const rollbackDeployment: CommandHandler<RollbackInput> = {
  name: 'rollbackDeployment',
  handle(input, api) {
    const found = findTarget(api, Deployment, input);
    if (!found.ok) return outcomeOf(found);
    const deployment = found.value;
    const target = revisionToRollBackTo(deployment, replicaSetsOf(api, deployment), input.toRevision ?? 0);
    return target.ok ? rollBackTo(deployment, target.value, api) : outcomeOf(target, ['input', 'toRevision']);
  },
};

function rollBackTo(deployment: Deployment, { replicaSet, asked }: Rollback, api: ObjectApi): CommandOutcome {
  if (deployment.spec.paused) {
    const why = "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again";
    return outcomeOf(fail('BadRequest', why));
  }
  if (sameTemplate(replicaSet.spec.template, deployment.spec.template)) {
    const message = `skipped rollback (current template already matches revision ${asked})`;
    return { objects: [referenceTo(deployment)], data: { message } };
  }
  const outcome = outcomeOf(api.update(rolledBackTo(deployment, replicaSet)));
  return outcome.errors ? outcome : { ...outcome, data: { message: 'rolled back' } };
}
