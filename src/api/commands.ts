import { notFound } from '../machinery/api-error.ts';
import type { CommandOutcome } from '../machinery/controller.ts';
import type { Kind } from '../machinery/kind.ts';
import { groupOf, type KubeObject } from '../machinery/object.ts';
import type { ClusterReplica, CommandReceipt } from '../machinery/ports.ts';
import { builder } from './builder.ts';
import { liveScope } from './cluster-source.ts';
import type { ApiContext } from './context.ts';
import { findReferenced, isReference } from './object-reference.ts';
import { decodeId } from './global-id.ts';
import { Handle, type Scope } from './handle.ts';
import { userErrorsOf, type UserErrorSource } from './user-errors.ts';

/** From a mutation to a command and back to a payload: what every mutation needs. */

export const Guard = builder.inputType('Guard', {
  description: 'Conditions and promises of a mutation.',
  fields: (t) => ({
    resourceVersion: t.field({
      type: 'Revision',
      description: 'Refuse with CONFLICT unless the object still has this resourceVersion.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Answer as if it were done, and change nothing.' }),
    idempotencyKey: t.string({
      description: 'The same key with the same input is done once; later calls get the stored answer (`replayed`).',
    }),
  }),
});

export type GuardInput = typeof Guard.$inferInput | null | undefined;

/** The source of every payload. */
export interface PayloadSource {
  scope: Scope | undefined;
  revision: number;
  replayed: boolean;
  /** The objects the command names, as they are now (or as they were last, or would be for a dry run). */
  objects: readonly Handle[];
  errors: readonly UserErrorSource[];
  data: unknown;
}

/** Finds what an id, or a reference like `deployment/shop/web`, names; or gives the refusal to show. */
export function findById(
  id: string,
  kind: Kind | undefined,
  context: ApiContext,
): { replica: ClusterReplica; handle: Handle } | UserErrorSource {
  if (isReference(id)) {
    const found = findReferenced(id, context);
    if (!found) return refusal('NOT_FOUND', `there is no ${id}`, ['input', 'id']);
    return ofKind(found.replica, found.object, kind);
  }
  const parts = decodeId(id);
  const replica = parts && context.clusters.get(parts.cluster);
  if (!parts || !replica) return refusal('NOT_FOUND', 'there is no object with this id', ['input', 'id']);
  const object = replica.view.byUid(parts.uid);
  if (!object) {
    const { message } = notFound(
      kind?.plural ?? parts.kindKey.toLowerCase(),
      kind ? groupOf(kind.apiVersion) : '',
      parts.uid,
    );
    return refusal('NOT_FOUND', message, ['input', 'id']);
  }
  return ofKind(replica, object, kind);
}

function ofKind(
  replica: ClusterReplica,
  object: KubeObject,
  kind: Kind | undefined,
): { replica: ClusterReplica; handle: Handle } | UserErrorSource {
  const handle = new Handle(liveScope(replica), object);
  if (kind && handle.kindKey !== kind.key) {
    return refusal('INVALID', `the id names a ${object.kind}, not a ${kind.kind}`, ['input', 'id']);
  }
  return { replica, handle };
}

export function refusal(code: UserErrorSource['code'], message: string, path?: readonly string[]): UserErrorSource {
  return { type: 'Refusal', code, message, path };
}

/** A payload that says only why nothing was done. */
export function refusedPayload(error: UserErrorSource, replica?: ClusterReplica): PayloadSource {
  const scope = replica && liveScope(replica);
  return {
    scope,
    revision: replica?.view.revision ?? 0,
    replayed: false,
    objects: [],
    errors: [error],
    data: undefined,
  };
}

export interface Submission {
  replica: ClusterReplica;
  command: string;
  input: unknown;
  guard: GuardInput;
  /** The object it is about, as it was before. */
  target?: Handle | undefined;
}

/** Submits a command and gives the payload when it is committed. */
export async function submit(submission: Submission, context: ApiContext): Promise<PayloadSource> {
  const { replica, command, input, guard, target } = submission;
  const receipt = await context.clusters.submit({
    cluster: replica.record.name,
    name: command,
    input,
    actor: context.viewer.user,
    idempotencyKey: guard?.idempotencyKey ?? undefined,
    dryRun: guard?.dryRun ?? undefined,
  });
  return payloadOf(replica, receipt, target);
}

function payloadOf(replica: ClusterReplica, receipt: CommandReceipt, target: Handle | undefined): PayloadSource {
  const scope = liveScope(replica);
  const current = target && (scope.view.byUid(target.object.metadata.uid) ?? target.object);
  return {
    scope,
    revision: receipt.revision,
    replayed: receipt.replayed,
    objects: objectsOf(receipt.outcome, scope, target).map((object) => new Handle(scope, object)),
    errors: (receipt.outcome.errors ?? []).flatMap((error) =>
      userErrorsOf(error, current && new Handle(scope, current)),
    ),
    data: receipt.outcome.data,
  };
}

/** Objects that are gone by now are shown as they were before the command. */
function objectsOf(outcome: CommandOutcome, scope: Scope, target: Handle | undefined): KubeObject[] {
  if (outcome.preview) return [...outcome.preview];
  return (outcome.objects ?? []).flatMap(({ uid }) => {
    return scope.view.byUid(uid) ?? (target?.object.metadata.uid === uid ? target.object : []);
  });
}

/** The `TargetInput` of a command (see machinery/command-target.ts). */
export function targetInput({ object, kindKey }: Handle, guard: GuardInput) {
  const { namespace, name, uid } = object.metadata;
  const version = guard?.resourceVersion;
  return {
    target: { kindKey, ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(version === undefined || version === null ? {} : { resourceVersion: String(version) }),
  };
}
