import { afterAll, describe, expect, it } from 'vitest';
import { ServiceProcess, Stream } from './service-process.ts';

/**
 * The real service, as its users meet it: a process of its own with a real Postgres, spoken to over HTTP, WebSocket and
 * server-sent events. One cluster lives through the whole file; the tests stand in the order in which they happen.
 */
const service = await ServiceProcess.create();
const client = service.connect();
afterAll(async () => {
  await client.dispose();
  await service.remove();
}, 60_000);

const PODS_OF_WEB = `{ cluster { service: object(kind: "Service", namespace: "shop", name: "web") { ... on Service {
  endpoints { ready pod { id name status ready node { name } } } } } } }`;

async function endpointsOfWeb(): Promise<any[]> {
  return (await service.data(PODS_OF_WEB)).cluster.service.endpoints;
}

async function readyPodsOfWeb(): Promise<string[]> {
  return (await endpointsOfWeb()).filter(({ ready }) => ready).map(({ pod }) => pod.name);
}

/** The id of an object of the namespace shop (or of a cluster-wide one). */
async function idOf(kind: string, name: string): Promise<string> {
  const query = `query ($kind: String!, $name: String!) { cluster { object(kind: $kind, namespace: "shop", name: $name) { id } } }`;
  return (await service.data(query, { kind, name })).cluster.object.id;
}

const DEPLOYMENT = 'deployment { name replicas paused images revision rollout { phase message } }';

function mutate(name: string, inputType: string, fields: string, input: object): Promise<any> {
  return service.done(
    `mutation ($input: ${inputType}!) { ${name}(input: $input) { ${fields} revision replayed userErrors { message } } }`,
    { input },
  );
}

/** A mutation that is refused: its user errors. */
async function refusalsOf(name: string, inputType: string, input: object): Promise<any[]> {
  const errors = 'userErrors { __typename message code path ... on ConflictError { current { name } } }';
  const query = `mutation ($input: ${inputType}!) { ${name}(input: $input) { ${errors} } }`;
  return (await service.data(query, { input }))[name].userErrors;
}

function apply(manifest: string, rest: object = {}): Promise<any> {
  const document = `documents { index line ref action diff { path before after } warnings
    object { name } userErrors { message code path } }`;
  return service
    .data(
      `mutation ($input: ApplyManifestInput!) { applyManifest(input: $input) { ${document} revision replayed userErrors { message } } }`,
      { input: { manifest, namespace: 'shop', ...rest } },
    )
    .then(({ applyManifest }) => applyManifest);
}

async function rolledOut(): Promise<any> {
  await service.step('2m');
  const query = `{ cluster { object(kind: "Deployment", namespace: "shop", name: "web") { ... on Deployment {
    ${DEPLOYMENT.slice('deployment { '.length, -2)} readyReplicas rolloutHistory { revision images } } } } }`;
  return (await service.data(query)).cluster.object;
}

describe('the first start', () => {
  it('shows a cluster of three nodes on which a shop comes alive', async () => {
    await service.data('mutation { pauseClock { clock { running } } }');
    await service.step('2m');
    const { clusters, cluster } = await service.data(`{ clusters { name }
      cluster { nodes { nodes { name ready } } summary { pods { total ready } } deployments { nodes { name health rollout { phase } } } } }`);
    expect(clusters).toEqual([{ name: 'default' }]);
    expect(cluster.nodes.nodes).toEqual(['node-1', 'node-2', 'node-3'].map((name) => ({ name, ready: true })));
    expect(cluster.summary.pods).toEqual({ total: 8, ready: 8 });
    const rollout = { phase: 'COMPLETE' };
    expect(cluster.deployments.nodes).toEqual(
      ['cart', 'cart-store', 'catalog', 'web'].map((name) => ({ name, health: 'HEALTHY', rollout })),
    );
  });

  it('answers from a Service through its endpoints to pods and nodes in one query', async () => {
    const endpoints = await endpointsOfWeb();
    expect(endpoints).toHaveLength(3);
    expect(new Set(endpoints.map(({ pod }) => pod.node.name))).toEqual(new Set(['node-1', 'node-2', 'node-3']));
    expect(endpoints.map(({ ready, pod }) => [ready, pod.status])).toEqual(endpoints.map(() => [true, 'Running']));
  });

  it('answers names as the DNS of the cluster, and tells where requests go', async () => {
    const { cluster } = await service.data(`{ cluster {
      short: dns(name: "web", namespace: "shop") { code name records { type value } }
      wrong: dns(name: "web", namespace: "default") { code records { value } }
      service: object(kind: "Service", namespace: "shop", name: "web") { ... on Service {
        clusterIP route(requests: 90) { requests answered failed shares { requests endpoint { pod { name } } } } } } } }`);
    expect(cluster.short).toMatchObject({ code: 'NOERROR', name: 'web.shop.svc.cluster.local' });
    expect(cluster.short.records).toEqual([{ type: 'A', value: cluster.service.clusterIP }]);
    expect(cluster.wrong).toEqual({ code: 'NXDOMAIN', records: [] });
    expect(cluster.service.route).toMatchObject({ requests: 90, answered: 90, failed: 0 });
    expect(cluster.service.route.shares).toHaveLength(3);
  });

  it('answers the questions of probes: alive and ready', async () => {
    for (const path of ['/healthz', '/readyz']) expect((await fetch(service.origin + path)).status).toBe(200);
  });
});

