import type { AskedAs } from '../support/api-client.ts';

/** A page of documentation that can be run: its GraphQL documents in order, each with what a reader sees. */
export interface Step {
  /** The line of the document's fence, from 1. */
  line: number;
  document: string;
  /** The block of JSON behind the document; undefined where the page shows none. */
  shown: string | undefined;
  /** Who asks, where the fence says so: "graphql as jane developers". */
  viewer: AskedAs | undefined;
}

interface Fence {
  language: string;
  /** The words behind the language. */
  words: string[];
  /** Lines of the page, from 0: of the opening and of the closing fence. */
  open: number;
  close: number;
}

/** The `graphql` blocks of a page; a `json` block belongs to the one before it, `text` is for the eye. */
export function stepsOf(text: string): Step[] {
  const lines = text.split('\n');
  const steps: Step[] = [];
  for (const { language, words, open, close } of fences(lines)) {
    const content = lines.slice(open + 1, close).join('\n');
    const last = steps.at(-1);
    if (language === 'graphql')
      steps.push({ line: open + 1, document: content, shown: undefined, viewer: viewerOf(words) });
    else if (language === 'json' && last && last.shown === undefined) last.shown = content;
    else if (!['text', 'sh', 'yaml'].includes(language))
      throw new Error(`line ${open + 1}: a block of ${language || 'no language'} that nothing checks`);
  }
  return steps;
}

/** The page with other answers in its `json` blocks, in their order. */
export function withAnswers(text: string, answers: readonly string[]): string {
  const lines = text.split('\n');
  const blocks = fences(lines).filter(({ language }) => language === 'json');
  const result: string[] = [];
  let from = 0;
  for (const [index, { open, close }] of blocks.entries()) {
    result.push(...lines.slice(from, open + 1), ...(answers[index] ?? '').split('\n'));
    from = close;
  }
  return [...result, ...lines.slice(from)].join('\n');
}

function viewerOf([as, user, ...groups]: readonly string[]): AskedAs | undefined {
  return as === 'as' && user !== undefined ? { user, groups } : undefined;
}

function fences(lines: readonly string[]): Fence[] {
  const found: Fence[] = [];
  for (let open = 0; open < lines.length; open++) {
    const fence = /^```(\w*) ?(.*)/.exec(lines[open] ?? '');
    if (!fence) continue;
    const close = lines.indexOf('```', open + 1);
    if (close < 0) throw new Error(`line ${open + 1}: the block has no end`);
    found.push({ language: fence[1] ?? '', words: (fence[2] ?? '').split(' '), open, close });
    open = close;
  }
  return found;
}
