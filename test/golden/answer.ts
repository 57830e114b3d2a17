import { stringify } from 'yaml';
import { decodeId } from '../../src/api/global-id.ts';
import type { ClusterView } from '../../src/machinery/cluster-view.ts';
import type { ApiAnswer } from '../support/api-client.ts';

const REVISION_FIELDS = new Set([
  'resourceVersion',
  'oldestRevision',
  'stateHash',
  'cursor',
  'startCursor',
  'endCursor',
]);
const REVISION_IN_MANIFEST = /^( *resourceVersion: )"\d+"$/gm;
const EVENT_NAME = /\.[0-9a-f]{16}$/;
const TIMESTAMP = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/**
 * The answer to a GraphQL document as lines of YAML that stay the same when unrelated things change: ids say what they
 * name, times count from `startMs`, revisions are not told.
 */
export function answerLines({ data, errors }: ApiAnswer, view: ClusterView, startMs: number): string[] {
  const lines = (errors ?? []).map(({ message }) => `error: ${message}`);
  const shown = data ? stable(data, '', view, startMs) : undefined;
  const text = shown === undefined ? '' : stringify(shown, { lineWidth: 0 });
  return [...lines, ...text.split('\n')];
}

function stable(value: unknown, field: string, view: ClusterView, startMs: number): unknown {
  if (Array.isArray(value)) return value.map((entry: unknown) => stable(entry, field, view, startMs));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, stable(entry, key, view, startMs)]));
  }
  if (typeof value !== 'string') return value;
  // A Revision is decimal text; the revision of a rollout is a number.
  if (REVISION_FIELDS.has(field) || (field === 'revision' && /^\d+$/.test(value))) return 'rev';
  const named = view.byUid(value);
  if (named) return `uid(${named.kind} ${named.metadata.name})`;
  const id = decodeId(value);
  // A group in a picture is named by the object that it belongs to: `<uid>#pods`.
  if (id) return `id(${id.kindKey} ${view.byUid(id.uid.split('#')[0] ?? '')?.metadata.name ?? id.uid})`;
  return value
    .replace(EVENT_NAME, '.event')
    .replace(REVISION_IN_MANIFEST, '$1rev')
    .replace(TIMESTAMP, (time) => `+${((Date.parse(time) - startMs) / 1000).toFixed(1)}s`);
}