const SETTINGS = `apiVersion: v1
kind: ConfigMap
metadata: { name: greeting }
data: { text: hello }
`;

describe('applyManifest', () => {
  it('says created, unchanged and configured, with what changed', async () => {
    const [created] = (await apply(SETTINGS)).documents;
    expect(created).toMatchObject({ action: 'CREATED', ref: 'configmap/greeting', object: { name: 'greeting' } });
    const [unchanged] = (await apply(SETTINGS)).documents;
    expect(unchanged).toMatchObject({ action: 'UNCHANGED', diff: [], userErrors: [] });
    const [configured] = (await apply(SETTINGS.replace('hello', 'good day'))).documents;
    expect(configured).toMatchObject({
      action: 'CONFIGURED',
      diff: [{ path: 'data.text', before: 'hello', after: 'good day' }],
    });
  });

  it('lets a bad document fail alone, with its line and in the words of kubectl', async () => {
    const misspelt = 'apiVersion: apps/v1\nkind: Deploymnet\nmetadata: { name: a }\n';
    const invalid = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Not_A_Name }\n';
    const { documents, userErrors } = await apply(
      [misspelt, invalid, SETTINGS.replace('greeting', 'second')].join('---\n'),
    );
    expect(documents.map(({ action, line }: any) => [action, line])).toEqual([
      ['FAILED', 1],
      ['FAILED', 5],
      ['CREATED', 9],
    ]);
    expect(documents[0].userErrors[0].message).toContain('no matches for kind "Deploymnet" in version "apps/v1"');
    expect(documents[1].userErrors[0]).toMatchObject({ code: 'INVALID', path: ['metadata', 'name'] });
    expect(userErrors.map(({ message }: any) => message)).toEqual(
      documents.flatMap((document: any) => document.userErrors.map(({ message }: any) => message)),
    );
  });
});

describe('the guard', () => {
  it('changes nothing on a dry run', async () => {
    const { deployment } = await mutate('scaleDeployment', 'ScaleInput', DEPLOYMENT, {
      id: await idOf('Deployment', 'web'),
      replicas: 9,
      guard: { dryRun: true },
    });
    expect(deployment.replicas).toBe(9);
    expect((await rolledOut()).replicas).toBe(3);
  });

  it('refuses when the object has moved on, and shows it as it is', async () => {
    const id = await idOf('Deployment', 'web');
    const guard = { resourceVersion: '1' };
    const [refusal] = await refusalsOf('scaleDeployment', 'ScaleInput', { id, replicas: 9, guard });
    expect(refusal).toMatchObject({ __typename: 'ConflictError', code: 'CONFLICT', current: { name: 'web' } });
    expect(refusal.message).toContain('the object has been modified');
  });

  it('does a thing once per key, and tells the same answer again', async () => {
    const input = { id: await idOf('Deployment', 'web'), replicas: 4, guard: { idempotencyKey: 'four' } };
    const first = await mutate('scaleDeployment', 'ScaleInput', DEPLOYMENT, input);
    await mutate('scaleDeployment', 'ScaleInput', DEPLOYMENT, { ...input, replicas: 5, guard: {} });
    const again = await mutate('scaleDeployment', 'ScaleInput', DEPLOYMENT, input);
    expect([first.replayed, again.replayed, again.revision]).toEqual([false, true, first.revision]);
    expect((await rolledOut()).replicas).toBe(5);
    const [refusal] = await refusalsOf('scaleDeployment', 'ScaleInput', { ...input, replicas: 7 });
    expect(refusal.message).toMatch(/key/);
  });
});

