import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { GRAPHIQL_TABS } from '../../src/api/graphiql.ts';
import { buildSchema } from '../../src/api/schema.ts';
import { definitions } from '../../src/kinds/registry.ts';
import { startTestServer } from './support.ts';

const { server } = await startTestServer();

test('browsers get a page that loads nothing from anywhere else', async () => {
  const response = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
  expect(response.headers.get('content-type')).toContain('text/html');
  const page = await response.text();
  const markup = page
    .replaceAll(/<script\b([^>]*)>[^]*?<\/script>/g, '<script$1></script>')
    .replaceAll(/<style[^]*?<\/style>/g, '');
  expect(markup).not.toMatch(/(?:src|href)=["'](?:https?:)?\/\//);
  expect(page).not.toMatch(/@import\s+(?:url\()?["']?https?:|url\(["']?https?:/);
  expect(page).toContain('"subscriptionsProtocol":"WS"');
});

test.each(GRAPHIQL_TABS.map((tab) => [tab.split('\n')[0], tab]))('the tab "%s" is valid', async (_title, tab) => {
  expect(validate(await buildSchema(definitions), parse(tab ?? ''))).toEqual([]);
});
