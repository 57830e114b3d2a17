import { auditServer } from 'graphql-http';
import { expect, test } from 'vitest';
import { startTestServer } from './support.ts';

test('the server passes every audit of GraphQL over HTTP', async () => {
  const { server } = await startTestServer();
  const results = await auditServer({ url: `${server.url}/graphql`, fetchFn: fetch });
  const failed = results.filter(({ status }) => status !== 'ok').map(({ id, name }) => `${id} ${name}`);
  expect(failed).toEqual([]);
  expect(results.length).toBeGreaterThanOrEqual(61);
});