describe('a rollout', () => {
  it('is followed until it is complete', async () => {
    const id = await idOf('Deployment', 'web');
    const query =
      'subscription ($id: ID!) { rolloutProgress(deployment: $id) { phase message desired updated available progress } }';
    await mutate('setImage', 'SetImageInput', DEPLOYMENT, { id, container: 'web', image: 'shop/web:2.0' });
    const progress = Stream.overWebSocket(client, query, { id });
    await progress.until(({ data }) => data.rolloutProgress.phase === 'PROGRESSING');
    const rollout = await rolledOut();
    expect(rollout).toMatchObject({ images: ['shop/web:2.0'], readyReplicas: 5, rollout: { phase: 'COMPLETE' } });
    expect(rollout.rollout.message).toBe('deployment "web" successfully rolled out');
    await progress.completed();
    expect(progress.results.at(-1).data.rolloutProgress).toMatchObject({
      phase: 'COMPLETE',
      available: 5,
      progress: 1,
    });
  });

  it('is undone', async () => {
    await mutate('rollbackDeployment', 'RollbackInput', DEPLOYMENT, { id: await idOf('Deployment', 'web') });
    const { images, revision, rolloutHistory } = await rolledOut();
    expect([images, revision]).toEqual([['shop/web:1.0'], 3]);
    expect(rolloutHistory.map((entry: any) => entry.revision)).toEqual([2, 3]);
  });

  it('stands while it is paused and goes on when it is resumed', async () => {
    const id = await idOf('Deployment', 'web');
    await mutate('pauseDeployment', 'TargetInput', DEPLOYMENT, { id });
    await mutate('setImage', 'SetImageInput', DEPLOYMENT, { id, container: 'web', image: 'shop/web:3.0' });
    expect(await rolledOut()).toMatchObject({ paused: true, revision: 3, rollout: { phase: 'PAUSED' } });
    await mutate('resumeDeployment', 'TargetInput', DEPLOYMENT, { id });
    expect(await rolledOut()).toMatchObject({ paused: false, revision: 4, rollout: { phase: 'COMPLETE' } });
  });

  it('refuses what the cluster refuses', async () => {
    const id = await idOf('Deployment', 'web');
    const [negative] = await refusalsOf('scaleDeployment', 'ScaleInput', { id, replicas: -1 });
    expect(negative).toMatchObject({ code: 'INVALID', path: ['spec', 'replicas'] });
    const [image] = await refusalsOf('setImage', 'SetImageInput', { id, container: 'nginx', image: 'a:1' });
    expect(image.message).toContain('unable to find container named "nginx"');
  });
});

describe('a node', () => {
  it('gets no new pods while it is cordoned; a deleted pod is replaced elsewhere', async () => {
    const id = await idOf('Node', 'node-1');
    const { kubeNode, node } = await mutate('cordonNode', 'TargetInput', 'node { unschedulable }', { id });
    expect((kubeNode ?? node).unschedulable).toBe(true);
    const victim = (await endpointsOfWeb()).find(({ pod }) => pod.node.name === 'node-1').pod;
    await mutate('deletePod', 'DeletePodInput', 'pod { name metadata { deletionTimestamp } }', { id: victim.id });
    await service.step('2m');
    const pods = (await endpointsOfWeb()).map(({ pod }) => pod);
    expect(pods).toHaveLength(5);
    expect(pods.map(({ name }) => name)).not.toContain(victim.name);
    expect(pods.filter(({ node: { name } }) => name === 'node-1')).toHaveLength(1);
    await mutate('uncordonNode', 'TargetInput', 'node { unschedulable }', { id });
  });
});

const PROBE_CHANGES = `subscription { probeStatusChanged(types: [READINESS]) { passing message pod { name } container { name } probe { type } } }`;
const POD_CHANGES = `subscription { podStatusChanged(filter: { labelSelector: "app=web" }) { from to pod { name ready } } }`;

