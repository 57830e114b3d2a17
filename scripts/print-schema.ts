import { readFileSync, writeFileSync } from 'node:fs';
import { schemaText } from '../src/api/print-schema.ts';
import { buildSchema } from '../src/api/schema.ts';
import { definitions } from '../src/kinds/registry.ts';

/** `--write` writes schema.graphql, `--check` fails when it is out of date, neither prints the schema. */
const FILE = new URL('../schema.graphql', import.meta.url);

const text = schemaText(await buildSchema(definitions));

if (process.argv.includes('--write')) {
  writeFileSync(FILE, text);
} else if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error('schema.graphql is out of date: run `npm run schema` and look at the difference.');
    process.exitCode = 1;
  }
} else {
  process.stdout.write(text);
}
