import {
  revisionsOf,
  revisionTemplate,
  revisionToRollBackTo,
  type HistoryOwner,
} from '../../kinds/controllerrevision/queries.ts';
import { fail } from '../../machinery/api-error.ts';
import { findTarget, outcomeOf, referenceTo, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import type { Kind } from '../../machinery/kind.ts';
import { toTimestamp } from '../../machinery/time.ts';

/** What kubectl rollout does to the kinds that keep ControllerRevisions. Source: kubectl pkg/polymorphichelpers. */

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** The command that replaces every pod by one of a template that differs in an annotation. */
export function restartCommand<T extends HistoryOwner>(name: string, kind: Kind<T>): CommandHandler<TargetInput> {
  return {
    name,
    handle(input, api) {
      const found = findTarget(api, kind, input);
      if (!found.ok) return outcomeOf(found);
      const { template } = found.value.spec;
      const now = toTimestamp(api.now);
      if (template.metadata?.annotations?.[RESTARTED_AT] === now) {
        const why = `failed to create patch for ${input.target.name}: if restart has already been triggered within the past second, please wait before attempting to trigger another`;
        return outcomeOf(fail('BadRequest', why));
      }
      const annotations = { ...template.metadata?.annotations, [RESTARTED_AT]: now };
      const restarted = { ...template, metadata: { ...template.metadata, annotations } };
      return outcomeOf(api.update<T>({ ...found.value, spec: { ...found.value.spec, template: restarted } }));
    },
  };
}

export interface RollbackInput extends TargetInput {
  /** The revision to go back to; 0 or none: the one before the newest. */
  toRevision?: number | undefined;
}

/**
 * The command that puts an older template back. Where it is the present one nothing is done, and the outcome's
 * `data.message` says so in kubectl's words.
 */
export function rollbackCommand<T extends HistoryOwner>(name: string, kind: Kind<T>): CommandHandler<RollbackInput> {
  return {
    name,
    handle(input, api) {
      const found = findTarget(api, kind, input);
      if (!found.ok) return outcomeOf(found);
      const target = revisionToRollBackTo(revisionsOf(api, found.value), input.toRevision ?? 0);
      if (!target.ok) return outcomeOf(target, ['input', 'toRevision']);
      const template = revisionTemplate(target.value);
      if (deepEqual(template, found.value.spec.template)) {
        const message = `skipped rollback (current template already matches revision ${target.value.revision})`;
        return { objects: [referenceTo(found.value)], data: { message } };
      }
      const outcome = outcomeOf(api.update<T>({ ...found.value, spec: { ...found.value.spec, template } }));
      return outcome.errors ? outcome : { ...outcome, data: { message: 'rolled back' } };
    },
  };
}
