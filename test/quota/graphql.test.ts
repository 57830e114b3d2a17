import { expect, test } from 'vitest';
import { startTestServer } from '../api/support.ts';

const MANIFEST = `
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: Container, max: {cpu: "2"}, defaultRequest: {cpu: 100m}, maxLimitRequestRatio: {cpu: "30"}}]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota}
spec:
  hard: {pods: "4", requests.cpu: "1", limits.nvidia.com/gpu: "1"}
  scopes: [NotBestEffort]
  scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [high]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: nginx}]}
`;

test('a namespace shows what may be used in it and what is', async () => {
  const { ask } = await startTestServer();
  await ask('mutation { createCluster(input: { name: "c", nodes: 1, paused: true }) { userErrors { message } } }');
  const applied = await ask(
    'mutation ($m: String!) { applyManifest(input: { cluster: "c", manifest: $m }) { userErrors { message } } }',
    { m: MANIFEST },
  );
  expect(applied.data.applyManifest.userErrors).toEqual([]);
  const { data, errors } = await ask(`{ cluster(name: "c") {
    namespaces(filter: { search: "default" }) { nodes {
      name
      resourceQuotas { name hard used usage { resource hard used ratio } scopes scopeRequirements { name operator values } namespace { name } }
      limitRanges { name limits { type min max default defaultRequest maxLimitRequestRatio } namespace { name } }
    } }
    table(kind: "quota") { columns rows { cells } }
  } }`);
  expect(errors).toBeUndefined();
  const [namespace] = data.cluster.namespaces.nodes;
  const hard = { pods: '4', 'requests.cpu': '1', 'limits.nvidia.com/gpu': '1' };
  expect(namespace.resourceQuotas).toEqual([
    {
      name: 'quota',
      hard,
      used: { pods: '1', 'requests.cpu': '100m' },
      usage: [
        { resource: 'limits.nvidia.com/gpu', hard: '1', used: null, ratio: 0 },
        { resource: 'pods', hard: '4', used: '1', ratio: 0.25 },
        { resource: 'requests.cpu', hard: '1', used: '100m', ratio: 0.1 },
      ],
      scopes: ['NotBestEffort'],
      scopeRequirements: [
        { name: 'NotBestEffort', operator: 'Exists', values: [] },
        { name: 'PriorityClass', operator: 'NotIn', values: ['high'] },
      ],
      namespace: { name: 'default' },
    },
  ]);
  expect(namespace.limitRanges).toEqual([
    {
      name: 'limits',
      limits: [
        {
          type: 'Container',
          min: {},
          max: { cpu: '2' },
          default: { cpu: '2' },
          defaultRequest: { cpu: '100m' },
          maxLimitRequestRatio: { cpu: '30' },
        },
      ],
      namespace: { name: 'default' },
    },
  ]);
  expect(data.cluster.table.rows[0].cells.slice(0, 3)).toEqual([
    'quota',
    'pods: 1/4, requests.cpu: 100m/1',
    'limits.nvidia.com/gpu: 0/1',
  ]);
});
