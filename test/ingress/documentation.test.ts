import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestServer } from '../api/support.ts';

/** What docs/networking.md shows is what a reader sees. */
const TEXT = readFileSync(join(import.meta.dirname, '../../docs/networking.md'), 'utf8');

function blocks(language: string): string[] {
  return [...TEXT.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');
}

test('the examples of the documentation answer what it says', async () => {
  const { ask } = await startTestServer();
  await ask(
    'mutation { createCluster(input: { name: "default", nodes: 1, paused: true }) { userErrors { message } } }',
  );
  const [manifest = ''] = blocks('yaml');
  const applied = await ask(
    'mutation ($m: String!) { applyManifest(input: { manifest: $m }) { userErrors { message } documents { action } } }',
    { m: manifest },
  );
  expect(applied.data.applyManifest.userErrors).toEqual([]);
  await ask('mutation { stepClock(by: { duration: "1m" }) { userErrors { message } } }');
  const queries = blocks('graphql');
  expect(queries).toHaveLength(3);
  const answers = await Promise.all(queries.map((query) => ask(query)));
  expect(answers.flatMap(({ errors = [] }) => errors)).toEqual([]);
  const [policies, ingress, gateway] = answers.map(({ data }) => data.cluster);
  expect(policies).toMatchObject({
    client: { allowed: true, reason: expect.stringContaining('web allows it in ingress[0]') },
    stranger: {
      allowed: false,
      paths: [{ ingress: { isolated: true, policies: [{ name: 'web' }], allowedBy: null } }],
    },
  });
  expect(ingress.ingress).toMatchObject({
    statusCode: 200,
    route: { path: '/' },
    backend: { endpoints: [{ pod: { name: 'web' } }] },
  });
  expect(ingress.ingresses.nodes).toMatchObject([
    { served: true, addresses: [ingress.ingress.ingress.ingressClass.address] },
  ]);
  expect(gateway.gateways.nodes).toMatchObject([
    {
      listeners: [{ attachedRoutes: 1 }],
      resolve: { statusCode: 200, backends: [{ name: 'web', share: 1, problem: null }] },
    },
  ]);
  expect(gateway.httpRoutes.nodes[0].parents[0].conditions.map(({ status }: { status: string }) => status)).toEqual([
    'TRUE',
    'TRUE',
  ]);
});
