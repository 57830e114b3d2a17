/** One document of a stream, as text. */
export interface Chunk {
  text: string;
  /** Offset of its first character in the whole text. */
  start: number;
  /** The number of its first line, from 1. */
  line: number;
}

/**
 * Cuts a YAML stream at its `---` lines, so that a document that cannot be read does not take the others with it.
 * What stands behind `---` on its line belongs to the document that begins there.
 */
export function* yamlChunks(text: string): Generator<Chunk> {
  const separator = /^---(?=[ \t\r]|$)/gm;
  let start = 0;
  let line = 1;
  for (let match = separator.exec(text); match; match = separator.exec(text)) {
    const end = match.index;
    if (end > start) yield { text: text.slice(start, end), start, line };
    line += countLines(text, start, end);
    start = end;
  }
  if (start < text.length) yield { text: text.slice(start), start, line };
}

function countLines(text: string, start: number, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** Where the values of a JSON stream begin and end, and where the elements of each root object's "items" begin. */
export interface JsonSpan {
  start: number;
  end: number;
  items: number[];
}

/**
 * Finds the objects of a stream of JSON objects (`{…}{…}`) or of one JSON array, without reading them: it only counts
 * brackets outside strings. Undefined when the text is no such stream.
 */
export function jsonSpans(text: string): JsonSpan[] | undefined {
  const scan = new JsonScan(text);
  const first = scan.skipSpace(0);
  return text[first] === '[' ? scan.array(first) : scan.stream(first);
}

class JsonScan {
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  skipSpace(from: number): number {
    let at = from;
    while (at < this.text.length && /[\s,]/.test(this.text[at] ?? '')) at++;
    return at;
  }

  stream(from: number): JsonSpan[] | undefined {
    const spans: JsonSpan[] = [];
    for (let at = from; at < this.text.length; at = this.skipSpace(spans.at(-1)?.end ?? at)) {
      if (this.text[at] !== '{') return undefined;
      const span = this.value(at);
      if (!span) return undefined;
      spans.push(span);
    }
    return spans;
  }

  array(from: number): JsonSpan[] | undefined {
    const whole = this.value(from);
    if (!whole || this.skipSpace(whole.end) < this.text.length) return undefined;
    const spans: JsonSpan[] = [];
    let at = this.skipSpace(from + 1);
    while (at < whole.end - 1) {
      if (this.text[at] !== '{') return undefined;
      const span = this.value(at);
      if (!span) return undefined;
      spans.push(span);
      at = this.skipSpace(span.end);
    }
    return spans;
  }

  /** The extent of the object or array that begins at `start`. */
  private value(start: number): JsonSpan | undefined {
    const items: number[] = [];
    let depth = 0;
    let inItems = false;
    for (let at = start; at < this.text.length; at++) {
      const character = this.text[at];
      if (character === '"') {
        const end = this.stringEnd(at);
        if (end < 0) return undefined;
        if (depth === 1) inItems = this.text.slice(at, end + 1) === '"items"';
        at = end;
      } else if (character === '{' || character === '[') {
        if (inItems && depth === 2 && character === '{') items.push(at);
        depth++;
      } else if (character === '}' || character === ']') {
        depth--;
        if (depth === 0) return { start, end: at + 1, items };
      }
    }
    return undefined;
  }

  private stringEnd(start: number): number {
    let at = this.text.indexOf('"', start + 1);
    while (at >= 0 && this.isEscaped(at)) at = this.text.indexOf('"', at + 1);
    return at;
  }

  private isEscaped(at: number): boolean {
    let slashes = 0;
    while (this.text[at - 1 - slashes] === '\\') slashes++;
    return slashes % 2 === 1;
  }
}
