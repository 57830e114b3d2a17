import type { PolicyRule } from '../kinds/role/types.ts';
import type { RoleRef, Subject } from '../kinds/rolebinding/types.ts';
import { ServiceAccount } from '../kinds/serviceaccount/types.ts';
import { builder } from './builder.ts';
import type { Handle } from './handle.ts';
import { kubeRef } from './refs.ts';

/** The parts that roles and bindings of both scopes are made of. */

/** More rules or subjects than this are counted as so many in the cost of a query. */
export const RULES_LIST_SIZE = 100;

export const PolicyRuleType = builder.objectRef<PolicyRule>('PolicyRule').implement({
  description: 'What a role allows: verbs on resources, or on paths that are no resources.',
  fields: (t) => ({
    verbs: t.stringList({ description: '"*" is every verb.', resolve: ({ verbs }) => verbs ?? [] }),
    apiGroups: t.stringList({
      description: '"" is the core group, "*" every group.',
      resolve: ({ apiGroups }) => apiGroups ?? [],
    }),
    resources: t.stringList({
      description: '"pods", "pods/log", "*/scale", "*".',
      resolve: ({ resources }) => resources ?? [],
    }),
    resourceNames: t.stringList({
      description: 'The objects it is about; all where there are none.',
      resolve: ({ resourceNames }) => resourceNames ?? [],
    }),
    nonResourceURLs: t.stringList({
      description: 'Paths that are no resources: "/healthz", "/metrics/*".',
      resolve: ({ nonResourceURLs }) => nonResourceURLs ?? [],
    }),
  }),
});

export const RoleRefType = builder.objectRef<RoleRef>('RoleRef').implement({
  description: 'The role a binding names, as it stands in the object; it may not be there.',
  fields: (t) => ({
    apiGroup: t.exposeString('apiGroup', { description: 'rbac.authorization.k8s.io.' }),
    kind: t.exposeString('kind', { description: 'Role or ClusterRole.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
  }),
});

export interface SubjectSource {
  binding: Handle;
  subject: Subject;
}

export const SubjectType = builder.objectRef<SubjectSource>('RoleSubject').implement({
  description: 'Whom a binding gives its role to.',
  fields: (t) => ({
    kind: t.string({ description: 'User, Group or ServiceAccount.', resolve: ({ subject }) => subject.kind }),
    name: t.string({ description: 'Its name.', resolve: ({ subject }) => subject.name }),
    namespace: t.string({
      nullable: true,
      description: "A ServiceAccount's namespace; the binding's own where the subject names none.",
      resolve: ({ subject, binding }) =>
        subject.kind === 'ServiceAccount' ? subject.namespace || binding.object.metadata.namespace : undefined,
    }),
    serviceAccount: t.field({
      type: kubeRef(ServiceAccount),
      nullable: true,
      description: 'The account, if it is one that exists.',
      resolve: ({ subject, binding }) =>
        subject.kind === 'ServiceAccount'
          ? binding.find(ServiceAccount, subject.namespace || binding.object.metadata.namespace, subject.name)
          : null,
    }),
  }),
});

/** The subjects of a binding, as sources of `RoleSubject`. */
export function subjectsOf(binding: Handle, subjects: readonly Subject[] | undefined): SubjectSource[] {
  return (subjects ?? []).map((subject) => ({ binding, subject }));
}
