const WIDTH = 120;

/**
 * JSON as a reader likes it: what fits on a line stands on a line, the rest is indented by two, and what holds one thing
 * only begins and ends on the lines of that.
 */
export function jsonText(value: unknown, indent = ''): string {
  const short = onOneLine(value);
  if (indent.length + short.length <= WIDTH || typeof value !== 'object' || value === null) return short;
  const isList = Array.isArray(value);
  const entries: [string, unknown][] = isList
    ? value.map((entry: unknown) => ['', entry])
    : Object.entries(value).map(([key, entry]) => [`${JSON.stringify(key)}: `, entry]);
  const [first, last] = isList ? '[]' : ['{ ', ' }'];
  const [only] = entries;
  if (only && entries.length === 1) return `${first}${only[0]}${jsonText(only[1], indent)}${last}`;
  const inner = `${indent}  `;
  const lines = entries.map(([key, entry]) => `${inner}${key}${jsonText(entry, inner)}`);
  return `${first?.trim()}\n${lines.join(',\n')}\n${indent}${last?.trim()}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${onOneLine(entry)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/**
 * The same text for the same answer of two clusters: names that Kubernetes generates and addresses are numbered in the
 * order of their appearance.
 */
export function comparable(text: string): string {
  const seen = new Map<string, string>();
  const number = (found: string) => {
    if (!seen.has(found)) seen.set(found, `~${seen.size + 1}`);
    return seen.get(found) ?? found;
  };
  return text.replace(GENERATED, number).replace(/\s+/g, ' ');
}

/** `7d9c5b8f6d` and `x2x4k` behind a name, uids, addresses of pods and Services. */
const GENERATED =
  /(?<=-)(?:[bcdf-hj-np-tv-xz2456789]{8,10}(?:-[bcdf-hj-np-tv-xz2456789]{5})?|[bcdf-hj-np-tv-xz2456789]{5})\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b10\.\d+\.\d+\.\d+\b/g;
