import { Node } from '../kinds/node/types.ts';
import { Pod } from '../kinds/pod/types.ts';
import { DEFAULT_SETTINGS, type ClusterSettings } from '../machinery/settings.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';
import { ClusterType } from './cluster-source.ts';
import { MAX_PAGE_SIZE } from './connections.ts';
import type { ApiContext } from './context.ts';
import { Handle, type Scope } from './handle.ts';
import { refusal } from './commands.ts';
import { readManifest } from './manifest-reader.ts';
import { kubeRef } from './refs.ts';
import type { Capacity, PluginScore, Verdict } from './scheduling-questions.ts';
import { UserError, userErrorsOf, type UserErrorSource } from './user-errors.ts';

function settingsOf({ replica }: Scope): ClusterSettings {
  return { ...DEFAULT_SETTINGS, ...replica?.record.settings };
}

interface SchedulingSource {
  scope: Scope;
  message: string;
  feasible: number;
  total: number;
  verdicts: readonly Verdict[];
}

const PluginScoreType = builder.objectRef<PluginScore>('PluginScore').implement({
  fields: (t) => ({
    plugin: t.exposeString('plugin'),
    score: t.exposeInt('score', { description: '0 to 100.' }),
    weight: t.exposeInt('weight'),
  }),
});

const NodeVerdict = builder.objectRef<{ scope: Scope; verdict: Verdict }>('NodeVerdict').implement({
  description: 'What the scheduler says of one node for one pod.',
  fields: (t) => ({
    node: t.field({ type: kubeRef(Node), resolve: ({ scope, verdict }) => new Handle(scope, verdict.node) }),
    feasible: t.boolean({ resolve: ({ verdict }) => verdict.totalScore !== undefined }),
    rejectedBy: t.string({
      nullable: true,
      description: 'The plugin that refuses the pod.',
      resolve: ({ verdict }) => verdict.rejectedBy,
    }),
    reason: t.string({ nullable: true, resolve: ({ verdict }) => verdict.reason }),
    totalScore: t.int({
      nullable: true,
      description: 'The sum of the scores times their weights.',
      resolve: ({ verdict }) => verdict.totalScore,
    }),
    scores: t.field({ type: [PluginScoreType], resolve: ({ verdict }) => verdict.scores }),
  }),
});

const Scheduling = builder.objectRef<SchedulingSource>('Scheduling').implement({
  description: 'Why a pod is where it is, or nowhere. Evaluated on what is read; nothing is stored.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'In the words of the event Scheduled or FailedScheduling.' }),
    feasible: t.exposeInt('feasible', { description: 'How many nodes have room for it.' }),
    total: t.exposeInt('total', { description: 'How many nodes there are.' }),
    verdicts: t.field({
      type: [NodeVerdict],
      description: 'The best nodes first, then those that refuse it.',
      extensions: { listSize: 500 },
      resolve: ({ scope, verdicts }) => verdicts.map((verdict) => ({ scope, verdict })),
    }),
  }),
});

let lastTurn = Promise.resolve();

/** Resolves in a turn of the event loop that nobody else who waits here gets. */
function ownTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)));
  return lastTurn;
}

async function explain(
  { scope, object: pod }: Handle<Pod>,
  first: number,
  { scheduling }: ApiContext,
): Promise<SchedulingSource> {
  if (first < 1 || first > MAX_PAGE_SIZE) throw badInput(`first must be between 1 and ${MAX_PAGE_SIZE}, not ${first}`);
  await ownTurn();
  const { message, feasible, verdicts } = scheduling.explainScheduling(scope.view, settingsOf(scope), pod);
  const total = verdicts.length;
  const { namespace, name } = pod.metadata;
  const { nodeName } = pod.spec;
  const placed = nodeName ? `Successfully assigned ${namespace}/${name} to ${nodeName}` : undefined;
  const sentence = placed ?? message ?? `${feasible}/${total} nodes are available.`;
  return { scope, message: sentence, feasible, total, verdicts: verdicts.slice(0, first) };
}

builder.objectField(kubeRef(Pod), 'scheduling', (t) =>
  t.field({
    type: Scheduling,
    description: 'Each node with the plugin that refuses the pod, or its scores, as if it were to be placed now.',
    args: { first: t.arg.int({ defaultValue: 20, description: 'So many verdicts at the most.' }) },
    resolve: (handle, { first }, context) => explain(handle, first ?? 20, context),
  }),
);

// --- would a workload fit? -------------------------------------------------------------------------------------------

interface CapacitySource {
  scope: Scope;
  replicas: number;
  fits: number;
  placements: readonly { node: Node; count: number }[];
  message: string | undefined;
  errors: readonly UserErrorSource[];
}

