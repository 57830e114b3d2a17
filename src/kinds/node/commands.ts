import { invalid, invalidObject, type FieldProblem } from '../../machinery/api-error.ts';
import { findTarget, outcomeOf, referenceTo, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler, CommandOutcome, ObjectApi } from '../../machinery/controller.ts';
import type { NewObject, StringMap } from '../../machinery/object.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';
import { allocatableOf } from './allocatable.ts';
import { withUnschedulable } from './queries.ts';
import { DEFAULT_CAPACITY } from './registration.ts';
import { HOSTNAME_LABEL, Node, REGION_LABEL, ZONE_LABEL, type Taint } from './types.ts';

/** kubectl cordon: no new pods here. Cordoning a cordoned node changes nothing. */
export const cordonNode: CommandHandler<TargetInput> = {
  name: 'cordonNode',
  handle: (input, api) => setUnschedulable(input, api, true),
};

/** kubectl uncordon; it also ends a drain that is under way. */
export const uncordonNode: CommandHandler<TargetInput> = {
  name: 'uncordonNode',
  handle: (input, api) => setUnschedulable(input, api, false),
};

function setUnschedulable(input: TargetInput, api: ObjectApi, unschedulable: boolean): CommandOutcome {
  const target = findTarget(api, Node, input);
  if (!target.ok) return outcomeOf(target);
  const updated = api.update(withUnschedulable(target.value, unschedulable));
  if (!updated.ok) return outcomeOf(updated);
  const { drain, ...runtime } = updated.value.runtime ?? {};
  if (unschedulable || drain?.phase !== 'DRAINING') return outcomeOf(updated);
  const cancelled = { ...drain, ...CANCELLED };
  return outcomeOf(api.updateStatus<Node>({ ...updated.value, runtime: { ...runtime, drain: cancelled } }));
}

const CANCELLED = { phase: 'FAILED', message: 'cancelled: the node was uncordoned' } as const;

export interface NodeTemplate {
  cpu?: string | undefined;
  memory?: string | undefined;
  pods?: number | undefined;
  ephemeralStorage?: string | undefined;
  /** Other resources: `{"nvidia.com/gpu": "2"}`. */
  resources?: StringMap | undefined;
  /** Nodes are dealt out over these in turn. */
  zones?: readonly string[] | undefined;
  region?: string | undefined;
  labels?: StringMap | undefined;
  taints?: readonly Taint[] | undefined;
}

export interface AddNodesInput {
  count: number;
  template?: NodeTemplate | undefined;
  /** Default "node-": node-1, node-2 … */
  namePrefix?: string | undefined;
}

const MAX_NODES_AT_ONCE = 10_000;

/** Adds machines to the cluster, numbered on from those there are. */
export const addNodes: CommandHandler<AddNodesInput> = {
  name: 'addNodes',
  handle(input, api) {
    const problems = validateInput(input);
    if (problems.length > 0) {
      return { errors: [{ ...invalidObject('Node', '', input.namePrefix ?? '', problems), path: ['input'] }] };
    }
    const objects: NonNullable<CommandOutcome['objects']>[number][] = [];
    const prefix = input.namePrefix ?? 'node-';
    let number = api.count(Node);
    for (let added = 0; added < input.count; added++) {
      do number++;
      while (api.get(Node, undefined, `${prefix}${number}`));
      const created = api.create<Node>(newNode(`${prefix}${number}`, number - 1, input.template ?? {}, api.settings));
      if (!created.ok) return { objects, errors: [created.error] };
      objects.push(referenceTo(created.value));
    }
    return { objects };
  },
};

function validateInput(input: AddNodesInput): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { count, template = {} } = input;
  if (!Number.isInteger(count) || count < 1 || count > MAX_NODES_AT_ONCE) {
    problems.push(invalid('count', count, `must be between 1 and ${MAX_NODES_AT_ONCE}, inclusive`));
  }
  const { pods } = template;
  if (pods !== undefined && (!Number.isInteger(pods) || pods < 0)) {
    problems.push(invalid('template.pods', pods, 'must be greater than or equal to 0'));
  }
  const quantities = { cpu: template.cpu, memory: template.memory, ephemeralStorage: template.ephemeralStorage };
  for (const [name, quantity] of Object.entries({ ...quantities, ...template.resources })) {
    if (quantity === undefined) continue;
    const value = parseQuantity(quantity);
    if (value === undefined) {
      const detail = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
      problems.push(invalid(`template.${name}`, quantity, detail));
    } else if (value < 0) {
      problems.push(invalid(`template.${name}`, quantity, 'must be greater than or equal to 0'));
    }
  }
  return problems;
}

function newNode(name: string, index: number, template: NodeTemplate, settings: ClusterSettings): NewObject<Node> {
  const zones = template.zones ?? [];
  const zone = zones.length > 0 ? zones[index % zones.length] : undefined;
  const region = template.region ?? (zone === undefined ? undefined : regionOf(zone));
  const labels: StringMap = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    [HOSTNAME_LABEL]: name,
    'kubernetes.io/os': 'linux',
    ...(region === undefined ? {} : { [REGION_LABEL]: region }),
    ...(zone === undefined ? {} : { [ZONE_LABEL]: zone }),
    ...template.labels,
  };
  const capacity: StringMap = {
    ...DEFAULT_CAPACITY,
    pods: String(settings.maxPods),
    ...(template.cpu === undefined ? {} : { cpu: template.cpu }),
    ...(template.memory === undefined ? {} : { memory: template.memory }),
    ...(template.pods === undefined ? {} : { pods: String(template.pods) }),
    ...(template.ephemeralStorage === undefined ? {} : { 'ephemeral-storage': template.ephemeralStorage }),
    ...template.resources,
  };
  return {
    apiVersion: Node.apiVersion,
    kind: Node.kind,
    metadata: { name, labels },
    spec: template.taints?.length ? { taints: [...template.taints] } : {},
    status: { capacity, allocatable: allocatableOf(capacity, settings) },
  };
}

/** The region a zone's name speaks of ("europe-west1-b", "us-east-1a"), as clouds name them; else the one there is. */
function regionOf(zone: string): string {
  const match = /^(.*\d)(?:-?[a-z])$/.exec(zone);
  return match?.[1] ?? 'region-1';
}
