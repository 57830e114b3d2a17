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

function wide(column: Column): Column {
  return { ...column, wide: true };
}

function count(name: string, field: string): Column {
  return {
    name,
    cell: (object) => String(((object as unknown as Json)[field] as readonly unknown[] | undefined)?.length ?? 0),
  };
}

/** Subjects of a binding of one kind: names, ServiceAccounts with their namespace. */
function subjects(name: string, kind: string): Column {
  return wide({
    name,
    cell: (object) =>
      ((object as unknown as { subjects?: { kind: string; name: string; namespace?: string }[] }).subjects ?? [])
        .filter((subject) => subject.kind === kind)
        .map((subject) => (kind === 'ServiceAccount' ? `${subject.namespace ?? ''}/${subject.name}` : subject.name))
        .join(', '),
  });
}

const ROLE: Column = {
  name: 'ROLE',
  cell(object) {
    const { roleRef } = object as unknown as { roleRef?: { kind: string; name: string } };
    return `${roleRef?.kind}/${roleRef?.name}`;
  },
};

const BINDING = [
  ROLE,
  AGE,
  subjects('USERS', 'User'),
  subjects('GROUPS', 'Group'),
  subjects('SERVICEACCOUNTS', 'ServiceAccount'),
];

const COLUMNS: Record<string, readonly Column[]> = {
  ClusterRole: [CREATED_AT],
  Role: [CREATED_AT],
  ClusterRoleBinding: BINDING,
  RoleBinding: BINDING,
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
