import type {
  ApplyManifestData,
  ApplyManifestInput,
  DocumentResult,
  FieldDifference,
} from '../machinery/apply/types.ts';
import { builder } from './builder.ts';
import { Guard, refusal, refusedPayload, submit, type PayloadSource } from './commands.ts';
import type { ApiContext } from './context.ts';
import { Handle } from './handle.ts';
import { readManifest } from './manifest-reader.ts';
import { defineMutation, Payload } from './mutations.ts';
import { KubeObjectInterface } from './refs.ts';
import { UserError, userErrorsOf } from './user-errors.ts';

const FieldDiff = builder.objectRef<FieldDifference>('FieldDiff').implement({
  description: 'A field that differs. Values of Secrets are masked.',
  fields: (t) => ({
    path: t.exposeString('path'),
    before: t.field({ type: 'JSON', nullable: true, resolve: ({ before }) => before }),
    after: t.field({ type: 'JSON', nullable: true, resolve: ({ after }) => after }),
  }),
});

const ApplyActionEnum = builder.enumType('ApplyAction', {
  values: ['CREATED', 'CONFIGURED', 'UNCHANGED', 'PRUNED', 'FAILED', 'SKIPPED'] as const,
});

interface DocumentSource {
  result: DocumentResult;
  handle: Handle | null;
}

const DocumentResultType = builder.objectRef<DocumentSource>('DocumentResult').implement({
  description: 'What became of one document of a manifest.',
  fields: (t) => ({
    index: t.int({
      description: 'Counted from 0; -1 for an object that was pruned.',
      resolve: ({ result }) => result.index,
    }),
    line: t.int({ description: 'Where it begins in the text, from 1.', resolve: ({ result }) => result.line }),
    ref: t.string({ description: '"deployment.apps/web", as kubectl prints it.', resolve: ({ result }) => result.ref }),
    action: t.field({ type: ApplyActionEnum, resolve: ({ result }) => result.action }),
    object: t.field({ type: KubeObjectInterface, nullable: true, resolve: ({ handle }) => handle }),
    diff: t.field({ type: [FieldDiff], resolve: ({ result }) => result.diff }),
    warnings: t.stringList({
      description: 'What a strict reader would refuse.',
      resolve: ({ result }) => result.warnings,
    }),
    userErrors: t.field({
      type: [UserError],
      resolve: ({ result }) => result.errors.flatMap((error) => userErrorsOf(error)),
    }),
  }),
});

/** The documents of a payload, each with its object as it is (or, for a dry run, would be). */
function documentsOf({ scope, objects, data }: PayloadSource): DocumentSource[] {
  const { documents = [] } = (data ?? {}) as Partial<ApplyManifestData>;
  return documents.map((result) => {
    const uid = result.object?.uid;
    const shown = objects.find(({ object }) => object.metadata.uid === uid);
    const live = uid === undefined || !scope ? undefined : scope.view.byUid(uid);
    return { result, handle: shown ?? (live && scope ? new Handle(scope, live) : null) };
  });
}

const ApplyManifestPayload = builder.objectRef<PayloadSource>('ApplyManifestPayload').implement({
  interfaces: [Payload],
  fields: (t) => ({ documents: t.field({ type: [DocumentResultType], resolve: documentsOf }) }),
});

const ApplyManifestInputType = builder.inputType('ApplyManifestInput', {
  fields: (t) => ({
    cluster: t.string({ defaultValue: 'default' }),
    manifest: t.string({ required: true, description: 'YAML or JSON, any number of documents.' }),
    namespace: t.string({ defaultValue: 'default', description: 'For namespaced objects that name none.' }),
    fieldManager: t.string({
      defaultValue: 'graphql',
      description: 'Who applies: the owner of what the manifest sets.',
    }),
    force: t.boolean({ defaultValue: false, description: 'Take fields over from other managers.' }),
    atomic: t.boolean({ defaultValue: false, description: 'All documents or none.' }),
    prune: t.string({
      description:
        'A label selector: what it matches, was applied before by this manager and is missing now is deleted.',
    }),
    guard: t.field({ type: Guard }),
  }),
});

async function applyManifest(
  input: typeof ApplyManifestInputType.$inferInput,
  context: ApiContext,
): Promise<PayloadSource> {
  const name = input.cluster ?? 'default';
  const replica = context.clusters.get(name);
  if (!replica) return refusedPayload(refusal('NOT_FOUND', `clusters "${name}" not found`, ['input', 'cluster']));
  const command: ApplyManifestInput = {
    documents: await readManifest(input.manifest),
    namespace: input.namespace ?? 'default',
    fieldManager: input.fieldManager ?? 'graphql',
    force: input.force ?? false,
    atomic: input.atomic ?? false,
    ...(typeof input.prune === 'string' ? { prune: input.prune } : {}),
  };
  return submit({ replica, command: 'applyManifest', input: command, guard: input.guard }, context);
}

builder.mutationField('applyManifest', (t) =>
  t.field({
    type: ApplyManifestPayload,
    description: 'kubectl apply --server-side -f. A document that fails leaves the others alone, unless `atomic`.',
    args: { input: t.arg({ type: ApplyManifestInputType, required: true }) },
    resolve: (_root, { input }, context) => applyManifest(input, context),
  }),
);

const Propagation = builder.enumType('Propagation', { values: ['FOREGROUND', 'BACKGROUND', 'ORPHAN'] as const });

const PROPAGATION_WORDS = { FOREGROUND: 'Foreground', BACKGROUND: 'Background', ORPHAN: 'Orphan' } as const;

defineMutation({
  name: 'deleteObject',
  description: 'kubectl delete.',
  inputName: 'DeleteObjectInput',
  input: (t) => ({ propagation: t.field({ type: Propagation, defaultValue: 'BACKGROUND' }) }),
  toCommand: ({ propagation }) => ({ propagation: PROPAGATION_WORDS[propagation ?? 'BACKGROUND'] }),
});
