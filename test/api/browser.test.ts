import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { startTestServer } from './support.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];

const { server, clusters } = await startTestServer();
await clusters.create({ name: 'default', initialCommands: [{ name: 'addNodes', input: { count: 1 } }] });

const TAB_TITLES = ['Services', 'Apply', 'Scale', 'BreakReadiness', 'WatchPods', 'WatchProbes'];

test.skipIf(!existsSync(CHROMIUM))(
  'GraphiQL opens with its tabs, runs the first, and asks nobody else for anything',
  { timeout: 120_000 },
  async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const page = await browser.newPage();
      const elsewhere: string[] = [];
      const failures: string[] = [];
      page.on('request', (request) => {
        const url = request.url();
        if (/^(https?|wss?):/.test(url) && !url.startsWith(server.url)) elsewhere.push(url);
      });
      page.on('pageerror', (error) => failures.push(error.message));
      await page.goto(`${server.url}/graphql`, { waitUntil: 'domcontentloaded' });
      const run = page.getByRole('button', { name: 'Execute query (Ctrl-Enter)' });
      await run.waitFor();
      expect((await page.locator('.graphiql-tab').allInnerTexts()).map((text) => text.trim())).toEqual(TAB_TITLES);
      await run.click();
      const answer = async () => (await page.locator('.graphiql-response').innerText()).replaceAll('\u00a0', ' ');
      await expect.poll(answer, { timeout: 30_000 }).toContain('"ready": true');
      expect(elsewhere).toEqual([]);
      expect(failures).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
