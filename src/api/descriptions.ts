import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { ENUM_TEXTS } from './description-enums.ts';
import { TYPE_TEXTS } from './description-texts.ts';

/**
 * Says of every type, field, argument and value what it is, where the definition does not say it itself: by its place
 * (`Probe.period`), else by its name, which means the same wherever it stands.
 */
export function describe(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) if (!type.name.startsWith('__')) describeType(type);
  return schema;
}

interface Described {
  name: string;
  description?: string | null | undefined;
}

function describeType(type: GraphQLNamedType): void {
  const texts = TYPE_TEXTS[type.name] ?? ENUM_TEXTS[type.name] ?? {};
  fill(type, texts[''] ?? ofTypeName(type.name));
  if (isEnumType(type)) for (const value of type.getValues()) fill(value, texts[value.name]);
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) fill(field, texts[field.name] ?? INPUT_FIELDS[field.name]);
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return;
  const shared = type.getInterfaces().map(({ name }) => TYPE_TEXTS[name] ?? {});
  for (const field of Object.values(type.getFields())) {
    const ofPage = /(Connection|Edge)$/.test(type.name) ? PAGE_FIELDS[field.name] : undefined;
    const inherited = shared.map((of) => of[field.name]).find((text) => text !== undefined);
    fill(
      field,
      texts[field.name] ??
        inherited ??
        ofPage ??
        FIELDS[field.name] ??
        ofList(type.name, getNamedType(field.type).name),
    );
    for (const argument of field.args) {
      const place = `${field.name}.${argument.name}`;
      const above = shared.map((of) => of[place]).find((text) => text !== undefined);
      fill(argument, texts[place] ?? above ?? ARGUMENTS[argument.name]);
    }
  }
}

function fill(element: Described, text: string | undefined): void {
  if (!element.description && text !== undefined) element.description = text;
}

/** What is made alike for every kind. */
function ofTypeName(name: string): string | undefined {
  const [, of, ending] = /^(.+)(Connection|Edge|Payload)$/.exec(name) ?? [];
  if (of === undefined) return undefined;
  if (ending === 'Payload') return 'The answer of a mutation.';
  return ending === 'Edge' ? `A place in a list of ${of}.` : `One page of a list of ${of}.`;
}

function ofList(owner: string, name: string): string | undefined {
  const of = name.replace(/Connection$/, '');
  if (owner === 'Cluster' && of !== name) return `Its objects of the kind ${of}, by name.`;
  return owner.endsWith('Payload') ? 'The object as it is now; null where it was refused.' : undefined;
}

const PAGE_FIELDS: Readonly<Record<string, string>> = {
  nodes: 'The entries of the page.',
  edges: 'The entries of the page, each with its cursor.',
  node: 'The entry.',
  cursor: 'Where it stands: go on behind it with `after`.',
  pageInfo: 'Whether there is more, and where.',
  revision: 'The revision that was read.',
};

const FIELDS: Readonly<Record<string, string>> = {
  userErrors: 'Why it was refused; empty when it was done.',
  namespace: 'The namespace it belongs to.',
  pods: 'Its pods.',
  time: 'When it happened, in simulated time.',
  images: 'The images of its template.',
  rolloutDone: 'Whether all pods have the newest template and are ready.',
  strategy: 'How pods get a new template: RollingUpdate, Recreate or OnDelete.',
  maxUnavailable: 'How many pods may be missing meanwhile: a number or a share.',
  maxSurge: 'How many pods more than wanted there may be meanwhile: a number or a share.',
  autoscalers: 'The HorizontalPodAutoscalers that set its number of pods.',
};

const ARGUMENTS: Readonly<Record<string, string>> = {
  cluster: 'The name of the cluster.',
  filter: 'Only what matches.',
  input: 'What to do, and to what.',
  first: 'How many entries.',
  after: 'The cursor behind which to go on.',
  id: 'The id.',
  ids: 'The ids.',
  since: 'Begin with what happened after this revision; default: with what happens from now on.',
};

const INPUT_FIELDS: Readonly<Record<string, string>> = {
  id: 'The id of the object, or a reference: "deployment/shop/web".',
  guard: 'Conditions and promises.',
  cluster: 'The name of the cluster.',
  namespaces: 'Only what is in one of these namespaces.',
  container: 'The name of the container; default: every container of the pods.',
};
