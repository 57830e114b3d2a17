/** Rows as the two ways of bulk writing take them: json_to_recordset within a statement, and COPY for many. */

/** The columns of a table that a row fills, in order, with their types. */
export type Columns = Readonly<Record<string, 'bigint' | 'boolean' | 'json' | 'text' | 'uuid'>>;

/** A row's values as text, in the order of the columns; undefined is NULL. Those of type json are JSON text. */
export type RowTexts = readonly (string | undefined)[];

/** The names of the columns, as a statement lists them. */
export function columnNames(columns: Columns): string {
  return Object.keys(columns).join(', ');
}

/** What stands behind `as row(…)` for json_to_recordset. */
export function recordFields(columns: Columns): string {
  return Object.entries(columns)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ');
}

/** The rows as one JSON array for json_to_recordset. */
export function recordsText(columns: Columns, rows: readonly RowTexts[]): string {
  const fields = Object.entries(columns);
  return `[${rows.map((row) => recordText(fields, row)).join(',')}]`;
}

function recordText(fields: readonly [string, string][], row: RowTexts): string {
  const parts: string[] = [];
  for (const [position, [name, type]] of fields.entries()) {
    const value = row[position];
    if (value === undefined) continue;
    parts.push(`"${name}":${type === 'text' || type === 'uuid' ? JSON.stringify(value) : value}`);
  }
  return `{${parts.join(',')}}`;
}

/** One line of COPY's text format. */
export function copyLine(row: RowTexts): string {
  let line = '';
  for (const [position, value] of row.entries()) {
    if (position > 0) line += '\t';
    line += value === undefined ? '\\N' : escapeForCopy(value);
  }
  return `${line}\n`;
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapeForCopy(value: string): string {
  return SPECIAL.test(value) ? value.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? '') : value;
}
