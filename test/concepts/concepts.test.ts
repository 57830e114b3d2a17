import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { apiClient, remoteClient, type ApiClient, type ApiStream } from '../support/api-client.ts';

import { comparable, jsonText } from './json-text.ts';
import { NewClusters } from './new-clusters.ts';
import { stepsOf, withAnswers, type Step } from './page.ts';

const FOLDER = join(import.meta.dirname, '../../docs/concepts');
const pages = readdirSync(FOLDER)
  .filter((name) => /^\d\d-.*\.md$/.test(name))
  .sort();
const update = process.env['ORRERY_GOLDEN_UPDATE'] === '1';
/** `http://127.0.0.1:4000/graphql`: runs the pages on a started server, which must not have their clusters yet. */
const server = process.env['ORRERY_CONCEPTS_URL'];

function newClient(): Promise<ApiClient> | ApiClient {
  return server === undefined ? apiClient(new NewClusters()) : remoteClient(server);
}

/** What a payload refused, wherever it stands in an answer. */
function refusals(value: unknown, found: string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, entry] of Object.entries(value)) {
    if (key === 'userErrors' && Array.isArray(entry))
      found.push(...entry.map((error: unknown) => JSON.stringify(error)));
    else refusals(entry, found);
  }
  return found;
}

/** How long a server may take to send what a page's subscriptions are still to get. */
const STREAM_TIMEOUT_MS = 2_000;
const POLL_MS = 10;

/** Waits until so many messages have come, or a little longer than they need. */
async function settle({ messages }: ApiStream, count: number): Promise<void> {
  for (let waited = 0; waited < STREAM_TIMEOUT_MS && messages.length < count; waited += POLL_MS) await sleep(POLL_MS);
  await sleep(POLL_MS);
}

describe('pages of the concepts, run from top to bottom (ORRERY_GOLDEN_UPDATE=1 rewrites their answers)', () => {
  it.each(pages)('%s', { timeout: 60_000 }, async (page) => {
    const path = join(FOLDER, page);
    const text = readFileSync(path, 'utf8');
    const steps = stepsOf(text);
    expect(steps.filter(({ shown }) => shown !== undefined).length).toBeGreaterThan(0);
    const client = await newClient();
    const streams = new Map<Step, ApiStream>();
    const answers = new Map<Step, unknown>();
    for (const step of steps) {
      if (step.document.startsWith('subscription')) {
        streams.set(step, await client.subscribe(step.document));
        continue;
      }
      const answer = await client.ask(step.document, undefined, step.viewer);
      answers.set(step, answer.errors ? answer : answer.data);
      // A page may show an error, and then it stands there already.
      if (step.shown?.includes('"errors"')) continue;
      expect(answer.errors, `line ${step.line}`).toBeUndefined();
      if (step.shown !== undefined) continue;
      expect(refusals(answer.data), `line ${step.line}`).toEqual([]);
    }
    for (const [step, stream] of streams) {
      await settle(stream, (JSON.parse(step.shown || '[]') as unknown[]).length);
      answers.set(
        step,
        stream.messages.map(({ data, errors }) => (errors ? { errors } : data)),
      );
      await stream.close();
    }
    const shown = steps.filter((step) => step.shown !== undefined);
    const actual = shown.map((step) => {
      const fresh = jsonText(answers.get(step));
      return !update && comparable(fresh) === comparable(step.shown ?? '') ? (step.shown ?? '') : fresh;
    });
    const rewritten = withAnswers(text, actual);
    if (update) writeFileSync(path, rewritten);
    else expect(rewritten).toBe(text);
  });
});

describe('the index of the concepts', () => {
  const index = readFileSync(join(FOLDER, 'README.md'), 'utf8');

  it('has the eighteen concepts in their order, each with its page', () => {
    expect(pages.map((page) => Number(page.slice(0, 2)))).toEqual(Array.from({ length: 18 }, (_, place) => place + 1));
    expect([...index.matchAll(/\]\((\d\d-[^)]*)\)/g)].map(([, link]) => link)).toEqual(pages);
  });

  it.each(['README.md', ...pages])('%s links only to what is there', (page) => {
    const text = readFileSync(join(FOLDER, page), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '');
    for (const link of links) expect(() => readFileSync(join(FOLDER, link))).not.toThrow();
  });
});
