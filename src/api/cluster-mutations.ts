import { dns1123LabelProblems } from '../machinery/metadata-validation.ts';
import type { NewCluster } from '../machinery/ports.ts';
import { builder } from './builder.ts';
import { DEFAULT_SETTINGS } from '../machinery/settings.ts';
import { validateSettings } from '../machinery/settings-validation.ts';
import { ClusterSettingsInput, settingsOf } from './cluster-settings.ts';
import { ClusterSource, ClusterType, liveScope } from './cluster-source.ts';
import { Guard, refusal, refusedPayload, type PayloadSource } from './commands.ts';
import type { ApiContext } from './context.ts';
import { decodeId } from './global-id.ts';
import { readManifest } from './manifest-reader.ts';
import { Payload } from './mutations.ts';
import { userErrorsOf } from './user-errors.ts';

const ClusterPayload = builder.objectRef<PayloadSource>('ClusterPayload').implement({
  interfaces: [Payload],
  fields: (t) => ({
    cluster: t.field({
      type: ClusterType,
      nullable: true,
      resolve: ({ scope }) => (scope ? new ClusterSource(scope) : null),
    }),
  }),
});

const NodeTemplate = builder.inputType('NodeTemplate', {
  description: 'What the machines of a new cluster are like.',
  fields: (t) => ({
    cpu: t.field({ type: 'Quantity', defaultValue: '4' }),
    memory: t.field({ type: 'Quantity', defaultValue: '16Gi' }),
    pods: t.int({ description: 'How many it takes; default: maxPods of the settings.' }),
    zones: t.stringList({ description: 'Nodes are dealt out over these in turn.' }),
    labels: t.field({ type: 'StringMap' }),
  }),
});

const CreateClusterInput = builder.inputType('CreateClusterInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    seed: t.string({ description: 'The same seed and the same commands give the same cluster. Default: the name.' }),
    nodes: t.int({ defaultValue: 3 }),
    nodeTemplate: t.field({ type: NodeTemplate }),
    manifest: t.string({ description: 'What to apply at once.' }),
    settings: t.field({ type: ClusterSettingsInput, description: 'Options of the control plane and the kubelets.' }),
    paused: t.boolean({ defaultValue: false }),
    guard: t.field({ type: Guard }),
  }),
});

const DeleteClusterInput = builder.inputType('DeleteClusterInput', {
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id of the cluster, or its name.' }),
    guard: t.field({ type: Guard }),
  }),
});

const MAX_NODES = 10_000;

async function newCluster(
  input: typeof CreateClusterInput.$inferInput,
  settings: NewCluster['settings'],
): Promise<NewCluster> {
  const { name, seed, nodes, nodeTemplate, manifest, paused } = input;
  const template = Object.fromEntries(Object.entries(nodeTemplate ?? {}).filter(([, value]) => value !== null));
  const initialCommands: { name: string; input: unknown }[] = [];
  if ((nodes ?? 3) > 0) initialCommands.push({ name: 'addNodes', input: { count: nodes ?? 3, template } });
  if (manifest) {
    const documents = await readManifest(manifest);
    initialCommands.push({
      name: 'applyManifest',
      input: { documents, fieldManager: 'graphql', namespace: 'default' },
    });
  }
  return { name, seed: seed ?? undefined, settings, paused: paused ?? undefined, initialCommands };
}

async function createCluster(
  input: typeof CreateClusterInput.$inferInput,
  { clusters }: ApiContext,
): Promise<PayloadSource> {
  const [problem] = dns1123LabelProblems(input.name);
  if (problem !== undefined) {
    return refusedPayload(
      refusal('INVALID', `name: Invalid value: ${JSON.stringify(input.name)}: ${problem}`, ['input', 'name']),
    );
  }
  const nodes = input.nodes ?? 3;
  if (nodes < 0 || nodes > MAX_NODES) {
    return refusedPayload(
      refusal('INVALID', `nodes: Invalid value: ${nodes}: must be between 0 and ${MAX_NODES}`, ['input', 'nodes']),
    );
  }
  const settings = settingsOf(input.settings);
  const [wrong] = validateSettings({ ...DEFAULT_SETTINGS, ...settings });
  if (wrong) {
    const message = `settings.${wrong.setting}: Invalid value: ${wrong.value}: ${wrong.message}`;
    return refusedPayload(refusal('INVALID', message, ['input', 'settings', wrong.setting]));
  }
  const created = await clusters.create(await newCluster(input, settings));
  if (!created.ok) return { ...refusedPayload(refusal('INVALID', '')), errors: userErrorsOf(created.error) };
  const scope = liveScope(created.value);
  return { scope, revision: scope.view.revision, replayed: false, objects: [], errors: [], data: undefined };
}

async function deleteCluster(id: string, { clusters }: ApiContext): Promise<PayloadSource> {
  const parts = decodeId(id);
  const name = parts?.kindKey === 'Cluster' ? parts.cluster : id;
  const replica = clusters.get(name);
  if (!replica) return refusedPayload(refusal('NOT_FOUND', 'there is no cluster with this id', ['input', 'id']));
  const scope = liveScope(replica);
  const { revision } = scope.view;
  const deleted = await clusters.delete(name);
  const errors = deleted.ok ? [] : userErrorsOf(deleted.error);
  return { scope, revision, replayed: false, objects: [], errors, data: undefined };
}

builder.mutationFields((t) => ({
  createCluster: t.field({
    type: ClusterPayload,
    description: 'Makes a cluster with machines, and applies a manifest to it.',
    args: { input: t.arg({ type: CreateClusterInput, required: true }) },
    resolve: (_root, { input }, context) => createCluster(input, context),
  }),
  deleteCluster: t.field({
    type: ClusterPayload,
    description: 'Forgets a cluster with everything in it. The payload shows it once more.',
    args: { input: t.arg({ type: DeleteClusterInput, required: true }) },
    resolve: (_root, { input }, context) => deleteCluster(input.id, context),
  }),
}));
