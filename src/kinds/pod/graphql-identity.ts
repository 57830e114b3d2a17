import { builder } from '../../api/builder.ts';
import { kubeRef } from '../../api/refs.ts';
import { hostnameOf } from './hostname.ts';
import { Pod } from './types.ts';

/** What the containers of a pod share beside its volumes: network, name, and if it says so, processes. */
builder.objectFields(kubeRef(Pod), (t) => ({
  hostname: t.string({
    description: 'The host name that all its containers have.',
    resolve: ({ object }) => hostnameOf(object),
  }),
  podIPs: t.stringList({
    description: 'The addresses that all its containers share, one per address family.',
    resolve: ({ object }) => (object.status.podIPs ?? []).map(({ ip }) => ip),
  }),
  hostNetwork: t.boolean({
    description: 'Its containers have the addresses and ports of their node.',
    resolve: ({ object }) => object.spec.hostNetwork ?? false,
  }),
  hostIPC: t.boolean({
    description: "Its containers share the node's inter-process communication; otherwise they share one of their own.",
    resolve: ({ object }) => object.spec.hostIPC ?? false,
  }),
  hostPID: t.boolean({
    description: 'Its containers see the processes of their node.',
    resolve: ({ object }) => object.spec.hostPID ?? false,
  }),
  shareProcessNamespace: t.boolean({
    description: 'Its containers see the processes of each other.',
    resolve: ({ object }) => object.spec.shareProcessNamespace ?? false,
  }),
}));
