import type { KubeObject } from '../machinery/object.ts';
import type { Version } from '../machinery/version.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';
import { MAX_PAGE_SIZE, PageInfo, type Page } from './connections.ts';
import { encodeId } from './global-id.ts';
import { Handle, type Scope } from './handle.ts';
import { NodeInterface } from './node-interface.ts';
import { differences } from './public-object.ts';
import { KubeObjectInterface } from './refs.ts';

/** The source of `Change`: one version of one object. */
export class Change {
  readonly scope: Scope;
  readonly version: Version;

  constructor(scope: Scope, version: Version) {
    this.scope = scope;
    this.version = version;
  }

  get id(): string {
    const { object, kindKey, revision } = this.version;
    return encodeId(this.scope.view.cluster, `Change.${kindKey}`, object.metadata.uid, revision);
  }
}

export const ChangeTypeEnum = builder.enumType('ChangeType', { values: ['ADDED', 'MODIFIED', 'DELETED'] as const });

export const ChangeObject = builder.objectRef<Change>('Change').implement({
  description: 'One committed change of one object.',
  interfaces: [NodeInterface],
  isTypeOf: (source) => source instanceof Change,
  fields: (t) => ({
    id: t.id({ resolve: (change) => change.id }),
    type: t.field({ type: ChangeTypeEnum, resolve: ({ version }) => version.type }),
    revision: t.field({ type: 'Revision', resolve: ({ version }) => version.revision }),
    time: t.field({ type: 'DateTime', resolve: ({ version }) => version.time }),
    cause: t.string({ description: '"command:17", or a controller\'s name.', resolve: ({ version }) => version.cause }),
    object: t.field({
      type: KubeObjectInterface,
      description: 'The object after the change; for DELETED its last state.',
      resolve: ({ scope, version }) => new Handle(scope, version.object),
    }),
    changedPaths: t.stringList({
      description: 'Which fields changed: "spec.replicas". Empty for ADDED and DELETED.',
      resolve: ({ version }) =>
        version.type === 'MODIFIED' ? differences(version.previous, version.object).map(({ path }) => path) : [],
    }),
  }),
});

const ChangeEdge = builder.objectRef<{ cursor: string; node: Change }>('ChangeEdge').implement({
  fields: (t) => ({
    cursor: t.exposeString('cursor'),
    node: t.field({ type: ChangeObject, resolve: ({ node }) => node }),
  }),
});

export const ChangeConnection = builder.objectRef<Page<Change>>('ChangeConnection').implement({
  description: 'Changes, newest first. How many there are in all is not counted.',
  fields: (t) => ({
    edges: t.field({ type: [ChangeEdge], resolve: ({ edges }) => edges }),
    nodes: t.field({ type: [ChangeObject], resolve: ({ edges }) => edges.map(({ node }) => node) }),
    pageInfo: t.field({ type: PageInfo, resolve: (page) => page }),
    revision: t.field({ type: 'Revision', resolve: ({ revision }) => revision }),
  }),
});

/** The changes of one object, newest first, up to the revision of the scope. */
export async function readHistory(
  scope: Scope,
  object: KubeObject,
  first: number,
  before: string | null | undefined,
): Promise<Page<Change>> {
  if (first < 1 || first > MAX_PAGE_SIZE) throw badInput(`first must be between 1 and ${MAX_PAGE_SIZE}, not ${first}`);
  if (before && !/^\d{1,15}$/.test(before)) throw badInput('before is not a cursor of this API');
  const { revision } = scope.view;
  const limit = before ? Number(before) : scope.pinned === undefined ? undefined : revision + 1;
  const versions = (await scope.replica?.history(object.metadata.uid, first + 1, limit)) ?? [];
  return {
    edges: versions.slice(0, first).map((version) => ({
      cursor: String(version.revision),
      node: new Change({ ...scope, pinned: version.revision }, version),
    })),
    hasNextPage: versions.length > first,
    hasPreviousPage: Boolean(before),
    revision,
    countAll: () => versions.length,
  };
}
