import { expect, test } from 'vitest';
import { startTestServer } from '../api/support.ts';

const { clusters, ask } = await startTestServer();
await clusters.create({
  name: 'default',
  initialCommands: [{ name: 'addNodes', input: { count: 1 } }],
});
const cluster = clusters.get('default')!;
cluster.create(`
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: { name: ebs.csi.aws.com }
spec: { storageCapacity: true }
---
apiVersion: storage.k8s.io/v1
kind: CSINode
metadata: { name: node-1 }
spec: { drivers: [{ name: ebs.csi.aws.com, nodeID: i-1, topologyKeys: [topology.kubernetes.io/zone], allocatable: { count: 25 } }] }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast }
provisioner: ebs.csi.aws.com
parameters: { type: gp3 }
allowedTopologies: [{ matchLabelExpressions: [{ key: kubernetes.io/os, values: [linux] }] }]
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: CSIStorageCapacity
metadata: { name: here, namespace: default }
storageClassName: fast
capacity: 10Gi
nodeTopology: { matchLabels: { kubernetes.io/os: linux } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: default }
spec: { storageClassName: fast, accessModes: [ReadWriteOnce], resources: { requests: { storage: 5Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: default }
spec:
  containers: [{ name: web, image: web, volumeMounts: [{ name: data, mountPath: /data }] }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
`);
cluster.run(30_000);

test('everything around a volume leads to everything else', async () => {
  const { data, errors } = await ask(`{ cluster {
    persistentVolumeClaims { nodes {
      name phase requested capacity accessModes volumeMode selectedNode { name } usedBy { nodes { name } }
      storageClass {
        name provisioner parameters volumeBindingMode isDefault
        allowedTopologies { matchLabelExpressions { key values } }
        driver { name attachRequired storageCapacity simulated storageClasses { nodes { name } } }
        claims { nodes { name } } volumes { totalCount } capacities { nodes { capacity nodeTopology } }
      }
      volume {
        phase source reclaimPolicy claim { name } requestedBy { nodes { name } } usedBy { nodes { name } }
        driver { name } storageClass { name }
        attachments { nodes { attacher attached attachError detachRequestedAt node { name } volume { phase } } }
      }
    } }
    nodes { nodes {
      volumesInUse volumeAttachments { nodes { attached } }
      csiNode { node { name } drivers { name nodeID allocatable topologyKeys driver { name } } }
    } }
  } }`);
  expect(errors).toBeUndefined();
  const [claim] = data.cluster.persistentVolumeClaims.nodes;
  const { volume, storageClass, ...rest } = claim;
  expect(rest).toEqual({
    name: 'data',
    phase: 'Bound',
    requested: '5Gi',
    capacity: '5Gi',
    accessModes: ['ReadWriteOnce'],
    volumeMode: 'Filesystem',
    selectedNode: { name: 'node-1' },
    usedBy: { nodes: [{ name: 'web' }] },
  });
  expect(storageClass).toEqual({
    name: 'fast',
    provisioner: 'ebs.csi.aws.com',
    parameters: { type: 'gp3' },
    volumeBindingMode: 'WaitForFirstConsumer',
    isDefault: false,
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'kubernetes.io/os', values: ['linux'] }] }],
    driver: {
      name: 'ebs.csi.aws.com',
      attachRequired: true,
      storageCapacity: true,
      simulated: true,
      storageClasses: { nodes: [{ name: 'fast' }] },
    },
    claims: { nodes: [{ name: 'data' }] },
    volumes: { totalCount: 1 },
    capacities: { nodes: [{ capacity: '10Gi', nodeTopology: 'kubernetes.io/os=linux' }] },
  });
  expect(volume).toEqual({
    phase: 'Bound',
    source: 'csi',
    reclaimPolicy: 'Delete',
    claim: { name: 'data' },
    requestedBy: { nodes: [{ name: 'data' }] },
    usedBy: { nodes: [{ name: 'web' }] },
    driver: { name: 'ebs.csi.aws.com' },
    storageClass: { name: 'fast' },
    attachments: {
      nodes: [
        {
          attacher: 'ebs.csi.aws.com',
          attached: true,
          attachError: null,
          detachRequestedAt: null,
          node: { name: 'node-1' },
          volume: { phase: 'Bound' },
        },
      ],
    },
  });
  const [node] = data.cluster.nodes.nodes;
  expect(node.volumesInUse).toEqual([expect.stringMatching(/^kubernetes\.io\/csi\/ebs\.csi\.aws\.com\^pvc-/)]);
  expect(node.volumeAttachments).toEqual({ nodes: [{ attached: true }] });
  expect(node.csiNode).toEqual({
    node: { name: 'node-1' },
    drivers: [
      {
        name: 'ebs.csi.aws.com',
        nodeID: 'i-1',
        allocatable: 25,
        topologyKeys: ['topology.kubernetes.io/zone'],
        driver: { name: 'ebs.csi.aws.com' },
      },
    ],
  });
});

test.each([
  ['volumeattachments', 'ATTACHER PV NODE ATTACHED AGE'],
  ['csidrivers', 'ATTACHREQUIRED PODINFOONMOUNT STORAGECAPACITY TOKENREQUESTS REQUIRESREPUBLISH MODES AGE'],
  ['csinodes', 'DRIVERS AGE'],
  ['csistoragecapacities', 'STORAGECLASSNAME CAPACITY'],
])('the table of %s has the columns that kubectl prints', async (kind, columns) => {
  const { data, errors } = await ask(`{ cluster { table(kind: "${kind}") { columns rows { cells } } } }`);
  expect(errors).toBeUndefined();
  expect(data.cluster.table.columns.join(' ')).toBe(`NAME ${columns}`);
  expect(data.cluster.table.rows).toHaveLength(1);
});

test('a storage fault is injected by name of its driver and is refused without one', async () => {
  const { data, errors } = await ask(`mutation { injectFault(input: { name: "slow", fault: {
    storage: { driver: "ebs.*", operation: PROVISION, delay: "30s" } } }) {
      userErrors { message } fault { faultKind target active } } }`);
  expect(errors).toBeUndefined();
  expect(data.injectFault).toEqual({
    userErrors: [],
    fault: { faultKind: 'storage', target: 'driver/ebs.*, PROVISION', active: true },
  });
  const refused = await ask(`mutation { injectFault(input: { fault: { storage: { driver: "" } } }) {
    userErrors { message path } } }`);
  expect(refused.data.injectFault.userErrors[0].message).toContain('spec.storage.driver: Required value');
});