const SchedulingPlacement = builder
  .objectRef<{ scope: Scope; node: Node; count: number }>('SchedulingPlacement')
  .implement({
    fields: (t) => ({
      node: t.field({ type: kubeRef(Node), resolve: ({ scope, node }) => new Handle(scope, node) }),
      count: t.exposeInt('count'),
    }),
  });

const SchedulingResult = builder.objectRef<CapacitySource>('SchedulingResult').implement({
  description: 'How many pods of a workload the cluster has room for. Nothing is stored and nothing evicted.',
  fields: (t) => ({
    replicas: t.exposeInt('replicas', { description: 'How many were asked for.' }),
    fits: t.exposeInt('fits', { description: 'How many of them have a place.' }),
    message: t.string({
      nullable: true,
      description: 'What is short: the FailedScheduling of the first pod without a place.',
      resolve: ({ message }) => message,
    }),
    placements: t.field({
      type: [SchedulingPlacement],
      extensions: { listSize: 1000 },
      resolve: ({ scope, placements }) => placements.map((placement) => ({ scope, ...placement })),
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ errors }) => errors }),
  }),
});

type Json = Record<string, any>;

/** The template of a workload in a manifest, as a Pod of its own; a Pod is its own template. */
function podOf(object: Json): { pod: Json; replicas: number } | undefined {
  const { kind, metadata, spec } = object as { kind?: unknown; metadata?: Json; spec?: Json };
  if (kind === 'Pod') return { pod: object, replicas: 1 };
  const owner = spec?.['jobTemplate']?.spec ?? spec;
  const template = owner?.['template'] as Json | undefined;
  if (typeof template?.['spec'] !== 'object') return undefined;
  const replicas: unknown = owner['replicas'] ?? owner['parallelism'];
  const { name, namespace } = metadata ?? {};
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template['metadata'], name, ...(namespace === undefined ? {} : { namespace }) },
    spec: template['spec'],
  };
  return { pod, replicas: typeof replicas === 'number' ? replicas : 1 };
}

const MAX_REPLICAS = 10_000;

async function answerCapacity(
  scope: Scope,
  manifest: string,
  wanted: number | null | undefined,
  { clusters, scheduling, viewer }: ApiContext,
): Promise<CapacitySource> {
  const nothing = { scope, replicas: wanted ?? 0, fits: 0, placements: [], message: undefined };
  const documents = await readManifest(manifest);
  const broken = documents.find(({ errors }) => errors);
  if (broken?.errors?.[0]) return { ...nothing, errors: [refusal('INVALID', broken.errors[0].message, ['manifest'])] };
  const found = documents.map(({ object }) => object && podOf(object)).find((template) => template !== undefined);
  if (!found) return { ...nothing, errors: [refusal('INVALID', 'the manifest has no pod template', ['manifest'])] };
  const replicas = wanted ?? found.replicas;
  if (replicas < 1 || replicas > MAX_REPLICAS) {
    throw badInput(`replicas must be between 1 and ${MAX_REPLICAS}, not ${replicas}`);
  }
  const { outcome } = await clusters.submit({
    cluster: scope.view.cluster,
    name: 'applyManifest',
    input: { documents: [{ index: 0, line: 1, object: found.pod }], fieldManager: 'scheduling', namespace: 'default' },
    actor: viewer.user,
    dryRun: true,
  });
  const [pod] = (outcome.preview ?? []) as Pod[];
  if (!pod || outcome.errors?.length) {
    return { ...nothing, errors: (outcome.errors ?? []).flatMap((error) => userErrorsOf(error)) };
  }
  const answer = await inTurns(scheduling.wouldSchedule(scope.view, settingsOf(scope), pod, replicas));
  return { scope, replicas, ...answer, errors: [] };
}

/** How long the search may go on before others have a turn. */
const SLICE_MS = 5;

async function inTurns(search: Generator<undefined, Capacity>): Promise<Capacity> {
  let since = performance.now();
  for (;;) {
    const step = search.next();
    if (step.done) return step.value;
    if (performance.now() - since < SLICE_MS) continue;
    await ownTurn();
    since = performance.now();
  }
}

builder.objectField(ClusterType, 'wouldSchedule', (t) =>
  t.field({
    type: SchedulingResult,
    description:
      'Whether the pods of a manifest (a Pod or the first workload in it) would find room: how many, where, and what is short.',
    args: {
      manifest: t.arg.string({ required: true }),
      replicas: t.arg.int({ description: "Default: the workload's own number." }),
    },
    resolve: ({ scope }, { manifest, replicas }, context) => answerCapacity(scope, manifest, replicas, context),
  }),
);
