/**
 * JSON values as Postgres takes them. Three things cannot be said in a `json` column that is filled through
 * json_to_recordset: NUL and lone surrogates in a string, a JSON null apart from an SQL NULL, and that a section is gone.
 * All three are wrapped as `{"orrery.dev/text": "<JSON text>"}`; the empty text says that the value is absent.
 */
const WRAPPER = 'orrery.dev/text';
const ABSENT = `{"${WRAPPER}":""}`;

/** The text to store for a value. */
export function toJsonText(value: unknown): string {
  if (value === undefined) return ABSENT;
  const text = JSON.stringify(value) ?? 'null';
  return value === null || hasWrapper(value) || needsWrapper(text) ? `{"${WRAPPER}":${JSON.stringify(text)}}` : text;
}

/** The value of a column as the driver parsed it. */
export function fromJson(stored: unknown): unknown {
  if (!hasWrapper(stored)) return stored;
  const text = (stored as Record<string, string>)[WRAPPER] ?? '';
  return text === '' ? undefined : JSON.parse(text);
}

/** JSON.stringify writes NUL and lone surrogates, and nothing else that troubles Postgres, as these escapes. */
function needsWrapper(text: string): boolean {
  return text.includes('\\u') && (text.includes('\\u0000') || text.includes('\\ud'));
}

function hasWrapper(value: unknown): boolean {
  return typeof value === 'object' && value !== null && WRAPPER in value;
}

/** Text for a `text` column, which holds neither NUL nor lone surrogates. */
export function toPlainText(text: string): string {
  return text.includes('\0') || !text.isWellFormed() ? text.replaceAll('\0', '').toWellFormed() : text;
}
