/**
 * Writes src/machinery/schema/kubernetes-types.json: every field of every kind that Kubernetes serves, from the installed
 * models, which are generated from Kubernetes' OpenAPI.
 *
 * A field's type is an expression: `string`, `bool`, `int32`, `int64`, `double`, `bytes` (base64), `quantity`,
 * `intOrString`, `time`, `microTime`, `any`, the id of another type, and `[]T` or `{}T` for lists and maps of T.
 *
 * Run: node scripts/generate-schema.ts. test/manifest/schema-table.test.ts checks that the file is up to date.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readModels, type ModelType } from './read-models.ts';

/** The versions that the modelled release serves by default. */
const SERVED = new Set([
  'v1',
  'apps/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'batch/v1',
  'policy/v1',
  ...[
    'admissionregistration',
    'apiextensions',
    'apiregistration',
    'authentication',
    'authorization',
    'certificates',
  ].map((group) => `${group}.k8s.io/v1`),
  ...['coordination', 'discovery', 'events', 'flowcontrol.apiserver', 'networking', 'node', 'rbac.authorization'].map(
    (group) => `${group}.k8s.io/v1`,
  ),
  ...['resource', 'scheduling', 'storage'].map((group) => `${group}.k8s.io/v1`),
]);

interface SchemaTable {
  kinds: Record<string, string>;
  types: Record<string, Record<string, string>>;
}

interface Validator {
  (data: unknown): boolean;
  errors?: readonly { instancePath: string; keyword: string; params: { type?: string; format?: string } }[] | null;
}

const OUTPUT = fileURLToPath(new URL('../src/machinery/schema/kubernetes-types.json', import.meta.url));

/** The table as it should stand in the file. */
export async function generateSchema(): Promise<string> {
  const models = readModels();
  const table: SchemaTable = { kinds: {}, types: {} };
  const waiting: string[] = [];
  for (const { id, kind } of models.values()) {
    if (!kind || !SERVED.has(kind.apiVersion) || kind.kind.endsWith('List')) continue;
    table.kinds[`${kind.apiVersion}/${kind.kind}`] = id;
    waiting.push(id);
  }
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const type = models.get(id);
    if (!type || table.types[id]) continue;
    table.types[id] = await fieldsOf(type);
    for (const expression of type.fields.values()) waiting.push(expression.replace(/^(\[\]|\{\})+/, ''));
  }
  return `${JSON.stringify({ kinds: sorted(table.kinds), types: sorted(table.types) }, undefined, 2)}\n`;
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The fields with exact number types: the compiled validators are asked what they refuse. */
async function fieldsOf(type: ModelType): Promise<Record<string, string>> {
  const fields: Record<string, string> = {};
  let validate: Validator | undefined;
  for (const [name, expression] of type.fields) {
    const bare = expression.replace(/^(\[\]|\{\})+/, '');
    if (bare !== 'number' && bare !== 'string') {
      fields[name] = expression;
      continue;
    }
    validate ??= await validatorOf(type);
    fields[name] = expression.replace(
      bare,
      bare === 'number' ? numberType(validate, name, expression) : textType(validate, name, expression),
    );
  }
  return sorted(fields);
}

async function validatorOf(type: ModelType): Promise<Validator> {
  const url = pathToFileURL(join(type.schemaFolder, `${type.schemaName}.js`)).href;
  return ((await import(url)) as { validate: Validator }).validate;
}

/** Puts a value where an expression like `[]number` has its number. */
function nested(expression: string, value: unknown): unknown {
  if (expression.startsWith('[]')) return [nested(expression.slice(2), value)];
  if (expression.startsWith('{}')) return { key: nested(expression.slice(2), value) };
  return value;
}

function refusals(validate: Validator, name: string, value: unknown): NonNullable<Validator['errors']> {
  if (validate({ [name]: value })) return [];
  const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return (validate.errors ?? []).filter(({ instancePath }) => instancePath.startsWith(path));
}

function numberType(validate: Validator, name: string, expression: string): string {
  const fraction = refusals(validate, name, nested(expression, 1.5));
  if (!fraction.some(({ keyword, params }) => keyword === 'type' && params.type === 'integer')) return 'double';
  const large = refusals(validate, name, nested(expression, 2 ** 40));
  return large.some(({ params }) => params.format === 'int32') ? 'int32' : 'int64';
}

function textType(validate: Validator, name: string, expression: string): string {
  const refused = refusals(validate, name, nested(expression, '\u0000!'));
  return refused.some(({ params }) => params.format === 'byte') ? 'bytes' : 'string';
}

if (import.meta.main ?? process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(OUTPUT, await generateSchema());
}
