import { LineCounter, isMap, isScalar, isSeq, parseAllDocuments, type Document, type Node } from 'yaml';
import type { ManifestDocument } from '../machinery/apply/types.ts';
import { jsonSpans, yamlChunks, type Chunk } from './chunks.ts';
import { DEFAULT_LIMITS, type ManifestLimits } from './limits.ts';
import { ManifestError, YamlConverter, startOf } from './yaml-value.ts';
import { conversionProblem, yamlProblem } from './yaml-problem.ts';

export interface ParseOptions {
  limits?: Partial<ManifestLimits>;
  /** A key that stands twice in one map is an error instead of a warning. */
  strict?: boolean;
}

type Parsed = Omit<ManifestDocument, 'index'>;

/**
 * Reads the objects of a manifest: YAML with any number of documents, a JSON object, a stream or an array of them; Lists
 * are taken apart. Text that cannot be read gives a document with errors that name line and column, and the documents
 * after it are read all the same. Never throws.
 */
export function parseManifest(text: string, options: ParseOptions = {}): ManifestDocument[] {
  return [...manifestDocuments(text, options)];
}

/** The same, one document after the other, for readers that must not hold up everybody else while they read. */
export function* manifestDocuments(text: string, options: ParseOptions = {}): Generator<ManifestDocument> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  if (text.length > limits.maxLength) {
    const message = `the manifest has ${text.length} characters; the limit is ${limits.maxLength}`;
    yield { index: 0, line: 1, errors: [{ message }] };
    return;
  }
  let index = 0;
  for (const parsed of readAll(withoutByteOrderMark(text), limits, options.strict ?? false)) {
    if (index === limits.maxDocuments) {
      const message = `the manifest has more than ${limits.maxDocuments} documents`;
      yield { index, line: parsed.line, errors: [{ message, line: parsed.line }] };
      return;
    }
    yield { index: index++, ...parsed };
  }
}

function withoutByteOrderMark(text: string): string {
  return text.codePointAt(0) === 0xfeff ? text.slice(1) : text;
}

function* readAll(text: string, limits: ManifestLimits, strict: boolean): Generator<Parsed> {
  const json = /^\s*[{[]/.test(text) ? readJson(text, limits) : undefined;
  if (json) {
    yield* json;
    return;
  }
  for (const chunk of yamlChunks(text)) yield* readChunk(chunk, limits, strict);
}

// --- JSON ------------------------------------------------------------------------------------------------------------

/** Undefined when the text is no JSON; it may still be YAML in flow style. */
function readJson(text: string, limits: ManifestLimits): Parsed[] | undefined {
  const spans = jsonSpans(text);
  if (!spans || spans.length === 0) return undefined;
  const parsed: Parsed[] = [];
  let line = 1;
  let counted = 0;
  const lineAt = (offset: number) => {
    for (let at = text.indexOf('\n', counted); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
    counted = Math.max(counted, offset);
    return line;
  };
  for (const span of spans) {
    let value: unknown;
    try {
      value = JSON.parse(text.slice(span.start, span.end));
    } catch {
      return undefined;
    }
    const spanLine = lineAt(span.start);
    if (isDeeperThan(value, limits.maxDepth)) {
      const message = `exceeded max depth of ${limits.maxDepth}`;
      parsed.push({ line: spanLine, errors: [{ message, line: spanLine }] });
    } else {
      parsed.push(...flatten(value, spanLine, (position) => lineAt(span.items[position] ?? span.start)));
    }
  }
  return parsed;
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((child) => isDeeperThan(child, depth - 1));
}

// --- YAML ------------------------------------------------------------------------------------------------------------

function readChunk(chunk: Chunk, limits: ManifestLimits, strict: boolean): Parsed[] {
  if (isBlank(chunk.text)) return [];
  const lines = new LineCounter();
  let documents: Document.Parsed[];
  try {
    documents = parseAllDocuments(chunk.text, {
      schema: 'failsafe',
      uniqueKeys: false,
      lineCounter: lines,
      prettyErrors: true,
      logLevel: 'silent',
    }) as Document.Parsed[];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [tooDeep(limits, { line: chunk.line, column: 1 })];
  }
  return documents.flatMap((document) => readDocument(document, chunk, lines, limits, strict));
}

function tooDeep(limits: ManifestLimits, at: { line: number; column: number }): Parsed {
  const message = conversionProblem(`exceeded max depth of ${limits.maxDepth}`, at);
  return { line: at.line, errors: [{ message, ...at }] };
}

/** Nothing but comments, directives and document markers. */
function isBlank(text: string): boolean {
  return /^(?:[ \t]*(?:#.*|%.*|---[ \t]*(?:#.*)?|\.\.\.[ \t]*)?(?:\r?\n|\r|$))*$/.test(text);
}

function readDocument(
  document: Document.Parsed,
  chunk: Chunk,
  lines: LineCounter,
  limits: ManifestLimits,
  strict: boolean,
): Parsed[] {
  const place = (offset: number) => {
    const { line, col } = lines.linePos(Math.min(offset, chunk.text.length));
    return { line: chunk.line + line - 1, column: col };
  };
  const root = document.contents as Node | null;
  const line = root ? place(startOf(root)).line : chunk.line;
  const [error] = document.errors;
  if (error) {
    const at = place(error.pos[0]);
    if (error.message.includes('call stack')) return [tooDeep(limits, at)];
    return [{ line, errors: [{ message: yamlProblem(error, at), ...at }] }];
  }
  const converter = new YamlConverter(limits, lines, chunk.line);
  try {
    const value = converter.convert(root);
    if (value === null) return [];
    if (strict && converter.duplicates.length > 0) {
      return [
        { line, errors: converter.duplicates.map((message) => ({ message: `yaml: unmarshal errors:\n  ${message}` })) },
      ];
    }
    const itemNodes = itemsOf(root);
    const parsed = flatten(value, line, (position) => place(startOf(itemNodes[position])).line);
    const [first] = parsed;
    if (first && converter.duplicates.length > 0) first.warnings = converter.duplicates;
    return parsed;
  } catch (problem) {
    if (problem instanceof ManifestError) {
      const at = place(problem.offset);
      return [{ line, errors: [{ message: conversionProblem(problem.message, at), ...at }] }];
    }
    throw problem;
  }
}

/** The nodes of a List's items, or of the elements of a top-level sequence. */
function itemsOf(root: Node | null): readonly Node[] {
  if (isSeq(root)) return root.items as Node[];
  if (!isMap(root)) return [];
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === 'items');
  return isSeq(pair?.value) ? (pair.value.items as Node[]) : [];
}

// --- Lists -----------------------------------------------------------------------------------------------------------

/** Takes Lists and arrays apart, also within each other; `lineOf` gives the line of an element. */
function flatten(value: unknown, line: number, lineOf: (position: number) => number): Parsed[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, position) => flatten(item, lineOf(position), () => lineOf(position)));
  }
  if (typeof value !== 'object' || value === null) {
    return [{ line, errors: [{ message: `${describe(value)} is no Kubernetes object: it must be a map`, line }] }];
  }
  const object = value as Record<string, unknown>;
  if (!isList(object)) return [{ line, object }];
  return (object['items'] as unknown[]).flatMap((item, position) =>
    flatten(item, lineOf(position), () => lineOf(position)),
  );
}

/** meta.IsList: a kind that ends in List and has items. */
function isList(object: Record<string, unknown>): boolean {
  const kind = object['kind'];
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(object['items']);
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
