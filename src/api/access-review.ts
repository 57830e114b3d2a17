import {
  authorize,
  serviceAccountOf,
  userOfServiceAccount,
  type AccessDecision,
} from '../kinds/clusterrolebinding/queries.ts';
import type { AccessRequest } from '../kinds/role/queries.ts';
import { groupOf, type KubeObject } from '../machinery/object.ts';
import { badInput } from './bad-input.ts';
import { builder } from './builder.ts';
import { ClusterType } from './cluster-source.ts';
import { Handle, type Scope } from './handle.ts';
import { KubeObjectInterface } from './refs.ts';
import { newViewer, type Viewer } from './viewer.ts';
import type { Catalog } from './catalog.ts';

/** `Cluster.canI`: what Kubernetes' SubjectAccessReview and `kubectl auth can-i` answer. */

const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who asks: by the headers Impersonate-User and Impersonate-Group, else system:anonymous.',
  fields: (t) => ({
    user: t.exposeString('user', { description: 'The name of the user.' }),
    groups: t.stringList({
      description: 'All groups the user is in, those included that everybody is in.',
      extensions: { listSize: 100 },
      resolve: ({ groups }) => groups,
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({ type: ViewerType, description: 'Who asks.', resolve: (_root, _args, { viewer }) => viewer }),
);

const SubjectInput = builder.inputType('AccessSubject', {
  description: 'On whose behalf, as with kubectl --as and --as-group.',
  fields: (t) => ({
    user: t.string({
      required: true,
      description: 'A user, or a ServiceAccount as "system:serviceaccount:<namespace>:<name>".',
    }),
    groups: t.stringList({ description: 'Groups beside those that everybody, or every ServiceAccount, is in.' }),
  }),
});

interface ReviewSource {
  scope: Scope;
  viewer: Viewer;
  request: AccessRequest;
  decision: AccessDecision;
}

const AccessReview = builder.objectRef<ReviewSource>('AccessReview').implement({
  description: 'Whether somebody may do something, and which binding says so.',
  fields: (t) => ({
    allowed: t.boolean({ resolve: ({ decision }) => decision.allowed }),
    reason: t.string({
      description:
        'The words of the authorizer: \'RBAC: allowed by RoleBinding "read/shop" of Role "reader" to User "ann"\'.',
      resolve: ({ decision }) => decision.reason,
    }),
    message: t.string({
      nullable: true,
      description: 'What the API server would answer to the refused request; null where it is allowed.',
      resolve: ({ decision, request, viewer }) => (decision.allowed ? null : refusalText(decision, request, viewer)),
    }),
    subject: t.field({
      type: ViewerType,
      description: 'On whose behalf it was asked.',
      resolve: ({ viewer }) => viewer,
    }),
    by: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'The RoleBinding or ClusterRoleBinding that allows it.',
      resolve: ({ scope, decision }) => handleOf(scope, decision.binding),
    }),
    role: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'The Role or ClusterRole whose rule allows it.',
      resolve: ({ scope, decision }) => handleOf(scope, decision.role),
    }),
  }),
});

function handleOf(scope: Scope, object: KubeObject | undefined): Handle | null {
  return object ? new Handle(scope, object) : null;
}

/** Source: apiserver/pkg/endpoints/handlers/responsewriters/errors.go (Forbidden, forbiddenMessage). */
function refusalText({ reason }: AccessDecision, request: AccessRequest, { user }: Viewer): string {
  const { verb, group, subresource, name, namespace, path } = request;
  const quote = (text: string) => JSON.stringify(text);
  const because = reason ? `: ${reason}` : '';
  if (path !== undefined) return `forbidden: User ${quote(user)} cannot ${verb} path ${quote(path)}${because}`;
  const resource = subresource ? `${request.resource}/${subresource}` : request.resource;
  const where = namespace ? `in the namespace ${quote(namespace)}` : 'at the cluster scope';
  const what = `${request.resource}${group ? `.${group}` : ''}${name ? ` ${quote(name)}` : ''}`;
  const cannot = `User ${quote(user)} cannot ${verb} resource ${quote(resource)} in API group ${quote(group)} ${where}`;
  return `${what} is forbidden: ${cannot}${because}`;
}

interface CanIArgs {
  verb: string;
  resource?: string | null | undefined;
  namespace?: string | null | undefined;
  allNamespaces?: boolean | null | undefined;
  name?: string | null | undefined;
  subresource?: string | null | undefined;
  group?: string | null | undefined;
  nonResourceURL?: string | null | undefined;
}

/** The request that the arguments mean: resources are named as for kubectl ("deploy", "pods/log", "jobs.batch"). */
function requestOf(args: CanIArgs, { view }: Scope, catalog: Catalog): AccessRequest {
  const path = args.nonResourceURL ?? (args.resource?.startsWith('/') ? args.resource : undefined);
  if (path !== undefined) {
    return { verb: args.verb, group: '', resource: '', subresource: '', name: '', namespace: '', path };
  }
  if (!args.resource) throw badInput('resource or nonResourceURL must be given');
  const [word = '', ...parts] = args.resource.split('/');
  const kind = catalog.kind(catalog.keyOfWord(args.group ? `${word}.${args.group}` : word, view), view);
  const dot = word.indexOf('.');
  const isEverywhere = kind?.namespaced === false || args.allNamespaces === true;
  return {
    verb: args.verb,
    resource: kind?.plural ?? (dot < 0 ? word : word.slice(0, dot)).toLowerCase(),
    group: kind ? groupOf(kind.apiVersion) : (args.group ?? (dot < 0 ? '' : word.slice(dot + 1))),
    subresource: args.subresource ?? parts.join('/'),
    name: args.name ?? '',
    namespace: isEverywhere ? '' : (args.namespace ?? 'default'),
  };
}

function subjectOf(as: { user: string; groups?: readonly string[] | null | undefined }): Viewer {
  const account = serviceAccountOf(as.user);
  if (!account) return newViewer(as.user, as.groups ?? []);
  const { user, groups } = userOfServiceAccount(account.namespace, account.name);
  return { user, groups: [...new Set([...groups, ...(as.groups ?? [])])] };
}

builder.objectField(ClusterType, 'canI', (t) =>
  t.field({
    type: AccessReview,
    description: "Whether the viewer, or somebody else, may do something by the cluster's RBAC rules.",
    args: {
      verb: t.arg.string({ required: true, description: '"get", "list", "create", "*", …' }),
      resource: t.arg.string({
        description:
          'As kubectl takes it: "pods", "deploy", "deployments.apps", "pods/log", "*"; or a path: "/healthz".',
      }),
      namespace: t.arg.string({ description: 'Default: "default". Kinds without a namespace have none.' }),
      allNamespaces: t.arg.boolean({ defaultValue: false, description: 'Whether it may be done in every namespace.' }),
      name: t.arg.string({ description: 'One object of this name.' }),
      subresource: t.arg.string({ description: '"log", "scale", "status"; also behind a slash in `resource`.' }),
      group: t.arg.string({ description: 'The API group, where the resource does not say.' }),
      nonResourceURL: t.arg.string({ description: 'A path that is no resource: "/metrics".' }),
      as: t.arg({ type: SubjectInput, description: 'Default: the viewer.' }),
    },
    resolve: ({ scope }, { as, ...args }, { viewer, catalog }) => {
      const subject = as ? subjectOf(as) : viewer;
      const request = requestOf(args, scope, catalog);
      return { scope, viewer: subject, request, decision: authorize(scope.view, subject, request) };
    },
  }),
);
