import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.ts';

describe('the environment', () => {
  it('may be empty', () => {
    expect(readConfig({})).toEqual({
      port: 4000,
      host: '127.0.0.1',
      dataDirectory: './.orrery',
      databaseUrl: undefined,
      role: 'all',
      logLevel: 'info',
      databaseConnections: 10,
      retainedRevisions: 1_000_000,
      recentVersions: 20_000,
      pastViews: 4,
      leaseMs: 10_000,
      jit: false,
    });
  });

  it('is taken as it is given, and what is empty counts as not given', () => {
    const environment = {
      PORT: '0',
      HOST: '::1',
      ORRERY_DATA: '/data',
      DATABASE_URL: 'postgres://user:secret@host:5432/database',
      ORRERY_ROLE: 'API',
      ORRERY_LOG_LEVEL: '',
      ORRERY_LEASE_SECONDS: '30',
      ORRERY_JIT: 'on',
    };
    expect(readConfig(environment)).toMatchObject({
      port: 0,
      host: '::1',
      dataDirectory: '/data',
      databaseUrl: environment.DATABASE_URL,
      role: 'api',
      logLevel: 'info',
      leaseMs: 30_000,
      jit: true,
    });
  });

  const refused: [string, Record<string, string>, string][] = [
    ['a port that is a word', { PORT: 'http' }, 'PORT must be a whole number between 0 and 65535, not "http".'],
    ['a port beyond the last', { PORT: '65536' }, 'PORT must be a whole number between 0 and 65535, not "65536".'],
    ['half a port', { PORT: '80.5' }, 'PORT must be a whole number between 0 and 65535, not "80.5".'],
    ['a role of its own', { ORRERY_ROLE: 'king' }, 'ORRERY_ROLE must be one of all, api, reconciler, not "king".'],
    [
      'a database of another kind',
      { DATABASE_URL: 'mysql://host/database' },
      'DATABASE_URL must look like postgres://user:password@host:5432/database.',
    ],
    [
      'a part of the service without a shared database',
      { ORRERY_ROLE: 'reconciler' },
      'ORRERY_ROLE=reconciler shares a database with other processes: set DATABASE_URL to it as well.',
    ],
  ];
  it.each(refused)('must not hold %s', (_title, environment, sentence) => {
    expect(() => readConfig(environment)).toThrow(new ConfigError(sentence));
  });
});