describe('a readiness probe that is made to fail', () => {
  it('is seen by those who watch, takes the pod from the endpoints, and is undone', async () => {
    const [name = ''] = await readyPodsOfWeb();
    const probes = Stream.overWebSocket(client, PROBE_CHANGES);
    const pods = Stream.overEvents(service.url, POD_CHANGES);
    const events = Stream.overWebSocket(
      client,
      'subscription { eventOccurred(filter: { reasons: ["Unhealthy"] }) { reason message } }',
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { fault } = await mutate('injectFault', 'InjectFaultInput', 'fault { id active target }', {
      fault: { probe: { pods: `shop/${name}`, type: 'READINESS', succeed: false, message: 'broken on purpose' } },
    });
    expect(fault.active).toBe(true);
    await service.step('1m');
    const failed = await probes.until(({ data }) => !data.probeStatusChanged.passing);
    expect(failed.data.probeStatusChanged).toMatchObject({ pod: { name }, container: { name: 'web' } });
    expect(failed.data.probeStatusChanged.message).toContain('broken on purpose');
    const unready = await pods.until(({ data }) => !data.podStatusChanged.pod.ready);
    expect(unready.data.podStatusChanged).toMatchObject({ from: 'Running', to: 'Running', pod: { name } });
    const event = await events.until(() => true);
    expect(event.data.eventOccurred.message).toContain('Readiness probe failed: broken on purpose');
    expect(await readyPodsOfWeb()).not.toContain(name);

    await mutate('clearFault', 'TargetInput', 'fault { active }', { id: fault.id });
    await service.step('1m');
    await probes.until(({ data }) => data.probeStatusChanged.passing);
    await pods.until(({ data }) => data.podStatusChanged.pod.ready);
    expect(await readyPodsOfWeb()).toContain(name);
    for (const stream of [probes, pods, events]) stream.close();
  });
});

const WATCH = `subscription ($since: Revision) { objectChanges(since: $since, coalesce: "0s", filter: { kinds: ["ConfigMap"], namespaces: ["shop"] }) {
  __typename ... on ChangeBatch { revision changes { type revision object { name } changedPaths } } ... on Bookmark { revision } } }`;

function changesOf(stream: Stream): string[] {
  return stream.results.flatMap(({ data }) =>
    (data.objectChanges.changes ?? []).map(({ type, object }: any) => `${type} ${object.name}`),
  );
}

describe('objectChanges', () => {
  it('goes on where another watch stopped, without a gap and without repetition', async () => {
    const first = Stream.overWebSocket(client, WATCH);
    await first.until(({ data }) => data.objectChanges.__typename === 'Bookmark');
    await apply(SETTINGS.replace('greeting', 'watched-1'));
    const seen = await first.until(({ data }) => data.objectChanges.__typename === 'ChangeBatch');
    first.close();
    await apply(SETTINGS.replace('greeting', 'watched-2'));
    await apply(SETTINGS.replace('greeting', 'watched-2').replace('hello', 'good night'));
    const resumed = Stream.overEvents(service.url, WATCH, { since: seen.data.objectChanges.revision });
    await resumed.until(({ data }) => data.objectChanges.__typename === 'Bookmark');
    await apply(SETTINGS.replace('greeting', 'watched-3'));
    await resumed.until(({ data }) => data.objectChanges.changes?.[0].object.name === 'watched-3');
    expect(changesOf(resumed)).toEqual(['ADDED watched-2', 'MODIFIED watched-2', 'ADDED watched-3']);
    resumed.close();
  });

  it('refuses a revision that is still to come', async () => {
    const { errors } = await service.ask('{ cluster(at: { revision: "99999999" }) { name } }');
    expect(errors?.[0]?.message).toContain('has not happened yet');
  });
});

describe('time', () => {
  it('can be looked back into', async () => {
    const { revision } = (await service.data('{ cluster { revision } }')).cluster;
    const query = `query ($at: At) { cluster(at: $at) { revision object(kind: "ConfigMap", namespace: "shop", name: "past") { id ... on ConfigMap { data } } } }`;
    await apply(SETTINGS.replace('greeting', 'past'));
    const { revision: then } = await apply(SETTINGS.replace('greeting', 'past').replace('hello', 'now'));
    const before = await service.data(query, { at: { revision } });
    expect(before.cluster).toEqual({ revision, object: null });
    const middle = await service.data(query, { at: { revision: String(Number(then) - 1) } });
    expect(middle.cluster.object.data).toEqual({ text: 'hello' });
    const node = await service.data('query ($id: ID!) { node(id: $id) { ... on ConfigMap { data } } }', {
      id: middle.cluster.object.id,
    });
    expect(node.node.data).toEqual({ text: 'hello' });
  });

  it('ticks for those who watch the clock', async () => {
    const ticks = Stream.overWebSocket(client, 'subscription { clockTick(every: "100ms") { now running speed } }');
    await service.done('mutation { setClockSpeed(speed: 60) { clock { speed } userErrors { message } } }');
    await service.done('mutation { resumeClock { clock { running } userErrors { message } } }');
    const first = await ticks.until(({ data }) => data.clockTick.running);
    const later = await ticks.until(
      ({ data }) => Date.parse(data.clockTick.now) > Date.parse(first.data.clockTick.now) + 10_000,
    );
    expect(later.data.clockTick.speed).toBe(60);
    await service.done('mutation { pauseClock { clock { running } userErrors { message } } }');
    ticks.close();
  });
});

describe('/metrics', () => {
  it('counts commands, commits, rows and subscriptions for Prometheus', async () => {
    const stream = Stream.overWebSocket(client, 'subscription { objectChanges { __typename } }');
    await stream.until(() => true);
    const response = await fetch(`${service.origin}/metrics`);
    const text = await response.text();
    const valueOf = (series: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${series} `))
          ?.slice(series.length),
      );
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(valueOf('orrery_command_seconds_count{command="scaleDeployment",outcome="done"}')).toBeGreaterThan(1);
    expect(valueOf('orrery_command_seconds_count{command="scaleDeployment",outcome="refused"}')).toBeGreaterThan(1);
    expect(valueOf('orrery_rows_total{cluster="default"}')).toBeGreaterThan(
      valueOf('orrery_commits_total{cluster="default"}'),
    );
    const { revision } = (await service.data('{ cluster { revision } }')).cluster;
    expect(valueOf('orrery_revision{cluster="default"}')).toBe(Number(revision));
    expect(valueOf('orrery_subscriptions')).toBe(1);
    expect(valueOf('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    stream.close();
  });
});

describe('another cluster', () => {
  it('is made, lives for itself, and is deleted', async () => {
    const { cluster } = await service.done(
      `mutation ($input: CreateClusterInput!) { createCluster(input: $input) {
        cluster { id name clock { running } nodes { totalCount } configMaps(filter: { namespaces: ["default"] }) { nodes { name } } } userErrors { message } } }`,
      { input: { name: 'other', nodes: 2, paused: true, manifest: SETTINGS } },
    );
    expect(cluster).toMatchObject({ name: 'other', clock: { running: false }, nodes: { totalCount: 2 } });
    expect(cluster.configMaps.nodes).toContainEqual({ name: 'greeting' });
    const [refusal] = await refusalsOf('createCluster', 'CreateClusterInput', { name: 'other' });
    expect(refusal.code).toBe('ALREADY_EXISTS');
    const watch = Stream.overWebSocket(
      client,
      'subscription { objectChanges(cluster: "other") { __typename ... on WatchExpired { reason } } }',
    );
    await watch.until(({ data }) => data.objectChanges.__typename === 'Bookmark');
    await service.done(
      'mutation ($input: DeleteClusterInput!) { deleteCluster(input: $input) { userErrors { message } } }',
      { input: { id: cluster.id } },
    );
    await watch.until(({ data }) => data.objectChanges.reason === 'CLUSTER_DELETED');
    await watch.completed();
    expect((await service.data('{ clusters { name } }')).clusters).toEqual([{ name: 'default' }]);
  });
});

describe('a restart', () => {
  const STATE = '{ cluster { revision stateHash clock { now running speed } summary { pods { total ready } } } }';

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'after %s shows the same state, and goes on',
    async (signal) => {
      await apply(SETTINGS.replace('hello', `before ${signal}`));
      const before = await service.data(STATE);
      expect(service.log).toBe('');
      expect(await service.end(signal)).toBe(signal === 'SIGTERM' ? 0 : null);
      await service.start();
      expect(await service.data(STATE)).toEqual(before);
      await service.step('1m');
      expect((await service.data(STATE)).cluster.summary).toEqual(before.cluster.summary);
    },
    60_000,
  );
});
