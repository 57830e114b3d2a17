import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import type { KubeObject } from '../src/machinery/object.ts';
import { randomUid } from '../src/machinery/random.ts';
import type { Version } from '../src/machinery/version.ts';
import { acquireCluster, insertCluster, type ClusterRow } from '../src/store/cluster-rows.ts';
import { commit } from '../src/store/commit.ts';
import { openDatabase, type Database } from '../src/store/database.ts';
import { EmbeddedPostgres } from '../src/store/embedded/embedded-postgres.ts';
import { loadState } from '../src/store/objects.ts';
import { report, secondsOf, tiny } from './report.ts';

/** What the store can take and give, on the bundled Postgres with its durable settings. */
const PODS = tiny ? 300 : 30_000;
const BATCH = 5_000;
const SMALL_COMMITS = tiny ? 10 : 1_000;

const START = Date.UTC(2026, 0, 1);
let revision = 0;

function versionOf(object: KubeObject, previous: Version | undefined): Version {
  revision++;
  const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
  return {
    revision,
    created: previous?.created ?? revision,
    type: previous ? 'MODIFIED' : 'ADDED',
    kindKey: object.kind,
    object: stored,
    previous: previous?.object,
    time: START,
    cause: 'bench',
  };
}

function newPod(number: number): KubeObject {
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'web-6d9f7c',
    uid: randomUid('owner'),
    controller: true,
  };
  const toleration = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `web-6d9f7c-${number}`,
      generateName: 'web-6d9f7c-',
      namespace: 'default',
      uid: randomUid('pod', number),
      resourceVersion: '',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { app: 'web', 'pod-template-hash': '6d9f7c' },
      ownerReferences: [owner],
    },
    spec: {
      containers: [
        {
          name: 'web',
          image: 'web:1',
          ports: [{ containerPort: 8080, protocol: 'TCP' }],
          resources: { requests: { cpu: '100m', memory: '128Mi' } },
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      schedulerName: 'default-scheduler',
      tolerations: ['not-ready', 'unreachable'].map((what) => ({ key: `node.kubernetes.io/${what}`, ...toleration })),
      enableServiceLinks: true,
    },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
}

function running(pod: KubeObject): KubeObject {
  const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: '2026-01-01T00:00:05Z',
  }));
  const state = { running: { startedAt: '2026-01-01T00:00:04Z' } };
  const containerStatuses = [{ name: 'web', ready: true, started: true, restartCount: 0, image: 'web:1', state }];
  return { ...pod, status: { phase: 'Running', podIP: '10.244.1.7', conditions, containerStatuses } };
}

function newEvent(pod: KubeObject, number: number): KubeObject {
  const { name, uid } = pod.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { ...pod.metadata, name: `${name}.${number}`, uid: randomUid('event', number) },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name, uid },
    type: 'Normal',
    reason: 'Scheduled',
    message: `Successfully assigned default/${name} to node-1`,
    source: { component: 'default-scheduler' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
  } as KubeObject;
}

async function write(database: Database, row: ClusterRow, versions: readonly Version[]): Promise<void> {
  const { epoch, record } = row;
  const clock = { timeMs: START, running: true, speed: 1, pendingTimers: 0, commandCount: 0 };
  await commit(database, { clusterId: record.id, epoch, leaseMs: 60_000, revision, ...clock, versions, commands: [] });
}

async function inBatches(database: Database, row: ClusterRow, versions: readonly Version[]): Promise<number> {
  const time = await secondsOf(async () => {
    for (let start = 0; start < versions.length; start += BATCH) {
      await write(database, row, versions.slice(start, start + BATCH));
    }
  });
  return versions.length / time;
}

async function measure(database: Database): Promise<void> {
  const cluster = { name: 'bench', seed: 's', settings: {}, startMs: START, running: true };
  const inserted = await insertCluster(database, { ...cluster, creation: { initialCommands: [] } });
  const row = inserted && (await acquireCluster(database, inserted.record.id, 'bench', 60_000));
  if (!row) throw new Error('the cluster was not created');
  const added = Array.from({ length: PODS }, (_, number) => versionOf(newPod(number), undefined));
  const whole = await inBatches(database, row, added);
  report({ what: 'versions committed, whole pods', value: Math.round(whole), unit: 'rows/s' });
  const modified = added.map((version) => versionOf(running(version.object), version));
  const changes = await inBatches(database, row, modified);
  const ratio = { to: 'whole pods', value: changes / whole };
  report({ what: 'versions committed, a status each', value: Math.round(changes), unit: 'rows/s', ratio });
  const events = added.map((version, number) => versionOf(newEvent(version.object, number), undefined));
  report({ what: 'Events committed', value: Math.round(await inBatches(database, row, events)), unit: 'rows/s' });
  const small = await secondsOf(async () => {
    for (let number = 0; number < SMALL_COMMITS; number++) {
      const before = modified[number % modified.length];
      if (before) await write(database, row, [versionOf({ ...before.object, status: { number } }, before)]);
    }
  });
  report({ what: 'commits of one version, one after the other', value: Math.round(SMALL_COMMITS / small), unit: '/s' });
  const load = await secondsOf(async () => void (await loadState(database, row.record.id)));
  report({ what: 'objects read at a start', value: Math.round((2 * PODS) / load), unit: 'objects/s' });
}

const directory = await mkdtemp(path.join(tmpdir(), 'orrery-bench-'));
const postgres = await EmbeddedPostgres.start({ directory, logger: pino({ level: 'warn' }, pino.destination(2)) });
const database = await openDatabase(postgres.url);
try {
  await measure(database);
} finally {
  await database.close();
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}
