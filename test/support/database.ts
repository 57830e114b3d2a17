import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase, type Database } from '../../src/store/database.ts';

/** The URL of the Postgres of this run of tests. */
export async function postgresUrl(): Promise<string> {
  const answer = await text(connect(inject('postgresPort'), '127.0.0.1'));
  if (answer.startsWith('error: ')) throw new Error(answer);
  return answer;
}

/** A fresh, empty database of its own; not migrated. */
export async function emptyDatabaseUrl(): Promise<string> {
  const url = new URL(await postgresUrl());
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2)}`;
  await client.query(`create database ${name}`);
  await client.end();
  url.pathname = `/${name}`;
  return url.href;
}

/** A fresh database with Orrery's tables. */
export async function testDatabase(): Promise<Database & { url: string }> {
  const url = await emptyDatabaseUrl();
  const database = await openDatabase(url, { maxConnections: 5 });
  return { ...database, url };
}
