import { builder } from '../../api/builder.ts';
import { ClusterType } from '../../api/cluster-source.ts';
import { DEFAULT_SETTINGS } from '../../machinery/settings.ts';
import { resolveName, type DnsAnswer, type DnsRecord } from './dns.ts';

const DnsRecordType = builder.objectRef<DnsRecord>('DnsRecord').implement({
  description: 'One record of a name.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The full name, without the last dot.' }),
    type: t.exposeString('type', { description: 'A, AAAA, CNAME, SRV or PTR.' }),
    value: t.exposeString('value', { description: 'An address, a name, or "priority weight port target" for SRV.' }),
    ttlSeconds: t.exposeInt('ttlSeconds', { description: 'How long an answer may be kept.' }),
  }),
});

const DnsAnswerType = builder.objectRef<DnsAnswer>('DnsAnswer').implement({
  description: "What the cluster's DNS answers.",
  fields: (t) => ({
    code: t.exposeString('code', { description: 'NOERROR or NXDOMAIN.' }),
    name: t.exposeString('name', { description: 'The name that was found, after the search path.' }),
    records: t.field({
      type: [DnsRecordType],
      description: 'None for a name that is only a step on the way to others.',
      extensions: { listSize: 1000 },
      resolve: ({ records }) => records,
    }),
  }),
});

builder.objectField(ClusterType, 'dns', (t) =>
  t.field({
    type: DnsAnswerType,
    description: "Asks the cluster's DNS for a name.",
    args: {
      name: t.arg.string({ required: true, description: '"web", "web.shop", "web.shop.svc.cluster.local."' }),
      namespace: t.arg.string({
        description: 'As a pod of this namespace asks: short names go through its search path.',
      }),
    },
    resolve: ({ scope }, { name, namespace }) => {
      const domain = scope.replica?.record.settings.clusterDomain ?? DEFAULT_SETTINGS.clusterDomain;
      return resolveName(scope.view, name, domain, namespace ?? undefined);
    },
  }),
);
