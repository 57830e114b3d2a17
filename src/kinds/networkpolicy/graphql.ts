import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { Namespace } from '../namespace/types.ts';
import { selectPods } from '../pod/queries.ts';
import { Pod } from '../pod/types.ts';
import './graphql-connectivity.ts';
import { policiesOf, SHOWN_POLICIES_LIMIT } from './queries.ts';
import {
  NetworkPolicy,
  selectorOf,
  type IpBlock,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
  type NetworkPolicyEgressRule,
  type NetworkPolicyIngressRule,
} from './types.ts';

const IpBlockType = builder.objectRef<IpBlock>('IpBlock').implement({
  description: 'A range of addresses with holes.',
  fields: (t) => ({
    cidr: t.exposeString('cidr', { description: '"10.0.0.0/8"' }),
    except: t.stringList({
      description: 'Ranges inside of it that are left out.',
      resolve: ({ except }) => except ?? [],
    }),
  }),
});

const PeerType = builder.objectRef<NetworkPolicyPeer>('NetworkPolicyPeer').implement({
  description: 'Whom a rule is about: pods by labels, of this namespace or of others, or addresses.',
  fields: (t) => ({
    podSelector: t.string({
      nullable: true,
      description: 'The pods, as kubectl writes a selector; "<none>" selects all. Null: not restricted.',
      resolve: ({ podSelector }) => podSelector && formatLabelSelector(podSelector),
    }),
    namespaceSelector: t.string({
      nullable: true,
      description: 'Their namespaces; "<none>" selects all. Null: the namespace of the policy.',
      resolve: ({ namespaceSelector }) => namespaceSelector && formatLabelSelector(namespaceSelector),
    }),
    ipBlock: t.field({
      type: IpBlockType,
      nullable: true,
      description: 'Addresses, instead of pods.',
      resolve: ({ ipBlock }) => ipBlock,
    }),
  }),
});

const PortType = builder.objectRef<NetworkPolicyPort>('NetworkPolicyPort').implement({
  description: "A port, a named port, or a range of ports at the connection's target.",
  fields: (t) => ({
    protocol: t.string({ description: 'TCP, UDP or SCTP.', resolve: ({ protocol }) => protocol ?? 'TCP' }),
    port: t.string({
      nullable: true,
      description: 'A number, or the name of a port of the target pod. Null: every port of the protocol.',
      resolve: ({ port }) => (port === undefined ? null : String(port)),
    }),
    endPort: t.int({ nullable: true, description: 'The end of a range.', resolve: ({ endPort }) => endPort }),
  }),
});

const RuleType = builder.objectRef<NetworkPolicyIngressRule & NetworkPolicyEgressRule>('NetworkPolicyRule').implement({
  description: 'Allows what comes from (or goes to) one of its peers and is for one of its ports.',
  fields: (t) => ({
    peers: t.field({
      type: [PeerType],
      description: 'None: everyone, inside and outside of the cluster.',
      resolve: ({ from, to }) => from ?? to ?? [],
    }),
    ports: t.field({
      type: [PortType],
      description: 'None: every port.',
      resolve: ({ ports }) => ports ?? [],
    }),
  }),
});

defineKubeType(NetworkPolicy, {
  description: 'Isolates pods from traffic, except for what its rules allow.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      description: 'The namespace whose pods it is about.',
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    podSelector: t.string({
      description: 'The pods it isolates, as kubectl writes a selector; "<none>" selects all of the namespace.',
      resolve: ({ object }) => formatLabelSelector(object.spec.podSelector),
    }),
    policyTypes: t.stringList({
      description: 'Ingress, Egress, or both: the directions in which it isolates them.',
      resolve: ({ object }) => object.spec.policyTypes ?? [],
    }),
    ingress: t.field({
      type: [RuleType],
      description: 'What may come in. None: nothing.',
      resolve: ({ object }) => object.spec.ingress ?? [],
    }),
    egress: t.field({
      type: [RuleType],
      description: 'What may go out. None: nothing.',
      resolve: ({ object }) => object.spec.egress ?? [],
    }),
    pods: t.field({
      type: connectionOf(Pod),
      description: "The pods it isolates. Those on their node's network are not among them.",
      args: { filter: t.arg({ type: PodFilter }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) => {
        const pods = selectPods(view, object.metadata.namespace ?? '', selectorOf(object));
        const isolated = pods.filter(({ spec }) => !spec.hostNetwork);
        return paginate(scope, isolated, args, { matches: podPredicate(args.filter, scope, catalog) });
      },
    }),
  }),
});

builder.objectField(kubeRef(Pod), 'networkPolicies', (t) =>
  t.field({
    type: [kubeRef(NetworkPolicy)],
    description: 'The policies that isolate it, by name.',
    extensions: { listSize: SHOWN_POLICIES_LIMIT },
    resolve: (handle) => handle.toAll(policiesOf(handle.view, handle.object).slice(0, SHOWN_POLICIES_LIMIT)),
  }),
);
