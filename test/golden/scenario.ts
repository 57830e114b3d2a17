/**
 * A scenario file is a script and its whole outcome: blocks of a command line, an optional body, a line `----`, and the
 * output up to the next blank line. Lines before the first command that start with `#` are prose.
 */
export interface Block {
  /** Comment lines and blank lines before the command, kept as they are. */
  prose: string[];
  command: string;
  body: string;
  expected: string;
}

export function parseScenario(text: string): { blocks: Block[]; tail: string[] } {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n');
  const blocks: Block[] = [];
  let position = 0;
  for (;;) {
    const prose: string[] = [];
    while (position < lines.length && /^(#.*|\s*)$/.test(lines[position] ?? '')) prose.push(lines[position++] ?? '');
    const command = lines[position++];
    if (command === undefined) return { blocks, tail: prose };
    const body: string[] = [];
    while (position < lines.length && lines[position] !== '----') body.push(lines[position++] ?? '');
    position++;
    const expected: string[] = [];
    while (position < lines.length && lines[position] !== '') expected.push(lines[position++] ?? '');
    blocks.push({ prose, command, body: body.join('\n'), expected: expected.join('\n') });
  }
}

export function formatScenario(blocks: readonly (Block & { actual: string })[], tail: readonly string[]): string {
  const lines: string[] = [];
  for (const { prose, command, body, actual } of blocks) {
    lines.push(...prose, command);
    if (body) lines.push(body);
    lines.push('----');
    if (actual) lines.push(actual);
  }
  return `${[...lines, ...tail].join('\n')}\n`;
}
