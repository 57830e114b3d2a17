import { badInput } from '../../api/bad-input.ts';
import { builder } from '../../api/builder.ts';
import type { Catalog } from '../../api/catalog.ts';
import { ClusterType } from '../../api/cluster-source.ts';
import { Handle, type Scope } from '../../api/handle.ts';
import { findInView } from '../../api/object-reference.ts';
import { kubeRef } from '../../api/refs.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { kindKey } from '../../machinery/kind.ts';
import { Pod, podsByAddress } from '../pod/types.ts';
import { Service, servicesByClusterIp } from '../service/types.ts';
import {
  addressText,
  explainPath,
  judgeConnectivity,
  PATHS_LIMIT,
  type Connectivity,
  type ConnectivityPath,
  type Target,
} from './connectivity.ts';
import type { RuleMatch, SideVerdict } from './isolation.ts';
import { addressParty, podParty, type Party } from './party.ts';
import { SHOWN_POLICIES_LIMIT } from './queries.ts';
import { NetworkPolicy } from './types.ts';

/** Something judged, with the scope that its objects are shown in. */
interface Scoped<T> {
  scope: Scope;
  value: T;
}

const PartyType = builder.objectRef<Scoped<Party>>('ConnectivityParty').implement({
  description: 'One end of a connection.',
  fields: (t) => ({
    text: t.string({ description: '"pod/shop/web-1", "192.0.2.7"', resolve: ({ value }) => value.text }),
    pod: t.field({
      type: kubeRef(Pod),
      nullable: true,
      description: 'Null for addresses that no pod has.',
      resolve: ({ scope, value }) => value.pod && new Handle(scope, value.pod),
    }),
    address: t.string({
      nullable: true,
      description: 'Null while the pod has none.',
      resolve: ({ value }) => addressText(value),
    }),
  }),
});

const MatchType = builder.objectRef<Scoped<RuleMatch>>('NetworkPolicyMatch').implement({
  description: 'The rule that lets a connection through.',
  fields: (t) => ({
    policy: t.field({
      type: kubeRef(NetworkPolicy),
      description: 'The policy that has the rule.',
      resolve: ({ scope, value }) => new Handle(scope, value.policy),
    }),
    rule: t.int({ description: 'Its place in the policy, from 0.', resolve: ({ value }) => value.rule }),
    peer: t.int({
      nullable: true,
      description: "The peer's place in the rule, from 0. Null where the rule is about everyone.",
      resolve: ({ value }) => value.peer,
    }),
    port: t.int({
      nullable: true,
      description: "The port's place in the rule, from 0. Null where the rule is about every port.",
      resolve: ({ value }) => value.port,
    }),
  }),
});

const SideType = builder.objectRef<Scoped<SideVerdict>>('ConnectivitySide').implement({
  description: 'What policies say about one end of a connection.',
  fields: (t) => ({
    allowed: t.boolean({ description: 'This end lets it through.', resolve: ({ value }) => value.allowed }),
    isolated: t.boolean({
      description: 'Some policy isolates the pod in this direction.',
      resolve: ({ value }) => value.policies.length > 0,
    }),
    policies: t.field({
      type: [kubeRef(NetworkPolicy)],
      description: 'The policies that isolate it, by name.',
      extensions: { listSize: SHOWN_POLICIES_LIMIT },
      resolve: ({ scope, value }) =>
        value.policies.slice(0, SHOWN_POLICIES_LIMIT).map((policy) => new Handle(scope, policy)),
    }),
    allowedBy: t.field({
      type: MatchType,
      nullable: true,
      description: 'The first rule that allows it. Null where none has to, or none does.',
      resolve: ({ scope, value }) => value.allowedBy && { scope, value: value.allowedBy },
    }),
    exemption: t.string({
      nullable: true,
      description: 'Why policies do not matter here.',
      resolve: ({ value }) => value.exemption,
    }),
  }),
});

