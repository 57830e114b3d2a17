import type { TableColumn } from '../../machinery/definition.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';

/** kubectl's columns of kinds that are only stored. Source: pkg/printers/internalversion/printers.go. */

type Column = TableColumn<KubeObject>;
type Json = Record<string, unknown>;

const AGE: Column = {
  name: 'AGE',
  cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)),
};

const CREATED_AT: Column = { name: 'CREATED AT', cell: ({ metadata }) => metadata.creationTimestamp };

/** The text of a field; what is missing prints as `missing`. */
function text(name: string, path: readonly string[], missing = '<none>'): Column {
  return {
    name,
    cell(object) {
      let value: unknown = object;
      for (const member of path) value = (value as Json | undefined)?.[member];
      if (value === undefined || value === null) return missing;
      return typeof value === 'string' ? value : JSON.stringify(value);
    },
  };
}

function count(name: string, field: string): Column {
  return {
    name,
    cell: (object) => String(((object as unknown as Json)[field] as readonly unknown[] | undefined)?.length ?? 0),
  };
}

const COLUMNS: Record<string, readonly Column[]> = {
  LimitRange: [CREATED_AT],
  Lease: [text('HOLDER', ['spec', 'holderIdentity'], ''), AGE],
  MutatingWebhookConfiguration: [count('WEBHOOKS', 'webhooks'), AGE],
  ValidatingWebhookConfiguration: [count('WEBHOOKS', 'webhooks'), AGE],
  PriorityClass: [
    text('VALUE', ['value'], '0'),
    text('GLOBAL-DEFAULT', ['globalDefault'], 'false'),
    AGE,
    text('PREEMPTIONPOLICY', ['preemptionPolicy'], 'PreemptLowerPriority'),
  ],
  RuntimeClass: [text('HANDLER', ['handler'], ''), AGE],
};

/** The columns of a stored kind; undefined for those that have NAME and AGE alone. */
export function storedColumns(kind: string): readonly Column[] | undefined {
  return COLUMNS[kind];
}
