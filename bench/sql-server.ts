import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import { pino } from 'pino';
import { sqlOn } from '../src/store/database.ts';
import { EmbeddedPostgres } from '../src/store/embedded/embedded-postgres.ts';

/**
 * What the nested query costs a server that reads from SQL, in a process of its own: the same data in plain tables with
 * the indexes they need, and an HTTP server that answers every request from there. It is spared all of GraphQL: no
 * parsing, no validation, no resolvers. `/join` asks one statement that makes the whole JSON, as PostGraphile does;
 * `/levels` asks one statement per level, as a server with data loaders does.
 */
const services = Number(process.argv[2] ?? 10);
const podsEach = Number(process.argv[3] ?? 5);

const SCHEMA = `
  create table nodes (id int primary key, name text not null);
  create table services (id int primary key, name text not null);
  create table pods (id int primary key, name text not null, node_id int not null references nodes);
  create table endpoints (
    id int primary key, service_id int not null references services, address text not null, pod_id int references pods);
  create index on endpoints (service_id);
  create index on services (name);`;

const JOIN = `
  select json_build_object('data', json_build_object('cluster', json_build_object('services', json_build_object(
    'nodes', json_agg(json_build_object('name', s.name, 'endpoints', (
      select coalesce(json_agg(json_build_object('addresses', json_build_array(e.address), 'pod',
        json_build_object('name', p.name, 'node', json_build_object('name', n.name)))), '[]')
      from endpoints e join pods p on p.id = e.pod_id join nodes n on n.id = p.node_id where e.service_id = s.id
    )))))))::text as body
  from (select id, name from services order by name limit 200) s`;

const directory = await mkdtemp(path.join(tmpdir(), 'orrery-bench-sql-'));
const postgres = await EmbeddedPostgres.start({ directory, logger: pino({ level: 'silent' }) });
const pool = new Pool({ connectionString: postgres.url, max: 16 });
const sql = sqlOn(pool);
await fill();

async function fill(): Promise<void> {
  const nodes = Math.max(3, Math.ceil((services * podsEach) / 50));
  for (const statement of SCHEMA.split(';')) await sql.run(statement);
  await sql.run(`insert into nodes select i, 'node-' || i from generate_series(1, ${nodes}) i`);
  await sql.run(`insert into services select i, 'app-' || i from generate_series(1, ${services}) i`);
  const total = services * podsEach;
  await sql.run(
    `insert into pods select i, 'app-' || (i - 1) / ${podsEach} || '-6ffb69d8d8-x' || i, 1 + i % ${nodes} from generate_series(1, ${total}) i`,
  );
  await sql.run(
    `insert into endpoints select i, 1 + (i - 1) / ${podsEach}, '10.128.0.' || i, i from generate_series(1, ${total}) i`,
  );
  await sql.run('analyze');
}

async function byJoin(): Promise<string> {
  const [row] = await sql.run<{ body: string }>(JOIN, [], 'join');
  return row?.body ?? '';
}

function rowsOf(name: string, text: string, ids: unknown[]): Promise<any[]> {
  return sql.run(text, ids.length > 0 ? [ids] : [], name);
}

function byKey(rows: any[], key: string): Map<number, any[]> {
  return Map.groupBy(rows, (row) => row[key] as number);
}

async function byLevels(): Promise<string> {
  const found = await rowsOf('services', 'select id, name from services order by name limit 200', []);
  const ids = found.map(({ id }) => id);
  const endpoints = await rowsOf(
    'endpoints',
    'select service_id, address, pod_id from endpoints where service_id = any($1)',
    ids,
  );
  const podIds = [...new Set(endpoints.map((row) => row.pod_id))];
  const pods = byKey(await rowsOf('pods', 'select id, name, node_id from pods where id = any($1)', podIds), 'id');
  const nodeIds = [...new Set([...pods.values()].map(([row]) => row.node_id))];
  const nodes = byKey(await rowsOf('nodes', 'select id, name from nodes where id = any($1)', nodeIds), 'id');
  const ofService = byKey(endpoints, 'service_id');
  const shown = found.map(({ id, name }) => ({
    name,
    endpoints: (ofService.get(id) ?? []).map(({ address, pod_id: podId }) => {
      const pod = pods.get(podId)?.[0];
      return { addresses: [address], pod: { name: pod.name, node: { name: nodes.get(pod.node_id)?.[0].name } } };
    }),
  }));
  return JSON.stringify({ data: { cluster: { services: { nodes: shown } } } });
}

const server = createServer((request, response) => {
  request.resume();
  const answer = request.url?.startsWith('/join') ? byJoin() : byLevels();
  answer.then(
    (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    (error: Error) => response.writeHead(500).end(error.message),
  );
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

const TICKS_PER_SECOND = 100;

/** CPU seconds of Postgres' processes, where /proc tells; elsewhere they are not counted, to the good of SQL. */
function postgresCpu(): number {
  try {
    const postmaster = /^\d+/.exec(readFileSync(findFile('postmaster.pid'), 'utf8'))?.[0];
    let ticks = 0;
    for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const fields = statOf(id);
      if (fields && (id === postmaster || fields[1] === postmaster)) ticks += Number(fields[11]) + Number(fields[12]);
    }
    return ticks / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** The fields of /proc/…/stat from the state on; undefined when the process has gone. */
function statOf(id: string): string[] | undefined {
  try {
    return readFileSync(`/proc/${id}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined;
  }
}

function findFile(name: string): string {
  const found = readdirSync(directory, { recursive: true, encoding: 'utf8' }).find((file) => file.endsWith(name));
  return path.join(directory, found ?? name);
}

let lastCpu = process.cpuUsage();
let lastPostgres = postgresCpu();

process.on('message', (message: 'stop' | 'cpu') => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage(lastCpu);
    const now = postgresCpu();
    process.send?.({ cpuSeconds: (user + system) / 1e6 + now - lastPostgres });
    lastCpu = process.cpuUsage();
    lastPostgres = now;
    return;
  }
  void stop();
});

async function stop(): Promise<void> {
  server.closeAllConnections();
  server.close();
  await pool.end();
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
  process.exit(0);
}