const PathType = builder.objectRef<Scoped<ConnectivityPath>>('ConnectivityPath').implement({
  description: 'One way that the connection can take.',
  fields: (t) => ({
    to: t.field({
      type: PartyType,
      description: "The target, or one of the Service's endpoints.",
      resolve: ({ scope, value }) => ({ scope, value: value.to }),
    }),
    port: t.int({ nullable: true, description: 'The port there.', resolve: ({ value }) => value.port }),
    protocol: t.string({ description: 'TCP, UDP or SCTP.', resolve: ({ value }) => value.protocol }),
    allowed: t.boolean({ description: 'Both ends let it through.', resolve: ({ value }) => value.allowed }),
    reason: t.string({ description: 'In a sentence, why.', resolve: ({ value }) => explainPath(value) }),
    egress: t.field({
      type: SideType,
      description: 'At the source.',
      resolve: ({ scope, value }) => ({ scope, value: value.egress }),
    }),
    ingress: t.field({
      type: SideType,
      description: 'At the target.',
      resolve: ({ scope, value }) => ({ scope, value: value.ingress }),
    }),
  }),
});

const ConnectivityType = builder.objectRef<Scoped<Connectivity & { from: Party }>>('Connectivity').implement({
  description: 'Whether network policies let a new connection through. Whether anything listens is another question.',
  fields: (t) => ({
    allowed: t.boolean({
      description: 'Every path is allowed, and there is one.',
      resolve: ({ value }) => value.allowed,
    }),
    reason: t.string({
      description: 'In a sentence, why: about the first path that is denied, or the first.',
      resolve: ({ value: { problem, paths } }) => {
        const path = paths.find(({ allowed }) => !allowed) ?? paths[0];
        return problem ?? (path ? explainPath(path) : '');
      },
    }),
    from: t.field({
      type: PartyType,
      description: 'The source.',
      resolve: ({ scope, value }) => ({ scope, value: value.from }),
    }),
    paths: t.field({
      type: [PathType],
      description: 'One for a pod or an address, one for each endpoint of a Service.',
      extensions: { listSize: PATHS_LIMIT },
      resolve: ({ scope, value }) => value.paths.map((path) => ({ scope, value: path })),
    }),
  }),
});

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];

/** A pod by id, reference or address; a Service by id, reference or cluster IP; any other address or range. */
function readTarget(text: string, view: ClusterView, catalog: Catalog): Target {
  const party = addressParty(text);
  if (party) {
    const pod = party.range ? undefined : view.by(podsByAddress, text)[0];
    const service = party.range ? undefined : view.by(servicesByClusterIp, text)[0];
    return pod ? podParty(view, pod) : service ? { service } : party;
  }
  const object = findInView(text, view, catalog);
  if (!object) throw badInput(`there is no ${text}`, 'NOT_FOUND');
  const key = kindKey(object.apiVersion, object.kind);
  if (key === Pod.key) return podParty(view, object as Pod);
  if (key === Service.key) return { service: object as Service };
  throw badInput(`${text} is a ${object.kind}; a connection is from a pod or an address to one, or to a Service`);
}

builder.objectField(ClusterType, 'connectivity', (t) =>
  t.field({
    type: ConnectivityType,
    description: 'Whether network policies let a connection through, and which rule does.',
    args: {
      from: t.arg.string({
        required: true,
        description: 'A pod (an id, "pod/shop/web-1" or its address), or an address or range outside of the cluster.',
      }),
      to: t.arg.string({ required: true, description: 'The same, or a Service ("service/shop/web").' }),
      port: t.arg.string({
        description:
          "A number or a name; of the Service where one is asked for. Without it every port must be allowed (a Service's first one).",
      }),
      protocol: t.arg.string({ defaultValue: 'TCP', description: 'TCP, UDP or SCTP.' }),
    },
    resolve: ({ scope }, args, { catalog }) => {
      const { view } = scope;
      const protocol = (args.protocol ?? 'TCP').toUpperCase();
      if (!PROTOCOLS.includes(protocol)) throw badInput(`protocol must be one of ${PROTOCOLS.join(', ')}`);
      const port = args.port ?? undefined;
      if (port !== undefined && /^\d+$/.test(port) && (Number(port) < 1 || Number(port) > 65_535)) {
        throw badInput(`port must be between 1 and 65535, not ${port}`);
      }
      const from = readTarget(args.from, view, catalog);
      const to = readTarget(args.to, view, catalog);
      if ('service' in from) throw badInput('a Service opens no connections: from must be a pod or an address');
      const isOutside = !from.pod && !('service' in to) && !to.pod;
      if (isOutside) throw badInput('one end must be a pod: policies say nothing about traffic outside of the cluster');
      const answer = judgeConnectivity(view, { from, to, port, protocol });
      return { scope, value: { ...answer, from } };
    },
  }),
);
