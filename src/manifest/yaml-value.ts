import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml';
import type { ManifestLimits } from './limits.ts';
import { keyText, resolvePlain, resolveTagged, type Scalar } from './scalar.ts';

/** A place in the text that cannot be made into JSON. */
export class ManifestError extends Error {
  /** Offset in the chunk that was parsed. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

interface Anchor {
  value: unknown;
  nodes: number;
}

/**
 * Makes plain JSON of one parsed YAML document, as Go's YAML-to-JSON conversion does: unquoted scalars by YAML 1.1,
 * keys as text, merge keys filled in, aliases expanded within limits.
 */
export class YamlConverter {
  /** Keys that stand twice in one map; the last one counts. */
  readonly duplicates: string[] = [];
  private readonly limits: ManifestLimits;
  private readonly lines: LineCounter;
  private readonly firstLine: number;
  private readonly anchors = new Map<string, Anchor>();
  private nodes = 0;
  private aliases = 0;
  private aliasedNodes = 0;

  /** `firstLine` is the number of the chunk's first line, from 1. */
  constructor(limits: ManifestLimits, lines: LineCounter, firstLine: number) {
    this.limits = limits;
    this.lines = lines;
    this.firstLine = firstLine;
  }

  convert(node: unknown, depth = 0): unknown {
    if (node === null || node === undefined) return null;
    this.nodes++;
    if (depth > this.limits.maxDepth) {
      throw new ManifestError(`exceeded max depth of ${this.limits.maxDepth}`, startOf(node as Node));
    }
    if (isAlias(node)) return this.alias(node.source, startOf(node));
    const before = this.nodes;
    const value = this.value(node as Node, depth);
    const anchor = (node as { anchor?: string }).anchor;
    if (anchor) this.anchors.set(anchor, { value, nodes: this.nodes - before + 1 });
    return value;
  }

  private value(node: Node, depth: number): unknown {
    if (isScalar(node)) return this.finite(scalarOf(node), node);
    if (isSeq(node)) return node.items.map((item) => this.convert(item, depth + 1));
    if (isMap(node)) return this.map(node, depth);
    return null;
  }

  private finite(value: Scalar, node: Node): Scalar {
    if (typeof value !== 'number' || Number.isFinite(value)) return value;
    const word = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    throw new ManifestError(`json: unsupported value: ${word}`, startOf(node));
  }

  private alias(name: string, offset: number): unknown {
    const anchor = this.anchors.get(name);
    if (!anchor) throw new ManifestError(`unknown anchor '${name}' referenced`, offset);
    this.aliases++;
    this.aliasedNodes += anchor.nodes;
    this.nodes += anchor.nodes;
    const { maxAliases, maxAliasedNodes } = this.limits;
    if (this.aliases > maxAliases) {
      throw new ManifestError(`document contains excessive aliasing: more than ${maxAliases} aliases`, offset);
    }
    if (this.aliasedNodes > maxAliasedNodes) {
      throw new ManifestError(
        `document contains excessive aliasing: its aliases stand for more than ${maxAliasedNodes} values`,
        offset,
      );
    }
    return anchor.value;
  }

  private map(node: YAMLMap, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const merges: unknown[] = [];
    for (const pair of node.items) {
      if (isMergeKey(pair)) {
        merges.push(...this.mergeSources(pair, depth));
        continue;
      }
      const key = this.key(pair, depth);
      if (Object.hasOwn(result, key)) {
        const line = this.firstLine + this.lines.linePos(startOf(pair.key as Node)).line - 1;
        this.duplicates.push(`line ${line}: key ${JSON.stringify(key)} already set in map`);
      }
      set(result, key, this.convert(pair.value, depth + 1));
    }
    for (const source of merges) {
      for (const [key, value] of Object.entries(source as object)) {
        if (!Object.hasOwn(result, key)) set(result, key, value);
      }
    }
    return result;
  }

  private key(pair: Pair, depth: number): string {
    const key = this.convert(pair.key, depth + 1);
    const text = typeof key === 'object' ? undefined : keyText(key as Scalar);
    if (text === undefined) {
      throw new ManifestError(
        'unsupported map key: it must be a string, a number or a boolean',
        startOf(pair.key as Node),
      );
    }
    return text;
  }

  private mergeSources(pair: Pair, depth: number): unknown[] {
    const value = this.convert(pair.value, depth + 1);
    const sources = Array.isArray(value) ? value : [value];
    if (sources.every((source) => typeof source === 'object' && source !== null && !Array.isArray(source))) {
      return sources;
    }
    throw new ManifestError('map merge requires map or sequence of maps as the value', startOf(pair.key as Node));
  }
}

/** Sets a key even where its name has a meaning in JavaScript ("__proto__"). */
function set(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.value === '<<';
}

function scalarOf(node: { value: unknown; type?: string; tag?: string | undefined; source?: string }): Scalar {
  const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
  if (node.tag && node.tag !== '!') return resolveTagged(node.tag, text);
  return node.type === 'PLAIN' || node.type === undefined ? resolvePlain(text) : text;
}

/** Where a node begins in its chunk. */
export function startOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}
